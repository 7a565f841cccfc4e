// The scrolling list of conversations. Only a window of its rows is here: the room of those above
// is kept empty, further ones are asked for near either edge, and whatever comes or goes above the
// reader leaves what they look at where it is.
import { useEffect, useLayoutEffect, useRef } from "react";

const NEAR = 600; // px from an edge at which more rows are asked for
const AT_TOP = 4; // px; a reader at the top sees new rows come in
const PATIENCE = 3000; // ms without an answer, after which an edge may ask again
const USUAL_ROW = 84;

const rowsOf = (box) => [...box.querySelectorAll("[data-conversation]")];

/** Where each row in sight stands, from the top of the box. */
function inSight(box) {
  const { top, bottom } = box.getBoundingClientRect();
  const places = new Map();
  for (const row of rowsOf(box)) {
    const at = row.getBoundingClientRect();
    if (at.bottom > top && at.top < bottom) places.set(row.dataset.conversation, at.top - top);
  }
  return places;
}

/** How far most of the rows that were in sight have moved. */
function shift(box, before) {
  const { top } = box.getBoundingClientRect();
  const votes = new Map();
  for (const row of rowsOf(box)) {
    const was = before.get(row.dataset.conversation);
    if (was === undefined) continue;
    const moved = Math.round(row.getBoundingClientRect().top - top - was);
    votes.set(moved, (votes.get(moved) ?? 0) + 1);
  }
  return [...votes].sort((one, other) => other[1] - one[1])[0]?.[0] ?? 0;
}

function rowHeight(box) {
  const rows = rowsOf(box);
  if (!rows.length) return USUAL_ROW;
  const first = rows[0].getBoundingClientRect();
  return (rows.at(-1).getBoundingClientRect().bottom - first.top) / rows.length || USUAL_ROW;
}

export function ConversationList(props) {
  const { className, place, above, hasMore, chosen, selecting, onMore, onEarlier, children } = props;
  const box = useRef(null);
  const room = useRef(null);
  const seen = useRef({ places: new Map(), focused: null, index: 0, asked: 0 });
  const now = useRef({});
  now.current = { above, hasMore, chosen, onMore, onEarlier };

  const note = () => {
    if (box.current?.clientHeight) seen.current.places = inSight(box.current);
  };

  const askForMore = () => {
    const { scrollTop, scrollHeight, clientHeight } = box.current;
    if (!clientHeight || Date.now() - seen.current.asked < PATIENCE) return;
    const { above: rowsAbove, hasMore: rowsBelow, onEarlier: up, onMore: down } = now.current;
    const isUp = rowsAbove > 0 && scrollTop < room.current.offsetHeight + NEAR;
    const isDown = rowsBelow && scrollHeight - scrollTop - clientHeight < NEAR;
    if (!isUp && !isDown) return;
    seen.current.asked = Date.now();
    (isUp ? up : down)();
  };

  const keepOpenRowInSight = () => {
    const open = String(now.current.chosen);
    if (!seen.current.places.has(open) || inSight(box.current).has(open)) return;
    box.current.querySelector(`[data-conversation="${open}"]`)?.scrollIntoView({ block: "nearest" });
  };

  const keepFocus = () => {
    // A row that moves is taken out and put in again, and the browser then lets its focus go.
    if (!seen.current.focused || document.activeElement !== document.body) return;
    const rows = rowsOf(box.current);
    const same = rows.find((row) => row.dataset.conversation === seen.current.focused);
    const row = same ?? rows[Math.min(seen.current.index, rows.length - 1)];
    row?.querySelector("[data-row]").focus({ preventScroll: true });
  };

  const settle = () => {
    if (!box.current?.clientHeight) return;
    if (box.current.scrollTop > AT_TOP) {
      box.current.scrollTop += shift(box.current, seen.current.places);
      keepOpenRowInSight();
    }
    keepFocus();
    note();
    seen.current.asked = 0;
    askForMore();
  };

  useLayoutEffect(() => {
    box.current.scrollTop = 0;
    seen.current.places = new Map();
  }, [place]);

  useLayoutEffect(() => {
    room.current.style.height = `${Math.round(above * rowHeight(box.current))}px`;
  }, [above]);

  useEffect(() => {
    note();
    askForMore();
    // It runs after the rows have changed and before they are painted.
    const watcher = new MutationObserver(settle);
    watcher.observe(box.current, { childList: true, subtree: true });
    const letGo = () => (seen.current.focused = null);
    document.addEventListener("pointerdown", letGo);
    return () => {
      watcher.disconnect();
      document.removeEventListener("pointerdown", letGo);
    };
  }, []);

  useEffect(() => {
    const open = box.current.querySelector(`[data-conversation="${chosen}"]`);
    open?.scrollIntoView({ block: "nearest" });
  }, [chosen]);

  const onFocus = ({ target }) => {
    const row = target.closest("[data-conversation]");
    seen.current.focused = target.matches("[data-row]") ? row.dataset.conversation : null;
    seen.current.index = row ? rowsOf(box.current).indexOf(row) : 0;
  };

  return (
    <div
      ref={box}
      className={className}
      data-selecting={selecting ? "" : undefined}
      onScroll={() => {
        note();
        askForMore();
      }}
      onFocus={onFocus}
    >
      <div ref={room} className="room" aria-hidden="true" />
      {children}
    </div>
  );
}
