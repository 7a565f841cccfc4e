import { byId, el } from "./api.js";

const FACES = ["👍", "❤️", "😂", "😮", "🙏"];
const REACHED = new Set(["delivered", "read", "played"]);
const mediaUrl = (part) => (part.id ? `/sim/media/${encodeURIComponent(part.id)}` : "");

/** A chat bubble, or null for what the customer's phone never got. */
export function bubble(message, thread, actions) {
  if (!message.inbound && !REACHED.has(message.status)) return null;
  const box = el("div", { className: `bubble${message.inbound ? " mine" : ""}` });
  box.dataset.mark = `${message.id} ${message.status} ${message.seen}`;
  if (message.context_id) box.append(cited(thread, message.context_id));
  if (message.revoked) box.append(el("span", { className: "gone" }, "Message deleted"), meta(message));
  else box.append(...content(message, actions));
  const faces = Object.values(message.reactions).filter(Boolean);
  if (faces.length) {
    box.classList.add("reacted");
    box.append(el("span", { className: "reactions", "aria-label": `Reaction ${faces.join(" ")}` }, faces.join("")));
  }
  if (!message.revoked) box.append(menuButton(box, message, actions));
  return box;
}

function content(message, actions) {
  const maker = MAKERS[message.type];
  const parts = maker ? maker(message.content, message, actions) : [text(`(${message.type})`)];
  const taps = parts.filter((p) => p?.className === "taps");
  return [...parts.filter((p) => p && p.className !== "taps"), meta(message), ...taps];
}

const text = (words) => el("span", { className: "body" }, words);
const foot = (words) => (words ? el("div", { className: "foot" }, words) : null);
const caption = (part) => (part.caption ? text(part.caption) : null);

const MAKERS = {
  text: (part) => [text(part.body)],
  image: (part) => [picture(part, part.caption || "Photo"), caption(part)],
  sticker: (part) => [picture(part, "Sticker")],
  video: (part) => [el("video", { src: mediaUrl(part) || part.link, controls: true, "aria-label": "Video" }), caption(part)],
  audio: (part, message, actions) => [voice(part, message, actions)],
  document: (part) => [document_(part), caption(part)],
  location: (part) => [text(`📍 ${part.name || "Location"}\n${part.address || `${part.latitude}, ${part.longitude}`}`)],
  contacts: (part) => (part.contacts || []).map((c) => text(`👤 ${c.name?.formatted_name || "Contact"} ${c.phones?.[0]?.phone || ""}`)),
  template: (_, message, actions) => template(message, actions),
  interactive: (part, message, actions) => (message.inbound ? answer(part) : interactive(part, message, actions)),
  button: (part) => [text(part.text)],
  unsupported: (part) => [text(`(${part.type})`)],
};

function picture(part, label) {
  const source = mediaUrl(part);
  return source ? el("img", { src: source, alt: label, loading: "lazy" }) : text(`🖼 ${part.link || label}`);
}

function voice(part, message, actions) {
  const source = mediaUrl(part);
  if (!source) return text(`🎤 ${part.link || "Audio"}`);
  const player = el("audio", { src: source, controls: true, "aria-label": part.voice ? "Voice note" : "Audio" });
  if (!message.inbound) player.addEventListener("play", () => actions.played(message), { once: true });
  return player;
}

function document_(part) {
  const source = mediaUrl(part);
  const name = `📄 ${part.filename || "Document"}`;
  return source ? el("a", { href: source, target: "_blank", rel: "noopener" }, name) : text(name);
}

function head(header) {
  if (!header) return null;
  if (header.type === "text") return el("div", { className: "header" }, header.text || "");
  const part = header[header.type] || {};
  return header.type === "image" ? picture(part, "Photo") : text(`📎 ${part.filename || header.type}`);
}

function template(message, actions) {
  const shown = message.rendered;
  const buttons = (shown.buttons || []).map((b) => {
    if (b.type !== "QUICK_REPLY") return el("span", { title: b.url || b.phone_number || "" }, b.text);
    const tap = { type: "button", text: b.text, payload: b.payload, reply_to: message.id };
    return el("button", { type: "button", onclick: () => actions.send(tap) }, b.text);
  });
  return [head(shown.header), text(shown.body || ""), foot(shown.footer), taps(buttons)];
}

function interactive(part, message, actions) {
  const action = part.action || {};
  const reply = (id) => actions.send({ type: "interactive", id, message_id: message.id, reply_to: message.id });
  const buttons = (action.buttons || []).map((b) =>
    el("button", { type: "button", onclick: () => reply(b.reply.id) }, b.reply.title));
  if (action.sections) buttons.push(el("button", { type: "button", onclick: () => choose(part, reply) }, `☰ ${action.button}`));
  if (part.type === "cta_url") buttons.push(el("span", { title: action.parameters?.url || "" }, action.parameters?.display_text || ""));
  if (part.type === "location_request_message") {
    const place = { type: "location", latitude: 39.4699, longitude: -0.3763, reply_to: message.id };
    buttons.push(el("button", { type: "button", onclick: () => actions.send(place) }, "Send location"));
  }
  return [head(part.header), text(part.body?.text || ""), foot(part.footer?.text), taps(buttons)];
}

function choose(part, reply) {
  const dialog = byId("list-dialog");
  const nodes = [el("h2", {}, part.action.button)];
  for (const section of part.action.sections) {
    if (section.title) nodes.push(el("p", { className: "muted small" }, section.title));
    for (const row of section.rows) {
      const words = [row.title, row.description ? el("small", {}, row.description) : null];
      nodes.push(el("button", { type: "button", className: "option", onclick: () => { dialog.close(); reply(row.id); } }, ...words));
    }
  }
  nodes.push(el("button", { type: "button", className: "btn ghost", onclick: () => dialog.close() }, "Cancel"));
  dialog.replaceChildren(...nodes);
  dialog.showModal();
}

function answer(part) {
  const choice = part[part.type] || {};
  return [text(choice.title || choice.name || "(answer)"), foot(choice.description)];
}

const taps = (buttons) => (buttons.length ? el("div", { className: "taps" }, ...buttons) : null);

function meta(message) {
  const time = new Date(message.timestamp * 1000).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  const edited = message.edited ? "edited " : "";
  const line = el("span", { className: "meta" }, `${edited}${time} `);
  if (message.inbound) {
    const label = message.seen ? "Read" : "Delivered";
    line.append(el("span", { className: message.seen ? "seen" : "", role: "img", "aria-label": label, title: label }, "✓✓"));
  }
  return line;
}

export function summary(message) {
  const part = message.content;
  return message.rendered?.body || part.body?.text || (typeof part.body === "string" ? part.body : "") || part.caption || part.text || message.type;
}

function cited(thread, id) {
  const original = thread.messages.find((m) => m.id === id);
  return el("div", { className: "cited" }, original ? summary(original).slice(0, 90) : "Message");
}

function menuButton(box, message, actions) {
  const button = el("button", { type: "button", className: "actions-button", "aria-label": "Actions", "aria-expanded": "false" }, "⌄");
  button.onclick = () => {
    const shown = box.querySelector(".actions");
    button.setAttribute("aria-expanded", String(!shown));
    if (shown) shown.remove();
    else box.append(menu(message, actions, () => button.click()));
    box.querySelector(".actions button")?.focus();
  };
  return button;
}

function menu(message, actions, close) {
  const item = (label, action, name) =>
    el("button", { type: "button", "aria-label": name || label, onclick: () => { close(); action(); } }, label);
  const react = (emoji) => actions.send({ type: "reaction", message_id: message.id, emoji });
  const items = [item("Reply", () => actions.reply(message, summary(message)))];
  for (const face of FACES) items.push(item(face, () => react(face), `React ${face}`));
  if (message.reactions.customer) items.push(item("Remove reaction", () => react("")));
  if (message.inbound && message.type === "text") items.push(item("Edit", () => actions.edit(message, message.content.body)));
  if (message.inbound) items.push(item("Delete", () => actions.send({ type: "revoke", message_id: message.id })));
  return el("div", { className: "actions", role: "group", "aria-label": "Actions" }, ...items);
}
