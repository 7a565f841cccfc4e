// What a person can do with a line of the thread. The lines carry only attributes: one menu and
// one dialog serve them all, so that a long thread stays light.
import { useEffect, useRef, useState } from "react";
import { DropdownMenu } from "@radix-ui/themes";
import { Dialogs } from "./message-dialogs.jsx";

const EMOJI = ["👍", "❤️", "😂", "😮", "😢", "🙏"];
const NAMES = ["thumbs up", "heart", "laughing", "surprised", "sad", "thank you"];

const newKey = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");

function lineOf(element) {
  const line = element.closest("[data-message]");
  return {
    id: Number(line.dataset.message),
    can: line.dataset.can.split(" "),
    byAssistant: line.dataset.assistant === "true",
    text: line.querySelector(".words")?.textContent ?? "",
    from: element,
  };
}

/** The reply box, as the keyboard finds it. */
function focusReply() {
  const boxes = [...document.querySelectorAll('[data-key="r"]')];
  const box = boxes.find((each) => each.offsetParent !== null && !each.disabled);
  if (box) box.click();
  if (box?.matches("textarea, input")) box.focus();
}

export function MessageActs(props) {
  const { onJump, onReply, onReact, onDetails, onWhy, onRetry, dialog, children } = props;
  const [menu, setMenu] = useState(null);
  const [asking, setAsking] = useState(null); // { what, line }
  const from = useRef(null);
  const was = useRef(dialog);

  useEffect(() => {
    if (was.current && !dialog) from.current?.focus();
    was.current = dialog;
  }, [dialog]);

  const ask = (what, line) => setAsking({ what, line });
  const acts = {
    reply: (line) => {
      onReply(line.id);
      from.current = null;
      requestAnimationFrame(focusReply);
    },
    copy: (line) => navigator.clipboard?.writeText(line.text),
    details: (line) => onDetails(line.id),
    why: (line) => onWhy(line.id),
    retry: (line) => onRetry(line.id, newKey(), false),
    check: (line) => ask("check", line),
    edit: (line) => ask("edit", line),
    delete: (line) => ask("delete", line),
    unreact: (line) => onReact(line.id, ""),
  };

  const act = (name, line) => {
    from.current = line.from;
    setMenu(null);
    acts[name](line);
  };

  const onClick = (event) => {
    const pressed = event.target.closest("[data-act], [data-jump], [data-image]");
    if (!pressed) return;
    const { act: name, jump, image } = pressed.dataset;
    if (image !== undefined && (event.metaKey || event.ctrlKey || event.shiftKey)) return;
    event.preventDefault();
    if (jump) onJump(Number(jump));
    else if (image !== undefined) setAsking({ what: "image", line: { from: pressed } });
    else if (name === "menu") setMenu({ ...lineOf(pressed), place: pressed.getBoundingClientRect() });
    else act(name, lineOf(pressed));
  };

  return (
    <>
      <div className="acts" onClick={onClick}>
        {children}
      </div>
      {menu && (
        <Menu
          line={menu}
          act={act}
          react={(emoji) => {
            setMenu(null);
            onReact(menu.id, emoji);
          }}
          close={() => setMenu(null)}
        />
      )}
      <Dialogs
        asking={asking}
        saved={props.saved}
        close={() => setAsking(null)}
        onRetry={(id) => onRetry(id, newKey(), true)}
        onEdit={props.onEdit}
        onDelete={props.onDelete}
      />
    </>
  );
}

const labels = (line) => [
  ["reply", "Reply"],
  ["copy", "Copy text"],
  ["retry", "Retry"],
  ["check", "Retry…"],
  ["edit", "Edit note"],
  ["delete", "Delete note…"],
  ["why", line.byAssistant ? "Why the AI said that" : "What the AI made of it"],
  ["details", "Details"],
];

function Menu({ line, act, react, close }) {
  const { left, top, width, height } = line.place;
  const place = { position: "fixed", left, top, width, height, pointerEvents: "none" };
  const shown = labels(line).filter(([name]) => line.can.includes(name));
  return (
    <DropdownMenu.Root open onOpenChange={(open) => !open && close()}>
      <DropdownMenu.Trigger>
        <span aria-hidden="true" style={place} />
      </DropdownMenu.Trigger>
      <DropdownMenu.Content
        className="message-menu"
        aria-label="Message options"
        onCloseAutoFocus={(event) => {
          event.preventDefault();
          if (document.activeElement === document.body) line.from.focus();
        }}
      >
        {line.can.includes("react") && (
          <DropdownMenu.Group className="emoji" aria-label="React">
            {EMOJI.map((emoji, at) => (
              <DropdownMenu.Item
                key={emoji}
                aria-label={`React: ${NAMES[at]}`}
                onSelect={() => react(emoji)}
              >
                {emoji}
              </DropdownMenu.Item>
            ))}
          </DropdownMenu.Group>
        )}
        {line.can.includes("unreact") && (
          <DropdownMenu.Item onSelect={() => act("unreact", line)}>
            Take our reaction away
          </DropdownMenu.Item>
        )}
        {line.can.includes("react") && <DropdownMenu.Separator />}
        {shown.map(([name, words]) => (
          <DropdownMenu.Item
            key={name}
            color={name === "delete" ? "red" : undefined}
            onSelect={() => act(name, line)}
          >
            {words}
          </DropdownMenu.Item>
        ))}
      </DropdownMenu.Content>
    </DropdownMenu.Root>
  );
}
