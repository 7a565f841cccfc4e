// Everything below the messages: reply, internal note and template, and what stands in the way.
// Texts live in the browser (docs/decisions/0002), so a live refresh can never overwrite them.
import { useRef, useState } from "react";
import { useCaughtUp } from "./composer/connection.js";
import { hasDraft } from "./composer/drafts.js";
import { useDropped } from "./composer/files.jsx";
import { Note } from "./composer/note.jsx";
import { Reply, takeBack } from "./composer/reply.jsx";
import { Templates } from "./composer/templates.jsx";
import { hasFiles } from "./composer/tray.js";
import { Undo } from "./composer/undo.jsx";

const TABS = [
  ["reply", "Reply", "r"],
  ["note", "Internal note", "n", "Note"],
  ["template", "Template", "#"],
];

export function Composer(props) {
  const { className, conversation, mode, canWrite, canSendTemplate, children } = props;
  const ready = useCaughtUp(props.online, props.caughtUp, props.onCatchUp);
  const closed = mode === "closed_window";
  const panel = useRef(null);
  const mine = useRef(new Set()); // keys this tab sent: only their sender is offered to undo
  const [tab, setTab] = useTab(closed, conversation);
  const noReply = closed && tab !== "reply" && !holdsSomething(conversation);

  const toTab = (name) => {
    setTab(name);
    // After the panel is there.
    requestAnimationFrame(() => panel.current?.focus());
  };

  const shared = {
    ...props,
    ref: panel,
    ready,
    closed,
    onSending: (key) => mine.current.add(key),
  };
  const blocked = !canWrite && !closed;
  useDropped(false); // a file that misses the box does not replace the page

  return (
    <div className={className} data-tab={tab}>
      <Tabs tab={tab} noReply={noReply} onTab={setTab} onEnter={toTab} />
      <Undo
        undoKey={mine.current.has(props.undoKey) ? props.undoKey : ""}
        seconds={props.undoSeconds}
        onUndo={() => props.onUndo(takeBack(conversation))}
      />
      {!ready && (
        <p className="behind" role="status">
          Reconnecting, catching up…
        </p>
      )}
      {tab !== "note" && children}
      <div role="tabpanel" id="composer-panel" aria-labelledby={`composer-${tab}`}>
        {tab === "reply" && (
          <ReplyPanel {...shared} blocked={blocked} onTemplate={() => toTab("template")} />
        )}
        {tab === "note" && <Note {...shared} />}
        {tab === "template" && canSendTemplate && (
          <Templates {...shared} onSent={() => !closed && setTab("reply")} />
        )}
      </div>
    </div>
  );
}

// Where a reply is not possible, a draft that is there stays in sight.
function ReplyPanel({ blocked, ...props }) {
  return !blocked || holdsSomething(props.conversation) ? <Reply {...props} /> : null;
}

const holdsSomething = (conversation) => hasDraft(conversation) || hasFiles(conversation);

// A reply that is being written when the window closes keeps its place; an empty one gives way to
// the templates. When the customer answers, the box is back.
function useTab(closed, conversation) {
  const [tab, setTab] = useState("reply");
  const [kept, setKept] = useState(false);
  const [was, setWas] = useState(closed);
  if (closed !== was) {
    setWas(closed);
    setKept(closed && holdsSomething(conversation));
    if (!closed && tab === "template") setTab("reply");
  }
  const choose = (name) => {
    if (name === "reply") setKept(true);
    setTab(name);
  };
  return [closed && tab === "reply" && !kept ? "template" : tab, choose];
}

function Tabs({ tab, noReply, onTab, onEnter }) {
  const shown = TABS.filter(([name]) => name !== "reply" || !noReply);
  const onKeyDown = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const at = shown.findIndex(([name]) => name === tab);
    const [next] = shown[(at + step + shown.length) % shown.length];
    onTab(next);
    document.getElementById(`composer-${next}`).focus();
  };
  return (
    <div className="tabs" role="tablist" aria-label="What to write" onKeyDown={onKeyDown}>
      {shown.map(([name, label, key, short]) => (
        <button
          key={name}
          type="button"
          role="tab"
          id={`composer-${name}`}
          data-key={key}
          aria-label={label}
          title={`${label} (${key})`}
          aria-selected={name === tab}
          aria-controls="composer-panel"
          tabIndex={name === tab ? 0 : -1}
          onClick={() => onEnter(name)}
        >
          <span className="wide">{label}</span>
          <span className="narrow">{short || label}</span>
        </button>
      ))}
    </div>
  );
}
