/** Talks to the control API. */

export async function get(path) {
  return answer(await fetch(path));
}

export async function post(path, body = {}) {
  const form = body instanceof FormData;
  const options = form
    ? { method: "POST", body }
    : { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } };
  return answer(await fetch(path, options));
}

async function answer(response) {
  const data = await response.json();
  if (!response.ok) throw new Error(data.error || "That did not work.");
  return data;
}

/** A DOM element with properties and children. */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name in node && !name.includes("-")) node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children.filter((c) => c !== null && c !== undefined && c !== ""));
  return node;
}

export const byId = (id) => document.getElementById(id);

let noticeTimer;
export function notice(text) {
  const box = byId("notice");
  box.textContent = text;
  box.hidden = false;
  clearTimeout(noticeTimer);
  noticeTimer = setTimeout(() => (box.hidden = true), 5000);
}

/** Wraps a handler so that a refusal becomes a sentence on the page. */
export function safely(action) {
  return async (...args) => {
    try {
      await action(...args);
    } catch (error) {
      notice(error.message);
    }
  };
}
