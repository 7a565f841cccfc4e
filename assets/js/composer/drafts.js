// What a person has not sent yet: kept in the browser with its send key until the server has taken
// it, so a live refresh never overwrites it and the same words sent twice are one message.
import { useEffect, useRef, useState } from "react";

const PATIENCE = 8000; // ms without an answer, after which it may be tried again with the same key

export const newKey = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");

function stored(place) {
  try {
    const draft = JSON.parse(localStorage.getItem(place));
    if (typeof draft?.text === "string" && typeof draft?.key === "string") return draft;
  } catch {
    // A browser that keeps nothing, or something unreadable: start empty.
  }
  return { text: "", key: newKey() };
}

function store(place, draft) {
  try {
    if (draft.text) localStorage.setItem(place, JSON.stringify(draft));
    else localStorage.removeItem(place);
  } catch {
    // Storage is full or forbidden: the draft lives as long as the tab.
  }
}

const placeOf = (kind, conversation) => `${kind}:${conversation}`;

export const hasDraft = (conversation) => stored(placeOf("draft", conversation)).text.trim() !== "";

// `write` takes the words, or how they come from those that are there. Other words are another
// message: with the key of words that are on their way (the draft is every tab's, and an answer may
// be long in coming) they would count as those and be lost.
export function useDraft(kind, conversation) {
  const place = placeOf(kind, conversation);
  const [draft, setDraft] = useState(() => stored(place));
  useEffect(() => store(place, draft), [place, draft]);
  const write = (words, anew = false) =>
    setDraft((now) => {
      const text = typeof words === "function" ? words(now.text) : words;
      return anew || text !== now.text ? { text, key: newKey() } : now;
    });
  return [draft, write];
}

// From Send until the server's answer. `taken` empties the box of what was sent; words typed
// meanwhile stay.
export function useSending(draft, write, { answered, taken, onTaken }) {
  const [busy, setBusy] = useState(false);
  const sent = useRef(draft); // it may be on its way since before this box was drawn

  useEffect(() => {
    if (answered !== sent.current.key) return;
    setBusy(false);
    // Refused: nothing is stored under this key, and the next try wants an answer of its own.
    if (taken !== answered) write((text) => text, true);
  }, [answered, taken]);

  useEffect(() => {
    const { text: words, key } = sent.current;
    if (taken !== key) return;
    const rest = (text) => (text.startsWith(words) ? text.slice(words.length).trimStart() : text);
    write(rest, true);
    onTaken?.();
  }, [taken]);

  useEffect(() => {
    if (!busy) return undefined;
    const timer = setTimeout(() => setBusy(false), PATIENCE);
    return () => clearTimeout(timer);
  }, [busy]);

  const begin = () => {
    sent.current = draft;
    setBusy(true);
  };
  return [busy, begin];
}

// A wish that the server answers with the same key; answers to anybody else are left alone.
export function useWish(answeredKey, onAnswer) {
  const wished = useRef("");
  useEffect(() => {
    if (!answeredKey || answeredKey !== wished.current) return;
    wished.current = "";
    onAnswer();
  }, [answeredKey]);
  return () => {
    wished.current = newKey();
    return wished.current;
  };
}
