// The box itself: a text area that grows, with what pops up above it.
import { forwardRef, useImperativeHandle, useId, useLayoutEffect, useRef, useState } from "react";
import { Offers, useOffers, wordAt } from "./offers.jsx";

export const Writing = forwardRef(function Writing(props, handle) {
  const { label, text, onText, placeholder, onSend, onPaste, mark, offersLabel, options } = props;
  const { onWord, onChoose } = props;
  const box = useRef(null);
  const next = useRef(null); // where the caret goes once the new text stands in the box
  const id = useId();
  const [caret, setCaret] = useState(0);
  const [focused, setFocused] = useState(false);
  const word = focused ? wordAt(text, caret, mark) : null;
  const offered = word ? options(word.query) : [];
  const choose = (option) => onChoose(option, word);
  const offers = useOffers(word, offered, choose);

  useLayoutEffect(() => {
    if (next.current === null) return;
    box.current.focus();
    box.current.setSelectionRange(next.current, next.current);
    setCaret(next.current);
    next.current = null;
  }, [text]);

  const replace = (start, end, words) => {
    next.current = start + words.length;
    change(text.slice(0, start) + words + text.slice(end), next.current);
  };

  const change = (words, at) => {
    onText(words);
    setCaret(at);
    const typed = wordAt(words, at, mark);
    if (typed) onWord(typed.query);
  };

  useImperativeHandle(handle, () => ({
    focus: () => box.current.focus(),
    replace,
    insert: (words) => replace(box.current.selectionStart, box.current.selectionEnd, words),
    // The mark where a word may begin, so that the list pops up.
    begin: () => {
      const at = box.current.selectionStart;
      const blank = at === 0 || /\s$/.test(text.slice(0, at)) ? "" : " ";
      replace(at, box.current.selectionEnd, blank + mark);
    },
  }));

  const onKeyDown = (event) => {
    if (offers.onKeyDown(event)) return;
    // While an input method composes, Enter chooses a character.
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    onSend();
  };

  return (
    <div className="writing">
      <Offers id={id} label={offersLabel} offers={offers} options={offered} onChoose={choose} />
      <textarea
        ref={box}
        aria-label={label}
        aria-autocomplete="list"
        aria-controls={offers.open ? id : undefined}
        aria-activedescendant={offers.open && offers.active >= 0 ? `${id}-${offers.active}` : undefined}
        rows={1}
        placeholder={placeholder}
        value={text}
        onChange={(event) => change(event.target.value, event.target.selectionStart)}
        onSelect={(event) => setCaret(event.target.selectionStart)}
        onFocus={() => setFocused(true)}
        onBlur={() => setFocused(false)}
        onKeyDown={onKeyDown}
        onPaste={onPaste}
      />
      <span className="hidden" role="status">
        {offers.open ? `${offered.length} to choose from` : ""}
      </span>
    </div>
  );
});
