// The template picker: search, language, variables, and the message as the phone will show it.
import { Ban, Paperclip } from "lucide-react";
import { forwardRef, useEffect, useImperativeHandle, useRef, useState } from "react";
import { newKey } from "./drafts.js";
import { Files } from "./files.jsx";
import { Preview } from "./preview.jsx";
import { useTray } from "./tray.js";

const PAUSE = 250; // ms between the last key and the search
const PATIENCE = 8000;
const MEDIA = { image: /^image\/(jpeg|png)/, video: /^video\//, document: /^(application|text)\// };

export const Templates = forwardRef(function Templates(props, handle) {
  const { conversation, choices, choicesFor, languages, ready } = props;
  const [words, setWords] = useState("");
  const [language, setLanguage] = useState("");
  const [chosen, setChosen] = useState(null);
  const [values, setValues] = useState({});
  const search = useRef(null);
  const tray = useTray(conversation, props.limits, 1, "template");
  const [busy, sendKey, begin] = useOneSend(props, () => {
    tray.sent(tray.items.map((item) => item.key));
    setValues({});
    setChosen(null);
    props.onSent();
  });
  const loaded = choicesFor === conversation;
  const filled = { ...prefilled(chosen), ...values };
  const header = chosen && MEDIA[chosen.header_kind] ? tray.ready[0] : null;
  const missing = chosen ? whatIsMissing(chosen, filled, header) : "";
  const sendable = ready && chosen && !chosen.problem && !missing && !busy;

  useImperativeHandle(handle, () => ({ focus: () => search.current?.focus() }));

  useEffect(() => {
    const timer = setTimeout(() => props.onTemplates(words, language), words ? PAUSE : 0);
    return () => clearTimeout(timer);
  }, [conversation, words, language]);

  useEffect(() => {
    if (loaded && !chosen) choose(choices.find((choice) => !choice.problem) || null);
  }, [loaded, choices]);

  const choose = (choice) => {
    setChosen(choice);
    setValues({});
  };

  const send = (event) => {
    event.preventDefault();
    if (!sendable) return;
    begin();
    props.onSending(sendKey);
    props.onTemplateSend(chosen.id, filled, sendKey, header?.ref || "");
  };

  return (
    <form className="box templates" onSubmit={send}>
      <div className="search">
        <input
          ref={search}
          type="search"
          aria-label="Search templates"
          placeholder="Search approved templates"
          value={words}
          onChange={(event) => setWords(event.target.value)}
        />
        {languages.length > 1 && (
          <select
            aria-label="Language"
            value={language}
            onChange={(event) => setLanguage(event.target.value)}
          >
            <option value="">Every language</option>
            {languages.map((code) => (
              <option key={code} value={code}>
                {named(code)}
              </option>
            ))}
          </select>
        )}
      </div>
      <div className="filling">
        <div className="fields">
          {!loaded && <p role="status">Loading templates…</p>}
          {loaded && !choices.length && <Nothing searched={Boolean(words || language)} />}
          <Chips
            choices={loaded ? choices : []}
            chosen={chosen}
            withLanguage={languages.length > 1 && !language}
            onChoose={choose}
          />
          {chosen?.problem && (
            <p className="problem" role="status">
              This template cannot be sent. {chosen.problem}
            </p>
          )}
          {chosen && !chosen.problem && (
            <Fields
              chosen={chosen}
              filled={filled}
              onChange={(key, value) => setValues((now) => ({ ...now, [key]: value }))}
            />
          )}
          {chosen && !chosen.problem && MEDIA[chosen.header_kind] && (
            <HeaderFile kind={chosen.header_kind} tray={tray} limits={props.limits} />
          )}
        </div>
        <Preview chosen={chosen} values={filled} file={header} />
      </div>
      <div className="bar">
        <span className="left">{chosen ? price(chosen, props.closed) : ""}</span>
        {missing && <span className="missing">{missing}</span>}
        <button type="submit" className="send" disabled={!sendable} aria-busy={busy}>
          {busy ? "Sending…" : "Send template"}
        </button>
      </div>
    </form>
  );
});

// One template at a time; its key stays until the server has taken it.
function useOneSend({ templateAnswered, templateTaken }, onTaken) {
  const [key, setKey] = useState(newKey);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    if (templateAnswered === key) setBusy(false);
  }, [templateAnswered, key]);
  useEffect(() => {
    if (!templateTaken || templateTaken !== key) return;
    setKey(newKey());
    onTaken();
  }, [templateTaken, key]);
  useEffect(() => {
    if (!busy) return undefined;
    const timer = setTimeout(() => setBusy(false), PATIENCE);
    return () => clearTimeout(timer);
  }, [busy]);
  return [busy, key, () => setBusy(true)];
}

function Nothing({ searched }) {
  return (
    <p>
      {searched
        ? "No template fits. Try fewer words or another language."
        : "There is no template yet. An admin adds them on the channel's page; Meta approves each."}
    </p>
  );
}

function Chips({ choices, chosen, withLanguage, onChoose }) {
  return (
    <div className="chips" role="group" aria-label="Templates">
      {choices.map((choice) => (
        <button
          key={choice.id}
          type="button"
          className={choice.problem ? "chip refused" : "chip"}
          aria-pressed={choice.id === chosen?.id}
          title={choice.problem || choice.body}
          onClick={() => onChoose(choice)}
        >
          {choice.problem && <Ban size={12} role="img" aria-label="Cannot be sent:" />}
          {choice.name}
          {withLanguage && <small>{choice.language}</small>}
        </button>
      ))}
    </div>
  );
}

function Fields({ chosen, filled, onChange }) {
  return (
    <div className="variables">
      {chosen.variables.map(({ key, label, example, longest }) => (
        <label key={key}>
          <span>{label}</span>
          <input
            value={filled[key] || ""}
            maxLength={longest}
            placeholder={example ? `for example ${example}` : ""}
            onChange={(event) => onChange(key, event.target.value)}
          />
        </label>
      ))}
    </div>
  );
}

function HeaderFile({ kind, tray, limits }) {
  const input = useRef(null);
  const types = Object.keys(limits).filter((type) => MEDIA[kind].test(type));
  return (
    <div className="header-file">
      <Files tray={tray} />
      <input
        ref={input}
        type="file"
        hidden
        aria-label="Header file"
        accept={types.join(",")}
        onChange={(event) => {
          tray.add(event.target.files);
          event.target.value = "";
        }}
      />
      {!tray.items.length && (
        <button type="button" className="tool worded" onClick={() => input.current.click()}>
          <Paperclip size={15} aria-hidden="true" /> Attach the {kind} it begins with
        </button>
      )}
    </div>
  );
}

const prefilled = (chosen) =>
  Object.fromEntries((chosen?.variables || []).map(({ key, value }) => [key, value]));

function whatIsMissing(chosen, filled, header) {
  if (chosen.problem) return "";
  const empty = chosen.variables.find(({ key }) => !(filled[key] || "").trim());
  if (empty) return `Fill in ${empty.label}.`;
  return MEDIA[chosen.header_kind] && !header ? `Attach the ${chosen.header_kind}.` : "";
}

// Meta bills a utility template only while the window is closed, the others always.
function price({ category }, closed) {
  if (category !== "Utility") return `${category} · billed by Meta`;
  return `${category} · ${closed ? "billed by Meta outside the window" : "free inside the window"}`;
}

function named(code) {
  try {
    return new Intl.DisplayNames(["en"], { type: "language" }).of(code.replace("_", "-"));
  } catch {
    return code;
  }
}
