import { byId, el, post, safely } from "./api.js";

const FAULTS = {
  duplicate_webhooks: "Deliver every webhook twice",
  statuses_out_of_order: "Deliver statuses out of order",
  send_500: "Answer sends with 500",
  pair_limit: "Rate limit (131056)",
  token_expired: "Token expired (190)",
  reject_templates: "Reject new templates",
  hold_templates: "Leave new templates pending",
};
const MORE = {
  timeout_after_accept: "Accept a send, then never answer",
  cut_after_accept: "Accept a send, then cut the connection",
  repeated_webhooks: "Repeat answered webhooks",
  late_webhooks: "Deliver webhooks late",
  throughput: "Throughput limit (130429)",
  batch: "Deliver webhooks in batches of 3 × 3",
  media_404: "Files not found (404)",
  corrupt_signature: "Wrong webhook signature",
  window_sync: "Refuse a closed window at once (131047)",
  dashed_language: "Write template languages with a dash (en-US)",
  auto_read: "Customers read everything",
};
const KEEP = 200;

export function drawFaults(faults) {
  if (!byId("faults").children.length) {
    byId("faults").append(...Object.entries(FAULTS).map(toggle));
    byId("more-faults").append(...Object.entries(MORE).map(toggle));
  }
  for (const control of document.querySelectorAll("[data-fault]")) {
    control.setAttribute("aria-checked", String(Boolean(faults[control.dataset.fault])));
  }
}

function toggle([name, label]) {
  const change = safely(async (event) => {
    const on = event.target.getAttribute("aria-checked") === "true";
    drawFaults(await post("/sim/faults", { [name]: !on }));
  });
  const control = el("button", {
    type: "button", className: "switch", role: "switch", "aria-checked": "false", "aria-label": label,
    "data-fault": name, onclick: change,
  });
  return el("li", {}, el("span", {}, label), control);
}

export function drawReviews(templates) {
  byId("reviews-card").hidden = templates.length === 0;
  byId("reviews").replaceChildren(...templates.map((template) => {
    const decide = (status, reason) => safely(() => post(`/sim/templates/${template.id}/review`, { status, reason }));
    const name = `${template.name} (${template.language})`;
    return el("li", {}, el("span", {}, name), el("span", {},
      el("button", { type: "button", className: "btn small", "aria-label": `Approve ${name}`, onclick: decide("APPROVED", "NONE") }, "Approve"), " ",
      el("button", { type: "button", className: "btn small", "aria-label": `Reject ${name}`, onclick: decide("REJECTED", "INVALID_FORMAT") }, "Reject")));
  }));
}

export function clearTraffic() {
  byId("traffic").replaceChildren();
}

export function addTraffic(entry) {
  const list = byId("traffic");
  if (list.querySelector(`[data-id="${entry.id}"]`)) return;
  const bottom = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  list.append(el("li", { "data-id": String(entry.id) }, line(entry)));
  if (list.children.length > KEEP) list.firstChild.remove();
  if (bottom) list.scrollTop = list.scrollHeight;
}

function line(entry) {
  const time = new Date(entry.time * 1000).toLocaleTimeString("en-GB");
  const out = entry.direction === "out";
  const summary = entry.summary.replace(/\/(\d{4})\d{6,}/g, "/$1…");
  const result = entry.status ? String(entry.status) : "no answer";
  const words = `${time} ${out ? "→" : "←"} ${summary} ${result} ${entry.ms} ms`;
  const good = entry.status >= 200 && entry.status < 300;
  const details = el("details", {}, el("summary", { className: good ? "" : "bad" }, words));
  details.addEventListener("toggle", () => fill(details, entry), { once: true });
  return details;
}

function fill(details, entry) {
  const show = (value) => (typeof value === "string" ? value : JSON.stringify(value, null, 2));
  const parts = [`${entry.method} ${entry.target}`, show(entry.request), show(entry.response)];
  for (const part of parts) if (part && part !== "null") details.append(el("pre", {}, part));
}
