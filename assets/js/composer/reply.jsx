// The reply: words, files, a quotation, saved replies behind "/", a draft of the assistant.
import { Paperclip, X, Zap } from "lucide-react";
import { forwardRef, useEffect, useImperativeHandle, useRef, useState } from "react";
import { newKey, useDraft, useSending, useWish } from "./drafts.js";
import { Emoji } from "./emoji.jsx";
import { Files, useDropped } from "./files.jsx";
import { Recorder } from "./recorder.jsx";
import { useTray } from "./tray.js";
import { Writing } from "./writing.jsx";

const PAUSE = 120; // ms between the last key and the search
const TYPING_EVERY = 4000; // ms
const SUGGEST_PATIENCE = 40000; // ms
const CAPTIONED = ["image", "video", "document"];
const SAVE = "save";

// Which reply box asked for what was taken back: it may not be on the screen any more.
const takenBack = new Map();

export const Reply = forwardRef(function Reply(props, handle) {
  const { conversation, mode, canWrite, ready, placeholder, longest, timeLeft, hurry } = props;
  const [draft, rewrite] = useDraft("draft", conversation);
  const tray = useTray(conversation, props.limits, props.mostFiles);
  const box = useRef(null);
  const keys = useRef([]);
  const onTaken = () => tray.sent(keys.current);
  const [busy, begin] = useSending(draft, rewrite, { ...props, onTaken });
  const saved = useSaved(props, draft, rewrite, box);
  const [suggesting, suggest] = useSuggestion(props, draft, rewrite, box);
  const [problem, setProblem] = useState("");
  useGivenBack(props, rewrite);
  const typed = useTyping(props.onTyping);
  const dropping = useDropped(canWrite, (files) => tray.add(files));

  const files = tray.ready;
  const most = files.some((file) => CAPTIONED.includes(file.kind)) ? props.longestCaption : longest;
  const count = [...draft.text].length;
  const something = draft.text.trim() !== "" || files.length > 0;
  const sendable = ready && canWrite && !busy && !tray.waiting && something && count <= most;
  const closed = mode === "closed_window";

  const write = (text) => {
    if (text) typed();
    setProblem("");
    rewrite(text);
  };

  const send = () => {
    if (!sendable) return;
    keys.current = files.map((file) => file.key);
    begin();
    props.onSending(draft.key);
    props.onSend(
      draft.text,
      draft.key,
      files.map(({ ref, key, voice }) => ({ ref, key, voice })),
    );
  };

  useImperativeHandle(handle, () => ({ focus: () => box.current?.focus() }));

  const paste = (event) => {
    if (!event.clipboardData.files.length) return;
    event.preventDefault();
    tray.add(event.clipboardData.files);
  };

  return (
    <form
      className={dropping ? "box dropping" : "box"}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {props.quoting && <Quote {...props} />}
      <Files tray={tray} />
      <Writing
        ref={box}
        label="Reply"
        text={draft.text}
        onText={write}
        onSend={send}
        onPaste={paste}
        placeholder={inShort(placeholder)}
        mark="/"
        offersLabel="Saved replies"
        {...saved}
      />
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      <div className="bar">
        <Picker tray={tray} limits={props.limits} disabled={!canWrite} />
        <div className="tools">
        <Emoji onChoose={(one) => box.current.insert(one)} />
        <button
          type="button"
          className="tool"
          aria-label="Saved replies"
          title="Saved replies: /"
          onClick={() => box.current.begin()}
        >
          <Zap size={17} aria-hidden="true" />
        </button>
        {canWrite && (
          <Recorder
            onRecorded={(file) => tray.add([file], { voice: true })}
            onProblem={setProblem}
          />
        )}
        <button
          type="button"
          className="tool worded"
          aria-label="Suggest a reply"
          title="Suggest a reply"
          disabled={!ready || suggesting}
          aria-busy={suggesting}
          onClick={suggest}
        >
          <span aria-hidden="true">✦</span>{" "}
          <span className="wide">{suggesting ? "Thinking…" : "Suggest"}</span>
        </button>
        </div>
        <span className={hurry ? "left hurry" : "left"}>{timeLeft}</span>
        <span className={count > most ? "count over" : "count"}>
          {count} / {most}
        </span>
        {closed ? (
          <button type="button" className="send" onClick={props.onTemplate}>
            Choose a template
          </button>
        ) : (
          <button type="submit" className="send" disabled={!sendable} aria-busy={busy}>
            {busy ? "Sending…" : tray.waiting ? "Uploading…" : "Send"}{" "}
            <span aria-hidden="true">↵</span>
          </button>
        )}
      </div>
      {dropping && (
        <div className="drop" aria-hidden="true">
          Drop files to attach them
        </div>
      )}
    </form>
  );
});

// A phone has no room for the hint, and no key to use it with.
const inShort = (placeholder) =>
  matchMedia("(max-width: 719px)").matches
    ? placeholder.replace(" on WhatsApp", "")
    : placeholder && `${placeholder}  / for saved replies`;

function Quote({ quoteAuthor, quote, onUnquote }) {
  return (
    <div className="quote">
      <div>
        <strong>{quoteAuthor}</strong>
        <span>{quote}</span>
      </div>
      <button type="button" className="tool" aria-label="Do not quote" onClick={() => onUnquote()}>
        <X size={15} aria-hidden="true" />
      </button>
    </div>
  );
}

function Picker({ tray, limits, disabled }) {
  const input = useRef(null);
  return (
    <>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label="Files"
        accept={Object.keys(limits).join(",")}
        onChange={(event) => {
          tray.add(event.target.files);
          event.target.value = "";
        }}
      />
      <button
        type="button"
        className="tool"
        aria-label="Attach files"
        title="Attach files"
        disabled={disabled}
        onClick={() => input.current.click()}
      >
        <Paperclip size={17} aria-hidden="true" />
      </button>
    </>
  );
}

// ---- what pops up behind "/"

function useSaved(props, draft, rewrite, box) {
  const { found, foundWords, filled, filledKey } = props;
  const timer = useRef(null);
  const place = useRef(null); // the word that the chosen reply replaces
  const wish = useWish(filledKey, () => {
    const { start, end } = place.current;
    if (box.current) box.current.replace(start, end, filled);
    else rewrite(filled);
  });

  const onWord = (query) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => props.onSavedSearch(query), PAUSE);
  };

  const options = (query) => {
    const fits = ({ shortcut, text }) =>
      `${shortcut} ${text}`.toLowerCase().includes(query.toLowerCase());
    const shown = (foundWords === query ? found : found.filter(fits)).map((reply) => ({
      id: reply.id,
      name: `/${reply.shortcut}`,
      text: reply.text,
    }));
    const rest = draft.text.replace(`/${query}`, "").trim();
    const isNew = /^[a-z0-9-]{2,32}$/.test(query) && !found.some((one) => one.shortcut === query);
    if (!rest || !isNew) return shown;
    return [...shown, { id: SAVE, name: `Save these words as /${query}`, text: rest, quiet: true }];
  };

  const onChoose = (option, word) => {
    place.current = word;
    if (option.id !== SAVE) {
      props.onSavedChoose(option.id, wish());
      return;
    }
    box.current.replace(word.start, word.end, "");
    props.onSavedSave(word.query, option.text);
  };
  return { onWord, options, onChoose };
}

// ---- what comes into the box from elsewhere

function useGivenBack({ conversation, givenBack, givenBackKey }, rewrite) {
  useEffect(() => {
    if (takenBack.get(givenBackKey) !== conversation) return;
    takenBack.delete(givenBackKey);
    rewrite((text) => [givenBack, text].filter(Boolean).join("\n"));
  }, [givenBackKey, conversation]);
}

export function takeBack(conversation) {
  const key = newKey();
  takenBack.set(key, conversation);
  return key;
}

function useSuggestion({ suggested, suggestedKey, onSuggest }, draft, rewrite, box) {
  const [thinking, setThinking] = useState(false);
  const wish = useWish(suggestedKey, () => {
    setThinking(false);
    if (!suggested) return;
    rewrite((text) => [text.trimEnd(), suggested].filter(Boolean).join("\n"));
    box.current?.focus();
  });
  useEffect(() => {
    if (!thinking) return undefined;
    const timer = setTimeout(() => setThinking(false), SUGGEST_PATIENCE);
    return () => clearTimeout(timer);
  }, [thinking]);
  const ask = () => {
    setThinking(true);
    onSuggest(wish());
  };
  return [thinking, ask];
}

export function useTyping(onTyping, toCustomer = true) {
  const last = useRef(0);
  return () => {
    const now = Date.now();
    if (now - last.current < TYPING_EVERY) return;
    last.current = now;
    onTyping(toCustomer);
  };
}
