// The files of a reply: picked, pasted, dropped; each with its progress.
import { FileText, RotateCw, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { readable } from "./tray.js";

const STATES = { queued: "waiting", uploading: "uploading", ready: "ready" };

export function Files({ tray }) {
  if (!tray.items.length) return null;
  return (
    <ul className="files" aria-label="Files">
      {tray.items.map((item) => (
        <li key={item.id} data-state={item.state}>
          <Thumbnail item={item} />
          <div className="facts">
            <span className="name" title={item.name}>
              {item.voice ? "Voice note" : item.name}
            </span>
            {item.voice && item.preview && <audio controls src={item.preview} preload="metadata" />}
            <span className="size" role="status">
              {item.problem || `${readable(item.size)} · ${STATES[item.state]}`}
            </span>
            {item.state === "uploading" && (
              <progress max="100" value={item.progress} aria-label={`Uploading ${item.name}`} />
            )}
          </div>
          {item.state === "lost" && (
            <button
              type="button"
              className="tool"
              aria-label={`Upload ${item.name} again`}
              onClick={() => tray.again(item.id)}
            >
              <RotateCw size={15} aria-hidden="true" />
            </button>
          )}
          <button
            type="button"
            className="tool"
            aria-label={`${STATES[item.state] === "uploading" ? "Cancel" : "Remove"} ${item.name}`}
            onClick={() => tray.remove(item.id)}
          >
            <X size={15} aria-hidden="true" />
          </button>
        </li>
      ))}
    </ul>
  );
}

function Thumbnail({ item }) {
  if (item.preview && item.type.startsWith("image/")) return <img src={item.preview} alt="" />;
  return (
    <span className="thumb">
      <FileText size={18} aria-hidden="true" />
    </span>
  );
}

// A file may be dropped anywhere on the page; the browser would leave the page for it otherwise.
export function useDropped(enabled, onFiles) {
  const [over, setOver] = useState(false);
  const entered = useRef(new Set()); // and not left yet: the next place is told before the last
  useEffect(() => {
    const holdsFiles = (event) => event.dataTransfer?.types?.includes("Files");
    const enter = (event) => {
      if (!holdsFiles(event)) return;
      entered.current.add(event.target);
      setOver(enabled);
    };
    const leave = (event) => {
      if (!holdsFiles(event)) return;
      entered.current.delete(event.target);
      // What was taken from the page meanwhile is never left.
      if (![...entered.current].some((place) => place.isConnected)) setOver(false);
    };
    const stay = (event) => {
      if (holdsFiles(event)) event.preventDefault();
    };
    const drop = (event) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      entered.current.clear();
      setOver(false);
      if (enabled) onFiles(event.dataTransfer.files);
    };
    const all = { dragenter: enter, dragleave: leave, dragover: stay, drop };
    for (const [name, hear] of Object.entries(all)) document.addEventListener(name, hear);
    return () => {
      for (const [name, hear] of Object.entries(all)) document.removeEventListener(name, hear);
    };
  });
  return over;
}
