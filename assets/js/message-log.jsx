// The scrolling thread: opens at the first unread line, sticks to the bottom unless the reader
// scrolled up, and stays where it is while older lines are put in above.
import { useEffect, useLayoutEffect, useRef, useState } from "react";

const NEAR = 60; // px from an edge that count as being there

export function MessageLog({ className, conversation, pages, last, hasOlder, onOlder, children }) {
  const box = useRef(null);
  const lines = useRef(null);
  const seen = useRef({ conversation: 0, pages: 1, last: "", height: 0, stuck: true, asked: 0 });
  const [fresh, setFresh] = useState(false);

  const toBottom = () => {
    box.current.scrollTop = box.current.scrollHeight;
    seen.current.stuck = true;
    setFresh(false);
  };

  const toStart = () => {
    toBottom();
    const unread = box.current.querySelector("[data-unread]");
    if (unread) unread.scrollIntoView({ block: "center" });
  };

  useLayoutEffect(() => {
    const before = seen.current;
    if (before.conversation !== conversation) before.asked = 0;
    if (!last) return;
    if (before.conversation !== conversation) toStart();
    else if (before.pages !== pages)
      box.current.scrollTop += box.current.scrollHeight - before.height;
    else if (before.last !== last && before.stuck) toBottom();
    else if (before.last !== last) setFresh(true);
    Object.assign(before, { conversation, pages, last, height: box.current.scrollHeight });
  }, [conversation, pages, last]);

  useEffect(() => {
    // A picture that arrives, or the composer growing, must not hide the last line.
    const watcher = new ResizeObserver(() => {
      if (seen.current.stuck) box.current.scrollTop = box.current.scrollHeight;
      seen.current.height = box.current.scrollHeight;
    });
    watcher.observe(lines.current);
    watcher.observe(box.current);
    return () => watcher.disconnect();
  }, []);

  const onScroll = () => {
    const { scrollTop, scrollHeight, clientHeight } = box.current;
    seen.current.stuck = scrollHeight - scrollTop - clientHeight < NEAR;
    if (seen.current.stuck) setFresh(false);
    if (hasOlder && scrollTop < NEAR && seen.current.asked !== pages) {
      seen.current.asked = pages;
      onOlder();
    }
  };

  return (
    <div className={className}>
      <div
        ref={box}
        className="box"
        role="log"
        aria-label="Messages"
        aria-live="polite"
        tabIndex={0}
        onScroll={onScroll}
      >
        <div ref={lines} className="lines">
          {children}
        </div>
      </div>
      {fresh && (
        <button type="button" className="fresh" onClick={toBottom}>
          New messages ↓
        </button>
      )}
    </div>
  );
}
