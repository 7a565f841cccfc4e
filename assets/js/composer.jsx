// The reply box. Its text lives in the browser, so a live refresh can never overwrite it, and it
// is kept with its send key until the server has taken it: the same reply sent twice is one message.
import { useEffect, useRef, useState } from "react";

const PATIENCE = 8000; // ms without an answer, after which Send may be tried again with the same key

const place = (conversation) => `draft:${conversation}`;

const newKey = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");

function stored(conversation) {
  try {
    const draft = JSON.parse(localStorage.getItem(place(conversation)));
    if (typeof draft?.text === "string" && typeof draft?.key === "string") return draft;
  } catch {
    // A browser that keeps nothing, or something unreadable: start empty.
  }
  return { text: "", key: newKey() };
}

function store(conversation, draft) {
  try {
    if (draft.text) localStorage.setItem(place(conversation), JSON.stringify(draft));
    else localStorage.removeItem(place(conversation));
  } catch {
    // Storage is full or forbidden: the draft lives as long as the tab.
  }
}

export function Composer(props) {
  const { className, conversation, placeholder, longest, timeLeft, hurry } = props;
  const { answered, taken, connected, onSend } = props;
  const [draft, setDraft] = useState(() => stored(conversation));
  const [busy, setBusy] = useState(false);
  const sent = useRef("");
  const count = [...draft.text].length;
  const ready = connected && !busy && draft.text.trim() !== "" && count <= longest;

  useEffect(() => store(conversation, draft), [conversation, draft]);

  useEffect(() => {
    if (answered === draft.key) setBusy(false);
  }, [answered, draft.key]);

  useEffect(() => {
    if (!taken || taken !== draft.key) return;
    setDraft(({ text }) => ({
      text: text.startsWith(sent.current) ? text.slice(sent.current.length).trimStart() : text,
      key: newKey(),
    }));
  }, [taken, draft.key]);

  useEffect(() => {
    if (!busy) return undefined;
    const timer = setTimeout(() => setBusy(false), PATIENCE);
    return () => clearTimeout(timer);
  }, [busy]);

  const send = () => {
    if (!ready) return;
    sent.current = draft.text;
    setBusy(true);
    onSend(draft.text, draft.key);
  };

  const onKeyDown = (event) => {
    // While an input method composes, Enter chooses a character.
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };

  return (
    <form
      className={className}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        aria-label="Reply"
        rows={2}
        placeholder={placeholder}
        value={draft.text}
        onChange={(event) => setDraft({ ...draft, text: event.target.value })}
        onKeyDown={onKeyDown}
      />
      <div className="bar">
        <span className={hurry ? "left hurry" : "left"}>{timeLeft}</span>
        <span className={count > longest ? "count over" : "count"}>
          {count} / {longest}
        </span>
        <button type="submit" disabled={!ready} aria-busy={busy}>
          {busy ? "Sending…" : "Send"} <span aria-hidden="true">↵</span>
        </button>
      </div>
    </form>
  );
}
