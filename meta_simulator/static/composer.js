import { byId, el, notice, safely } from "./api.js";

const FACES = ["😀", "😂", "🙂", "😉", "😍", "😢", "😡", "😟", "👍", "🙏", "🎉", "❤️", "☕", "📦"];
const ACCEPT = { image: "image/*", document: "", video: "video/*", sticker: "image/webp", audio: "audio/*" };
const PLACE = { latitude: 39.4758, longitude: -0.3755, name: "Carrer de Sagunt 12", address: "46009 Valencia" };

/** Wires the bottom of the phone; `send` takes fields or a FormData. */
export function wireComposer(send) {
  const text = byId("text");
  const mode = { reply: "", edit: "" };

  function begin(kind, id, words) {
    Object.assign(mode, { reply: "", edit: "" }, kind ? { [kind]: id } : {});
    byId("quote").hidden = !kind;
    byId("quote-text").textContent = kind === "edit" ? "Edit the message" : `Reply to: ${words}`;
    if (kind === "edit") text.value = words;
    showSend();
    if (kind) text.focus();
  }
  function showSend() {
    const ready = text.value.trim() !== "";
    byId("send").hidden = !ready;
    byId("voice").hidden = ready;
  }
  async function submit(event) {
    event.preventDefault();
    const words = text.value.trim();
    if (!words) return;
    const fields = mode.edit
      ? { type: "edit", message_id: mode.edit, text: words }
      : { type: "text", text: words, ...(mode.reply ? { reply_to: mode.reply } : {}) };
    text.value = "";
    begin("");
    try {
      await send(fields);
    } catch (error) {
      text.value = words;
      showSend();
      throw error;
    }
  }
  const sendFile = async (type, file, name) => {
    const form = new FormData();
    form.append("type", type);
    if (mode.reply) form.append("reply_to", mode.reply);
    if (type !== "audio" && type !== "sticker" && text.value.trim()) form.append("caption", text.value.trim());
    form.append("file", file, name || file.name);
    if (form.has("caption")) text.value = "";
    begin("");
    await send(form);
  };

  text.oninput = showSend;
  byId("composer").onsubmit = safely(submit);
  byId("quote-close").onclick = () => { if (mode.edit) text.value = ""; begin(""); };
  wireTrays(text, showSend);
  wireFiles(sendFile);
  wireVoice(sendFile);
  byId("location").onclick = safely(async () => {
    closeTrays();
    await send({ type: "location", ...PLACE });
  });
  return { reply: (id, words) => begin("reply", id, words), edit: (id, words) => begin("edit", id, words) };
}

function wireTrays(text, showSend) {
  const faces = FACES.map((face) => el("button", {
    type: "button", className: "face", "aria-label": face,
    onclick: () => { text.value += face; showSend(); text.focus(); },
  }, face));
  byId("emoji-tray").replaceChildren(...faces);
  for (const name of ["emoji", "attach"]) byId(name).onclick = () => toggle(name);
}

function toggle(name) {
  const open = byId(`${name}-tray`).hidden;
  closeTrays();
  byId(`${name}-tray`).hidden = !open;
  byId(name).setAttribute("aria-expanded", String(open));
}

function closeTrays() {
  for (const name of ["emoji", "attach"]) {
    byId(`${name}-tray`).hidden = true;
    byId(name).setAttribute("aria-expanded", "false");
  }
}

function wireFiles(sendFile) {
  const input = byId("file");
  let kind = "";
  for (const button of document.querySelectorAll("[data-pick]")) {
    button.onclick = () => {
      kind = button.dataset.pick;
      input.accept = ACCEPT[kind];
      input.value = "";
      closeTrays();
      input.click();
    };
  }
  input.onchange = safely(async () => {
    if (input.files[0]) await sendFile(kind, input.files[0]);
  });
}

function wireVoice(sendFile) {
  const button = byId("voice");
  let recorder = null;
  button.onclick = safely(async () => {
    if (recorder) return recorder.stop();
    const stream = await microphone();
    if (!stream) return document.querySelector('[data-pick="audio"]').click();
    recorder = new MediaRecorder(stream);
    const chunks = [];
    recorder.ondataavailable = (event) => chunks.push(event.data);
    recorder.onstop = safely(async () => {
      stream.getTracks().forEach((track) => track.stop());
      mark(button, false);
      // Phones send ogg; browsers may record webm. The type says what it really is.
      const type = recorder.mimeType;
      recorder = null;
      await sendFile("audio", new Blob(chunks, { type }), "voice-note");
    });
    mark(button, true);
    recorder.start();
  });
}

async function microphone() {
  if (!window.MediaRecorder || !navigator.mediaDevices) return null;
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: true });
  } catch {
    notice("No microphone here. Choose a sound file instead.");
    return null;
  }
}

function mark(button, on) {
  button.classList.toggle("recording", on);
  button.setAttribute("aria-label", on ? "Stop and send the voice note" : "Record a voice note");
}
