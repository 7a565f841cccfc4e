// The scrolling thread: opens at the first unread line, sticks to the bottom unless the reader
// scrolled up, and keeps the line they read in its place while pages come and go around it.
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { MessageActs } from "./message-acts.jsx";

const NEAR = 60; // px from the end that count as being there
const AHEAD = 600; // px from an edge at which the next page is asked for
const FLASH = 2000; // ms for which the line that was jumped to stands out

const all = (box) => [...box.querySelectorAll("[data-line]")];
const byKey = (box, key) => box.querySelector(`[data-line="${CSS.escape(key)}"]`);
const below = (box) => box.scrollHeight - box.scrollTop - box.clientHeight;

/** The first line in sight and where it stands, so that it can be put back there. */
function firstInSight(box) {
  const top = box.getBoundingClientRect().top;
  const line = all(box).find((each) => each.getBoundingClientRect().bottom > top);
  return line && { key: line.dataset.line, top: line.getBoundingClientRect().top - top };
}

function putBack(box, anchor) {
  const line = anchor && byKey(box, anchor.key);
  if (!line) return;
  const top = line.getBoundingClientRect().top - box.getBoundingClientRect().top;
  box.scrollTop += top - anchor.top;
}

/** True once the aim is reached; its line may come a moment after the order to go there. */
function goTo(box, aim) {
  if (aim === "end") {
    box.scrollTop = box.scrollHeight;
    return true;
  }
  const line = byKey(box, aim);
  if (!line) return false;
  line.scrollIntoView({ block: aim === "unread" ? "start" : "center" });
  if (aim === "unread") {
    box.scrollTop -= 24;
  } else {
    line.dataset.flash = "";
    setTimeout(() => delete line.dataset.flash, FLASH);
  }
  return true;
}

/** What was said since this message, for those who hear the page. */
function newWords(box, since, customer) {
  return [...box.querySelectorAll("[data-message]")]
    .filter((each) => Number(each.dataset.message) > since && each.dataset.mine !== "true")
    .map((each) => `${each.dataset.author || customer}: ${each.querySelector(".words")?.textContent ?? ""}`)
    .join(". ");
}

function useVisible() {
  const [visible, setVisible] = useState(() => document.visibilityState === "visible");
  useEffect(() => {
    const look = () => setVisible(document.visibilityState === "visible");
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, []);
  return visible;
}

export function MessageLog(props) {
  const { className, newest, unread, hasOlder, hasNewer, aim, aimed } = props;
  const { onOlder, onNewer, onLatest, onSeen, onJump, children } = props;
  const box = useRef(null);
  const lines = useRef(null);
  const at = useRef({ aimed: 0, aim: "", stuck: false, anchor: null, asked: "", last: "" });
  const told = useRef(0);
  const heard = useRef(0);
  const [atEnd, setAtEnd] = useState(false);
  const [news, setNews] = useState("");
  const visible = useVisible();
  const watching = visible && atEnd && newest > 0;

  const remember = () => {
    at.current.stuck = !hasNewer && below(box.current) < NEAR;
    at.current.anchor = firstInSight(box.current);
    setAtEnd(at.current.stuck);
  };

  const readOn = () => {
    // By a message, because every page of a day begins with the line of that day.
    const said = all(box.current).filter((each) => "message" in each.dataset);
    const up = `older ${said[0]?.dataset.line}`;
    const down = `newer ${said.at(-1)?.dataset.line}`;
    if (hasOlder && box.current.scrollTop < AHEAD && at.current.asked !== up) {
      at.current.asked = up;
      onOlder();
    } else if (hasNewer && below(box.current) < AHEAD && at.current.asked !== down) {
      at.current.asked = down;
      onNewer();
    }
  };

  const settle = () => {
    const last = all(box.current).findLast((each) => "message" in each.dataset);
    const wrote = last && last.dataset.mine === "true" && last.dataset.line !== at.current.last;
    if (at.current.aim && goTo(box.current, at.current.aim)) at.current.aim = "";
    else if (at.current.stuck || (wrote && at.current.last && !hasNewer)) goTo(box.current, "end");
    else putBack(box.current, at.current.anchor);
    at.current.last = last?.dataset.line ?? "";
    remember();
    readOn();
  };
  const settled = useRef(settle);
  settled.current = settle;

  useLayoutEffect(() => {
    if (at.current.aimed !== aimed) Object.assign(at.current, { aimed, aim, stuck: false });
    settle();
  });

  useEffect(() => {
    // A picture that arrives, or the composer growing, must not move what is read.
    const watcher = new ResizeObserver(() => settled.current());
    watcher.observe(lines.current);
    watcher.observe(box.current);
    return () => watcher.disconnect();
  }, []);

  useEffect(() => {
    const tell = watching ? newest : 0;
    if (told.current !== tell) onSeen(tell);
    told.current = tell;
  }, [watching, newest]);

  useEffect(() => {
    if (heard.current && newest > heard.current) setNews(newWords(box.current, heard.current, props.customer));
    heard.current = Math.max(heard.current, newest);
  }, [newest]);

  const jump = (id) => {
    const key = `m${id}`;
    if (byKey(box.current, key)) goTo(box.current, key);
    else onJump(id);
  };

  const toLatest = () => {
    if (hasNewer) onLatest();
    else goTo(box.current, "end");
    box.current.focus({ preventScroll: true });
  };

  return (
    <div className={className}>
      <MessageActs {...props} onJump={jump}>
        <div
          ref={box}
          className="box"
          role="log"
          aria-label="Messages"
          aria-live="off"
          tabIndex={0}
          onScroll={() => {
            remember();
            readOn();
          }}
        >
          <div ref={lines} className="lines">
            {children}
          </div>
        </div>
      </MessageActs>
      <div className="news" aria-live="polite">
        {news}
      </div>
      {!atEnd && (
        <button type="button" className="fresh" onClick={toLatest}>
          {unread > 0 ? `${unread} new` : "Jump to latest"} <span aria-hidden="true">↓</span>
        </button>
      )}
    </div>
  );
}
