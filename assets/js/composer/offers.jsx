// What pops up above the box while a word is typed: saved replies behind "/", names behind "@".
import { useEffect, useState } from "react";

// The word at the caret, if it begins with the mark and stands after a blank or at the start.
export function wordAt(text, caret, mark) {
  const found = text.slice(0, caret).match(MARKS[mark]);
  if (!found) return null;
  const query = found[2];
  return { query, start: caret - query.length - 1, end: caret };
}

const MARKS = {
  "/": /(^|\s)\/([\p{L}\p{N}-]{0,32})$/u,
  "@": /(^|[^\p{L}\p{N}_@])@([\p{L}\p{N}._'-]*(?: [\p{L}\p{N}._'-]+){0,2})$/u,
};

// A `quiet` option is never the first choice: Enter takes it only once the arrows have reached it.
export function useOffers(word, options, onChoose) {
  const [at, setAt] = useState(null);
  const [closedAt, setClosedAt] = useState(-1);
  const start = word ? word.start : -1;
  const open = start >= 0 && start !== closedAt && options.length > 0;
  const first = options[0]?.quiet ? -1 : 0;
  const active = at === null ? first : Math.min(at, options.length - 1);

  useEffect(() => setAt(null), [word?.query]);
  useEffect(() => {
    if (start < 0) setClosedAt(-1);
  }, [start]);

  const onKeyDown = (event) => {
    if (!open || event.nativeEvent.isComposing) return false;
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (move) setAt(next(active, move, options.length));
    else if (event.key === "Escape") setClosedAt(start);
    else if (active >= 0 && !event.shiftKey && ["Enter", "Tab"].includes(event.key)) {
      onChoose(options[active]);
    } else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  };
  return { open, active, setAt, onKeyDown };
}

const next = (active, move, count) =>
  active < 0 ? (move > 0 ? 0 : count - 1) : (active + move + count) % count;

export function Offers({ id, label, offers, options, onChoose }) {
  useEffect(() => {
    if (!offers.open) return;
    document.getElementById(`${id}-${offers.active}`)?.scrollIntoView({ block: "nearest" });
  }, [id, offers.open, offers.active]);
  if (!offers.open) return null;
  return (
    <ul className="offers" role="listbox" id={id} aria-label={label}>
      {options.map((option, at) => (
        <li
          key={option.id}
          id={`${id}-${at}`}
          role="option"
          aria-selected={at === offers.active}
          onPointerMove={() => offers.setAt(at)}
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => onChoose(option)}
        >
          <strong>{option.name}</strong>
          {option.text && <span>{option.text}</span>}
        </li>
      ))}
    </ul>
  );
}
