// An internal note: for colleagues only, in every state of the conversation.
import { AtSign } from "lucide-react";
import { forwardRef, useEffect, useImperativeHandle, useRef } from "react";
import { useDraft, useSending } from "./drafts.js";
import { Emoji } from "./emoji.jsx";
import { useTyping } from "./reply.jsx";
import { Writing } from "./writing.jsx";

export const Note = forwardRef(function Note(props, handle) {
  const { conversation, ready, people, longestNote, onNote, onPeople } = props;
  const [draft, write] = useDraft("note", conversation);
  const box = useRef(null);
  const [busy, begin] = useSending(draft, write, {
    answered: props.noteAnswered,
    taken: props.noteTaken,
  });
  const typed = useTyping(props.onTyping, false);
  const count = [...draft.text].length;
  const savable = ready && !busy && draft.text.trim() !== "" && count <= longestNote;

  useEffect(() => void onPeople(), [conversation]);
  useImperativeHandle(handle, () => ({ focus: () => box.current?.focus() }));

  const save = () => {
    if (!savable) return;
    begin();
    onNote(draft.text, draft.key);
  };

  const named = (query) => {
    const words = query.toLowerCase();
    const fits = (name) =>
      name.toLowerCase().startsWith(words) ||
      name.toLowerCase().split(/\s+/).some((part) => part.startsWith(words));
    return people.filter(fits).map((name) => ({ id: name, name }));
  };

  return (
    <form
      className="box note"
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <Writing
        ref={box}
        label="Internal note"
        text={draft.text}
        onText={(text) => {
          if (text) typed();
          write(text);
        }}
        onSend={save}
        placeholder="Write a note for your team. The customer never sees it."
        mark="@"
        offersLabel="Colleagues"
        onWord={() => {}}
        options={named}
        onChoose={({ name }, { start, end }) => box.current.replace(start, end, `@${name} `)}
      />
      <div className="bar">
        <div className="tools">
        <button
          type="button"
          className="tool"
          aria-label="Name a colleague"
          title="Name a colleague: @"
          onClick={() => box.current.begin()}
        >
          <AtSign size={17} aria-hidden="true" />
        </button>
        <Emoji onChoose={(one) => box.current.insert(one)} />
        </div>
        <span className="left">Only your team sees this</span>
        <span className={count > longestNote ? "count over" : "count"}>
          {count} / {longestNote}
        </span>
        <button type="submit" className="send" disabled={!savable} aria-busy={busy}>
          {busy ? "Saving…" : "Add note"} <span aria-hidden="true">↵</span>
        </button>
      </div>
    </form>
  );
});
