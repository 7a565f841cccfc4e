// Keeps what is being written in the browser's own storage, and hands it back when the page opens
// anew. Shows nothing. Only a draft that was here and is gone removes what is kept: a page that has
// just opened has none yet.
import { useEffect, useRef } from "react";

function read(place) {
  try {
    return localStorage.getItem(place);
  } catch {
    return null; // a browser that keeps nothing
  }
}

function keep(place, draft) {
  try {
    if (draft) localStorage.setItem(place, draft);
    else localStorage.removeItem(place);
  } catch {
    // Storage is full or forbidden: the draft lives as long as the tab.
  }
}

export function DraftKeeper({ place, draft, onRestore }) {
  const last = useRef("");

  useEffect(() => {
    const kept = read(place);
    if (kept) onRestore(kept);
    // Once for each place: what comes back must not be handed back again.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [place]);

  useEffect(() => {
    if (draft || last.current) keep(place, draft);
    last.current = draft;
  }, [place, draft]);

  return null;
}
