// Connect with WhatsApp: Meta's own window, opened by Meta's own script, which is loaded only when
// somebody is about to use it. What the window says is handed to the server, which believes none
// of it.
import { useCallback, useEffect, useRef, useState } from "react";

const COEXISTENCE = "whatsapp_business_app_onboarding";
const FINISHED = [
  "FINISH",
  "FINISH_ONLY_WABA",
  "FINISH_WHATSAPP_BUSINESS_APP_ONBOARDING",
];
const MESSAGE_PATIENCE = 5000; // ms between the code and the window's own message; the code lives 30 s
const CLOSED_PATIENCE = 800; // ms; the window's last words may come after the news that it is gone
const SERVER_PATIENCE = 15000; // ms without any answer of the server

const STEPS = {
  BUSINESS_ACCOUNT_SELECTION: "choosing the business",
  WABA_PHONE_PROFILE_PICKER: "choosing the WhatsApp account and number",
  WHATSAPP_BUSINESS_PROFILE_SETUP: "the business profile",
  PHONE_NUMBER_SETUP: "adding the phone number",
  PHONE_NUMBER_VERIFICATION: "verifying the phone number",
  PERMISSIONS: "giving the permissions",
};

const WORDS = {
  closed:
    "Meta's window was closed before it was finished, or the browser blocked it. " +
    "Nothing was changed. Allow pop-ups for this page if none opened, and click again.",
  script:
    "Meta's script could not be loaded. An ad blocker or the network may stop it. " +
    "Allow it for this page and click again, or use Advanced Setup below.",
  noMessage:
    "Meta gave its permission but did not say for which account and number, so nothing was " +
    "saved. Click again; if it stays so, use Advanced Setup below.",
  noCode:
    "Meta's window was finished but gave no permission, so nothing was saved. Click again.",
  noAnswer: "The server did not answer. Reload the page to see whether the number is connected.",
};

let loading = null; // the promise of Meta's script
let ready = false;

function load(address) {
  loading ??= new Promise((done, failed) => {
    const script = document.createElement("script");
    // The script's own sign that it may be used; its load event comes too early.
    window.fbAsyncInit = () => {
      ready = true;
      done();
    };
    script.onerror = () => {
      script.remove();
      loading = null;
      failed(new Error("not loaded"));
    };
    script.async = true;
    script.src = address;
    document.head.append(script);
  });
  return loading;
}

function read(data) {
  try {
    const said = typeof data === "string" ? JSON.parse(data) : data;
    return said && said.type === "WA_EMBEDDED_SIGNUP" ? said : null;
  } catch {
    return null; // the SDK's own messages are not JSON
  }
}

const id = (value) => (["string", "number"].includes(typeof value) ? String(value) : "");

function whyCancelled(details) {
  if (details.error_message) return `Meta reported a problem: ${details.error_message}`;
  const step = STEPS[details.current_step] || details.current_step;
  const where = step ? ` at the step “${step}”` : "";
  return `You left Meta's window${where}. Nothing was changed; click again to start over.`;
}

export function Signup(props) {
  const { className, appId, configId, version, sdkUrl, origins, busy, ended, onFinish } = props;
  const [phase, setPhase] = useState("idle"); // idle, window, server
  const [said, setSaid] = useState("");
  const [withApp, setWithApp] = useState(false);
  const attempt = useRef(null);
  const timer = useRef(null);

  const stop = useCallback((words) => {
    clearTimeout(timer.current);
    attempt.current = null;
    setPhase("idle");
    setSaid(words);
  }, []);

  const settle = useCallback(() => {
    const { code, answer } = attempt.current;
    if (!code || !answer) return;
    clearTimeout(timer.current);
    attempt.current = null;
    setPhase("server");
    onFinish(code, id(answer.waba_id), id(answer.phone_number_id), answer.event);
  }, [onFinish]);

  useEffect(() => {
    const hear = (event) => {
      const words = origins.includes(event.origin) && attempt.current ? read(event.data) : null;
      if (!words) return;
      const details = words.data && typeof words.data === "object" ? words.data : {};
      if (FINISHED.includes(words.event)) {
        attempt.current.answer = { ...details, event: words.event };
        settle();
      } else if (words.event === "CANCEL" || words.event === "ERROR") {
        stop(whyCancelled(details));
      }
    };
    window.addEventListener("message", hear);
    return () => window.removeEventListener("message", hear);
  }, [origins, settle, stop]);

  useEffect(() => () => clearTimeout(timer.current), []);

  useEffect(() => {
    setPhase((now) => (now === "server" ? "idle" : now));
  }, [ended]);

  useEffect(() => {
    if (phase !== "server" || busy) return undefined;
    const waiting = setTimeout(() => stop(WORDS.noAnswer), SERVER_PATIENCE);
    return () => clearTimeout(waiting);
  }, [phase, busy, stop]);

  const prepare = () => load(sdkUrl).catch(() => {});

  const answered = (mine) => (response) => {
    if (attempt.current !== mine) return;
    mine.code = response?.authResponse?.code || "";
    if (mine.code && mine.answer) {
      settle();
      return;
    }
    const why = () => (mine.code ? WORDS.noMessage : mine.answer ? WORDS.noCode : WORDS.closed);
    timer.current = setTimeout(() => stop(why()), mine.code ? MESSAGE_PATIENCE : CLOSED_PATIENCE);
  };

  const open = () => {
    if (phase !== "idle" || busy) return;
    const mine = { code: "", answer: null };
    attempt.current = mine;
    setPhase("window");
    setSaid("");
    const login = () => {
      if (attempt.current !== mine) return;
      window.FB.init({ appId, version, xfbml: false, cookie: false, autoLogAppEvents: false });
      window.FB.login(answered(mine), {
        config_id: configId,
        response_type: "code",
        override_default_response_type: true,
        extras: {
          setup: {},
          featureType: withApp ? COEXISTENCE : "",
          sessionInfoVersion: "3",
        },
      });
    };
    // Once the script is there the window opens in the click itself, or it would be blocked.
    if (ready) login();
    else load(sdkUrl).then(login).catch(() => stop(WORDS.script));
  };

  const waiting = busy || phase !== "idle";
  return (
    <div className={className}>
      <div className="line">
        <button
          type="button"
          aria-disabled={waiting}
          aria-busy={waiting}
          onPointerEnter={prepare}
          onFocus={prepare}
          onClick={open}
        >
          {waiting && <span className="spinner" aria-hidden="true" />}
          {busy || phase === "server"
            ? "Connecting…"
            : phase === "window"
              ? "Waiting for Meta's window…"
              : "Connect with WhatsApp"}
        </button>
        {phase === "window" ? (
          <button type="button" className="quiet" onClick={() => stop("")}>
            Stop waiting
          </button>
        ) : (
          <span>Opens Meta's window. About two minutes.</span>
        )}
      </div>
      <label>
        <input
          type="checkbox"
          checked={withApp}
          disabled={waiting}
          onChange={(event) => setWithApp(event.target.checked)}
        />
        The number stays in use in the WhatsApp Business app on a phone
      </label>
      <p role="status" className="said">
        {said}
      </p>
    </div>
  );
}
