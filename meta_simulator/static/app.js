import { byId, el, get, notice, post, safely } from "./api.js";
import { bubble } from "./bubble.js";
import { wireComposer } from "./composer.js";
import { addTraffic, clearTraffic, drawFaults, drawReviews } from "./panels.js";

const COLOURS = ["#d13b5f", "#c2500a", "#0071c9", "#0b7f6e", "#7a4bc4", "#9a6700"];
const page = { state: null, customer: "", number: "", feed: null, typing: 0, offset: 0, thread: null };

const nameOf = (customer) => (customer.username && !customer.phone_visible ? `@${customer.username}` : customer.name);
const detailOf = (customer) => (customer.phone_visible ? customer.phone : "username, phone number hidden");
const initials = (name) => name.replace("@", "").split(/[\s._]+/).map((w) => w[0]).join("").slice(0, 2).toUpperCase();
const path = (rest) => `/sim/customers/${encodeURIComponent(page.customer)}/${rest}`;

function drawCustomers() {
  const items = page.state.customers.map((customer, index) => {
    const shown = nameOf(customer);
    const here = customer.id === page.customer;
    const avatar = el("span", { className: "avatar", "aria-hidden": "true" }, initials(shown));
    avatar.style.background = COLOURS[index % COLOURS.length];
    const chip = here ? el("span", { className: "chip" }, "open here") : null;
    const who = el("span", { className: "who" }, el("b", {}, shown), el("small", {}, detailOf(customer)));
    return el("li", {}, el("button", {
      type: "button", "aria-label": shown, "aria-current": String(here), onclick: safely(() => open(customer.id)),
    }, avatar, who, chip));
  });
  byId("customers").replaceChildren(...items);
}

function drawNumbers() {
  const numbers = page.state.numbers;
  if (!numbers.some((n) => n.id === page.number)) page.number = numbers[0]?.id || "";
  byId("number-field").hidden = numbers.length < 2;
  const options = numbers.map((n) => new Option(`${n.verified_name} (${n.display})`, n.id, false, n.id === page.number));
  byId("number").replaceChildren(...options);
  const current = numbers.find((n) => n.id === page.number);
  byId("business").textContent = current?.verified_name || "";
  byId("business-avatar").textContent = initials(current?.verified_name || "?");
  const customer = page.state.customers.find((c) => c.id === page.customer);
  byId("whose").textContent = customer ? `${nameOf(customer)}’s phone` : "";
}

function drawTime() {
  const now = new Date(Date.now() + page.offset * 1000);
  const day = now.toLocaleDateString("en-GB", { weekday: "short", day: "numeric", month: "short" }).replace(",", "");
  const time = now.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  byId("time").textContent = `${day}, ${time}.`;
}

async function refreshState() {
  page.state = await get("/sim/state");
  page.offset = page.state.clock.offset_seconds;
  if (!page.state.customers.some((c) => c.id === page.customer)) page.customer = page.state.customers[0]?.id || "";
  drawCustomers();
  drawNumbers();
  drawTime();
  drawFaults(page.state.faults);
  drawReviews(page.state.templates.filter((t) => t.status === "PENDING"));
}

async function refreshThread() {
  const asked = [page.customer, page.number].join();
  const thread = await get(path(`thread?number_id=${encodeURIComponent(page.number)}`));
  if (asked !== [page.customer, page.number].join()) return;
  page.thread = thread;
  drawThread();
}

function drawThread() {
  const chat = byId("chat");
  if (chat.querySelector(".actions:focus-within")) return;
  const bottom = chat.scrollHeight - chat.scrollTop - chat.clientHeight < 80;
  const nodes = [];
  let day = "";
  for (const message of page.thread.messages) {
    const shown = bubble(message, page.thread, actions);
    if (!shown) continue;
    const date = new Date(message.timestamp * 1000).toLocaleDateString("en-GB", { weekday: "short", day: "numeric", month: "short" });
    if (date !== day && day) nodes.push(el("div", { className: "day" }, date));
    day = date;
    nodes.push(shown);
  }
  showTyping(page.thread.typing_seconds, nodes);
  merge(chat, nodes);
  if (bottom || page.jump) chat.scrollTop = chat.scrollHeight;
  page.jump = false;
}

/** Keeps nodes that did not change, so that media go on playing and readers hear only news. */
function merge(chat, nodes) {
  const old = [...chat.children];
  nodes.forEach((node, index) => {
    const before = old[index];
    if (!before) chat.append(node);
    else if (before.dataset.mark !== node.dataset.mark || before.innerHTML !== node.innerHTML) before.replaceWith(node);
  });
  old.slice(nodes.length).forEach((node) => node.remove());
}

function showTyping(seconds, nodes) {
  clearTimeout(page.typing);
  const typing = seconds > 0;
  const presence = byId("presence");
  const words = typing ? "typing…" : "online";
  if (presence.textContent !== words) presence.textContent = words;
  if (!typing) return;
  const dots = el("span", { className: "dots" }, el("i"), el("i"), el("i"));
  nodes.push(el("div", { className: "bubble", "aria-hidden": "true" }, dots));
  page.typing = setTimeout(safely(refreshThread), seconds * 1000 + 50);
}

async function open(customer) {
  page.customer = customer;
  page.jump = true;
  byId("chat").replaceChildren();
  drawCustomers();
  drawNumbers();
  listen();
  await refreshThread();
}

async function send(fields) {
  const body = fields instanceof FormData ? fields : { ...fields };
  if (body instanceof FormData) body.append("number_id", page.number);
  else body.number_id = page.number;
  page.jump = true;
  await post(path("messages"), body);
}

const actions = {
  send: safely(send),
  reply: (message, words) => composer.reply(message.id, words),
  edit: (message, words) => composer.edit(message.id, words),
  played: safely((message) => post(path("play"), { message_id: message.id })),
};
const composer = wireComposer(send);

function once(action) {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    setTimeout(() => { waiting = false; safely(action)(); }, 60);
  };
}
const soonState = once(refreshState);
const soonThread = once(refreshThread);

function listen() {
  page.feed?.close();
  page.feed = new EventSource(`/sim/events?customer=${encodeURIComponent(page.customer)}`);
  page.feed.onopen = async () => {
    soonState();
    soonThread();
    await safely(() => post(path("read"), { number_id: page.number }))();
  };
  page.feed.onmessage = (event) => hear(JSON.parse(event.data));
}

function hear(news) {
  if (news.kind === "traffic") addTraffic(news.entry);
  else if (news.kind === "thread") { if (news.customer === page.customer) soonThread(); }
  else if (news.kind === "reset") { clearTraffic(); soonState(); soonThread(); }
  else if (news.kind === "clock") { page.offset = news.clock.offset_seconds; drawTime(); soonThread(); }
  else soonState();
}

function wirePanels() {
  for (const button of document.querySelectorAll("[data-advance]")) {
    button.onclick = safely(() => post("/sim/clock", { advance_seconds: Number(button.dataset.advance) }));
  }
  byId("clock-reset").onclick = safely(() => post("/sim/clock", { reset: true }));
  byId("number").onchange = safely(async (event) => { page.number = event.target.value; await open(page.customer); });
  byId("call").onclick = safely(async () => {
    await post(path("call"), { number_id: page.number });
    notice("The customer called and hung up.");
  });
  wireCustomerDialog();
}

function wireCustomerDialog() {
  const dialog = byId("customer-dialog");
  const form = byId("customer-form");
  byId("add-customer").onclick = () => { form.reset(); byId("customer-problem").textContent = ""; dialog.showModal(); };
  byId("customer-cancel").onclick = () => dialog.close();
  form.onsubmit = async (event) => {
    event.preventDefault();
    const data = new FormData(form);
    const facts = { name: data.get("name"), phone: data.get("phone"), username: data.get("username").replace("@", "") };
    try {
      const made = await post("/sim/customers", { ...facts, phone_visible: !data.get("hidden") });
      dialog.close();
      await refreshState();
      await open(made.id);
    } catch (error) {
      byId("customer-problem").textContent = error.message;
    }
  };
}

wirePanels();
await refreshState();
(await get("/sim/traffic")).entries.forEach((entry) => addTraffic(entry));
await open(page.customer);
byId("text").disabled = false;
setInterval(drawTime, 5000);
