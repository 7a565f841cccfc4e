import { byId, get, post } from "./api.js";

const query = new URLSearchParams(location.search);
const opener = query.get("opener") || "";
const NEW = "";
const CLOSE_AFTER = 100;

function fillNumbers(accounts) {
  const account = accounts.find((a) => a.waba_id === byId("waba").value);
  const numbers = (account?.numbers || []).map((n) => new Option(n.display, n.id));
  byId("number").replaceChildren(...numbers, new Option("A new number", NEW));
  byId("business-field").hidden = Boolean(account);
  showPhone();
}

function showPhone() {
  byId("phone-field").hidden = byId("number").value !== NEW;
}

async function start() {
  const facts = await get(`/dialog/options?${new URLSearchParams({ app_id: query.get("app_id") || "", config_id: query.get("config_id") || "" })}`);
  byId("app").textContent = `${facts.app} asks to manage your WhatsApp account.`;
  const options = facts.accounts.map((a) => new Option(`${a.name} (${a.business})`, a.waba_id));
  byId("waba").replaceChildren(...options, new Option("A new account", NEW));
  byId("waba").onchange = () => fillNumbers(facts.accounts);
  byId("number").onchange = showPhone;
  const extras = JSON.parse(query.get("extras") || "{}");
  const name = extras?.setup?.business?.name;
  if (name) document.querySelector("[name=business]").value = name;
  fillNumbers(facts.accounts);
  byId("choices").disabled = false;
}

byId("form").onsubmit = async (event) => {
  event.preventDefault();
  const fields = Object.fromEntries(new FormData(event.target));
  if (fields.phone_number_id) delete fields.phone;
  try {
    const result = await post("/dialog/signup", { ...fields, app_id: query.get("app_id"), outcome: event.submitter.value });
    const words = { type: "WA_EMBEDDED_SIGNUP", event: result.event, data: result.data, version: result.version };
    window.opener?.postMessage(JSON.stringify(words), opener);
    window.opener?.postMessage({ simulatorLogin: query.get("state"), code: result.code }, opener);
    setTimeout(() => window.close(), CLOSE_AFTER);
  } catch (error) {
    byId("problem").textContent = error.message;
  }
};

start().catch((error) => { byId("problem").textContent = error.message; });
