// The keys of the product. A control with a key carries data-key; here the key pressed presses the
// visible, enabled one. Nothing happens while somebody types or a dialog is open.
import { useEffect, useRef } from "react";
import { CommandBar } from "./command-bar.jsx";

const TYPED_INTO =
  "input:not([type=checkbox]):not([type=radio]):not([type=button]):not([type=submit]), " +
  "textarea, select, [role=combobox], [role=textbox], " +
  "[contenteditable]:not([contenteditable=false])";
const DIALOGS = "dialog[open], [role=dialog], [role=alertdialog], [role=menu]";

const isVisible = (element) => element.checkVisibility({ visibilityProperty: true });
const isEnabled = (element) =>
  !element.disabled && element.getAttribute("aria-disabled") !== "true";
const hasDialog = () => [...document.querySelectorAll(DIALOGS)].some(isVisible);

const rows = () => [...document.querySelectorAll("[data-row]")].filter(isVisible);

/** The row with the focus, else that of the open conversation. */
function currentRow() {
  const within = document.activeElement?.closest("[data-conversation]");
  return (
    within?.querySelector("[data-row]") ??
    rows().find((row) => row === document.activeElement) ??
    rows().find((row) => row.getAttribute("aria-current") === "true")
  );
}

function focusOn(row) {
  row?.focus({ preventScroll: true });
  row?.scrollIntoView({ block: "nearest" });
}

function move(step) {
  const all = rows();
  const at = all.indexOf(currentRow());
  focusOn(at < 0 ? all[0] : all[Math.min(all.length - 1, Math.max(0, at + step))]);
}

/** What the key presses: in the current row first, then anywhere but in the rows. */
function keyed(key) {
  const selector = `[data-key="${CSS.escape(key)}"]`;
  const row = currentRow()?.closest("[data-conversation]");
  const around = [...document.querySelectorAll(selector)].filter(
    (element) => !element.closest("[data-conversation]"),
  );
  return [...(row?.querySelectorAll(selector) ?? []), ...around].find(
    (element) => isVisible(element) && isEnabled(element),
  );
}

export function use(element) {
  if (element.matches(TYPED_INTO)) {
    element.focus();
    element.select?.();
  } else {
    element.click();
  }
}

function nameOf(element) {
  const words = element.dataset.label || element.getAttribute("aria-label");
  return (words || element.textContent).replace("✦", "").trim();
}

/** Everything that has a key here and now, for the command bar. */
export function actions() {
  const row = currentRow()?.closest("[data-conversation]");
  return [...document.querySelectorAll("[data-key]")]
    .filter((element) => isVisible(element) && isEnabled(element))
    .filter((element) => !element.closest("[data-conversation]") || row?.contains(element))
    .map((element) => ({
      kind: "action",
      element,
      key: element.dataset.key,
      label: nameOf(element),
    }));
}

function leaveField(event) {
  event.preventDefault();
  event.target.blur();
  focusOn(currentRow() ?? rows()[0]);
}

const isInList = () => {
  const { activeElement } = document;
  return !activeElement || activeElement === document.body || activeElement.matches("[data-row]");
};

const STEPS = { j: 1, k: -1, ArrowDown: 1, ArrowUp: -1 };

export function Keyboard({ className, places, keys, words, found, onSearch }) {
  const bar = useRef(null);
  const help = useRef(null);

  useEffect(() => {
    const onKeyDown = (event) => {
      const key = event.key?.length === 1 && !event.shiftKey ? event.key.toLowerCase() : event.key;
      if (event.defaultPrevented || event.isComposing || !key) return;
      if ((event.ctrlKey || event.metaKey) && !event.altKey && key === "k") {
        event.preventDefault();
        if (!hasDialog()) bar.current.open();
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey || hasDialog()) return;
      if (event.target.closest?.(TYPED_INTO)) {
        const isDown = key === "ArrowDown" && event.target.type === "search";
        if (key === "Escape" || isDown) leaveField(event);
        return;
      }
      if (key in STEPS && (key.length === 1 || isInList())) {
        event.preventDefault();
        move(STEPS[key]);
      } else if (key === "?") {
        event.preventDefault();
        help.current.showModal();
      } else if ((key.length === 1 && key !== " ") || key === "Escape") {
        const target = event.repeat ? null : keyed(key);
        if (!target) return;
        event.preventDefault();
        use(target);
      }
    };
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, []);

  return (
    <div className={className}>
      <CommandBar
        ref={bar}
        places={places}
        words={words}
        found={found}
        onSearch={onSearch}
        actions={actions}
        use={use}
      />
      <dialog
        ref={help}
        className="keys"
        aria-labelledby="keys-title"
        onClick={(event) => event.target === help.current && help.current.close()}
      >
        <header>
          <h2 id="keys-title">Keyboard</h2>
          <button type="button" aria-label="Close" onClick={() => help.current.close()}>
            ✕
          </button>
        </header>
        <dl>
          {keys.map(([pressed, meaning]) => (
            <div key={pressed}>
              <dt>
                {pressed.split(" ").map((each) => (
                  <kbd key={each}>{each}</kbd>
                ))}
              </dt>
              <dd>{meaning}</dd>
            </div>
          ))}
        </dl>
      </dialog>
    </div>
  );
}
