/* A look-alike of the Facebook JS SDK: FB.init and FB.login with a config_id. */
(function () {
  const origin = new URL(document.currentScript.src).origin;
  let settings = {};

  function login(callback, options) {
    const state = crypto.getRandomValues(new Uint32Array(2)).join("");
    const query = new URLSearchParams({
      state,
      app_id: settings.appId || "",
      config_id: (options && options.config_id) || "",
      extras: JSON.stringify((options && options.extras) || {}),
      opener: window.location.origin,
    });
    const popup = window.open(`${origin}/dialog/signup?${query}`, `signup${state}`, "width=560,height=760");
    const refused = { authResponse: null, status: "unknown" };
    if (!popup) return callback(refused);
    let answered = false;
    const answer = (response) => {
      if (answered) return;
      answered = true;
      window.removeEventListener("message", hear);
      clearInterval(watch);
      callback(response);
    };
    function hear(event) {
      // A window that has closed is no longer the source of its message; the state tells.
      if (event.origin !== origin || !event.data || event.data.simulatorLogin !== state) return;
      const code = event.data.code;
      answer(code ? { authResponse: { code, userID: null, expiresIn: null }, status: "connected" } : refused);
    }
    const watch = setInterval(() => { if (popup.closed) setTimeout(() => answer(refused), 300); }, 400);
    window.addEventListener("message", hear);
    return undefined;
  }

  window.FB = {
    init(options) { settings = options || {}; },
    login,
    getLoginStatus(callback) { callback({ authResponse: null, status: "unknown" }); },
    AppEvents: { logPageView() {} },
    Event: { subscribe() {}, unsubscribe() {} },
    XFBML: { parse() {} },
  };
  if (typeof window.fbAsyncInit === "function") setTimeout(window.fbAsyncInit, 0);
})();
