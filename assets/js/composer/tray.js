// The files that wait to go out with a reply: uploaded one after another, kept for each
// conversation as long as the tab lives, so that looking elsewhere loses nothing.
import { useEffect, useSyncExternalStore } from "react";
import { newKey } from "./drafts.js";

const PICTURES = /^image\/(?!jpeg$|png$|webp$)/;
const MB = 1024 * 1024;
const LOST = "The file did not arrive. Check your connection and try again.";

const trays = new Map();

// `purpose`: the files of a reply are not the header of a template.
export function useTray(conversation, limits, most, purpose = "reply") {
  const place = `${purpose}:${conversation}`;
  if (!trays.has(place)) trays.set(place, new Tray(conversation));
  const tray = trays.get(place);
  useEffect(() => void Object.assign(tray, { limits, most }), [tray, limits, most]);
  useSyncExternalStore(tray.subscribe, () => tray.items, () => tray.items);
  return tray;
}

export const hasFiles = (conversation) => Boolean(trays.get(`reply:${conversation}`)?.items.length);

export const readable = (bytes) =>
  bytes < MB ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / MB).toFixed(1)} MB`;

class Tray {
  items = [];
  limits = {};
  most = 10;
  #listeners = new Set();
  #conversation;
  #request = null;

  constructor(conversation) {
    this.#conversation = conversation;
  }

  subscribe = (listener) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  get ready() {
    return this.items.filter((item) => item.state === "ready");
  }

  get waiting() {
    return this.items.some((item) => item.state === "queued" || item.state === "uploading");
  }

  add(files, { voice = false } = {}) {
    const added = Array.from(files, (file) => this.#item(file, voice));
    this.#set([...this.items, ...added].map((item, at) => (at < this.most ? item : tooMany(item, this.most))));
    this.#next();
  }

  remove(id) {
    const item = this.items.find((each) => each.id === id);
    if (item?.state === "uploading") this.#request?.abort();
    if (item?.preview) URL.revokeObjectURL(item.preview);
    this.#set(this.items.filter((each) => each.id !== id));
    this.#next();
  }

  again(id) {
    this.#change(id, { state: "queued", problem: "" });
    this.#next();
  }

  // What the server has taken.
  sent(keys) {
    for (const item of this.items) if (keys.includes(item.key)) this.remove(item.id);
  }

  #item(file, voice) {
    const problem = this.#problem(file);
    const shown = /^(image\/(jpeg|png|webp)|audio\/.*)$/.test(file.type);
    return {
      id: newKey(),
      key: newKey(),
      file,
      voice,
      name: file.name || "file",
      size: file.size,
      type: file.type,
      preview: shown ? URL.createObjectURL(file) : "",
      progress: 0,
      ref: "",
      kind: "",
      problem,
      state: problem ? "refused" : "queued",
    };
  }

  // A courtesy before the upload; the server decides by the content.
  #problem(file) {
    if (!file.size) return "This file is empty.";
    if (PICTURES.test(file.type)) {
      return "WhatsApp does not take this kind of picture. Send it as JPEG or PNG.";
    }
    const most = this.limits[file.type] || Math.max(...Object.values(this.limits));
    if (file.size <= most) return "";
    return `WhatsApp takes at most ${readable(most)} of this kind; this one has ${readable(file.size)}.`;
  }

  #set(items) {
    this.items = items;
    for (const listener of this.#listeners) listener();
  }

  #change(id, facts) {
    this.#set(this.items.map((item) => (item.id === id ? { ...item, ...facts } : item)));
  }

  #next() {
    if (this.items.some((item) => item.state === "uploading")) return;
    const item = this.items.find((each) => each.state === "queued");
    if (item) this.#upload(item);
  }

  #upload({ id, file, name }) {
    const form = new FormData();
    form.append("conversation", this.#conversation);
    form.append("file", file, name);
    const request = new XMLHttpRequest();
    this.#request = request;
    this.#change(id, { state: "uploading", progress: 0 });
    request.upload.onprogress = ({ loaded, total }) =>
      this.#change(id, { progress: total ? Math.round((100 * loaded) / total) : 0 });
    request.onload = () => this.#answered(id, request);
    request.onerror = () => this.#refused(id, LOST, "lost");
    request.open("POST", "/api/media");
    request.responseType = "json";
    request.send(form);
  }

  #answered(id, { status, response }) {
    if (status === 200 && response?.id) {
      const { id: ref, kind, name, voice } = response;
      const given = this.items.find((item) => item.id === id);
      const facts = { ref, kind, name, voice: Boolean(given?.voice && voice) };
      this.#change(id, { ...facts, state: "ready", progress: 100 });
      this.#next();
    } else {
      this.#refused(id, response?.error || LOST, response?.error ? "refused" : "lost");
    }
  }

  #refused(id, problem, state) {
    this.#change(id, { state, problem });
    this.#next();
  }
}

const tooMany = (item, most) =>
  item.state === "refused"
    ? item
    : {
        ...item,
        state: "refused",
        problem: `At most ${most} files go out with one reply. Send the rest after it.`,
      };
