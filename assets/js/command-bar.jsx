// The command bar: one box for actions of the open conversation, views, pages and people.
// The browser's own dialog keeps the focus inside and gives it back.
import { useEffect, useImperativeHandle, useRef, useState } from "react";
import { useNavigate } from "react-router";

const PAUSE = 150; // ms after the last letter, before the server is asked

const fold = (text) => text.normalize("NFKD").replace(/\p{Mn}/gu, "").toLowerCase();

function fits(entry, typed) {
  const words = fold(`${entry.label} ${entry.hint ?? ""}`);
  return fold(typed).split(/\s+/).every((word) => words.includes(word));
}

function people(found) {
  return found.map(({ id, title, detail }) => ({
    kind: "person",
    label: title,
    hint: detail,
    href: `/inbox/open/${id}/`,
  }));
}

const HEADINGS = { action: "Actions", view: "Views", page: "Pages", person: "Conversations" };

export function CommandBar({ ref, places, words, found, onSearch, actions, use }) {
  const dialog = useRef(null);
  const box = useRef(null);
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const [now, setNow] = useState([]);
  const navigate = useNavigate();

  useImperativeHandle(ref, () => ({
    open: () => {
      setNow(actions());
      setTyped("");
      setAt(0);
      dialog.current.showModal();
      box.current.focus();
    },
  }));

  useEffect(() => {
    if (!typed.trim()) return undefined;
    const timer = setTimeout(() => onSearch(typed), PAUSE);
    return () => clearTimeout(timer);
  }, [typed]);

  const known = typed.trim() && words === typed ? people(found) : [];
  const entries = [...[...now, ...places].filter((entry) => fits(entry, typed)), ...known];
  const chosen = Math.min(at, entries.length - 1);

  useEffect(() => {
    document.getElementById(`command-${chosen}`)?.scrollIntoView({ block: "nearest" });
  }, [chosen, typed]);

  const take = (entry) => {
    if (!entry) return;
    dialog.current.close();
    if (entry.kind === "action") use(entry.element);
    else navigate(entry.href);
  };

  const onKeyDown = (event) => {
    const last = entries.length - 1;
    const steps = {
      ArrowDown: chosen < last ? chosen + 1 : 0,
      ArrowUp: chosen > 0 ? chosen - 1 : last,
    };
    if (event.key in steps) setAt(steps[event.key]);
    else if (event.key === "Enter" && !event.nativeEvent.isComposing) take(entries[chosen]);
    else return;
    event.preventDefault();
  };

  return (
    <dialog
      ref={dialog}
      className="commands"
      aria-label="Command bar"
      onClick={(event) => event.target === dialog.current && dialog.current.close()}
    >
      <input
        ref={box}
        type="text"
        role="combobox"
        aria-label="Go to or do"
        aria-expanded="true"
        aria-controls="commands"
        aria-activedescendant={entries.length ? `command-${chosen}` : undefined}
        aria-autocomplete="list"
        autoComplete="off"
        spellCheck={false}
        maxLength={80}
        placeholder="Go to a conversation, a view or a page"
        value={typed}
        onChange={({ target }) => {
          setTyped(target.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
      />
      <ul id="commands" role="listbox" aria-label="Commands">
        {entries.map((entry, index) => (
          <Entry
            key={`${entry.kind} ${entry.href ?? entry.key}`}
            entry={entry}
            index={index}
            chosen={index === chosen}
            heading={entry.kind !== entries[index - 1]?.kind && HEADINGS[entry.kind]}
            onTake={() => take(entry)}
          />
        ))}
      </ul>
      {!entries.length && <p role="status">Nothing has these words.</p>}
    </dialog>
  );
}

function Entry({ entry, index, chosen, heading, onTake }) {
  return (
    <>
      {heading && (
        <li role="presentation" className="heading">
          {heading}
        </li>
      )}
      <li
        id={`command-${index}`}
        role="option"
        aria-selected={chosen}
        onMouseDown={(event) => event.preventDefault()}
        onClick={onTake}
      >
        <span className="label">{entry.label}</span>
        {entry.hint && <span className="hint">{entry.hint}</span>}
        {entry.kind === "action" && <kbd aria-hidden="true">{entry.key}</kbd>}
      </li>
    </>
  );
}
