// For a few seconds, the reply that stopped the assistant can be taken back.
import { useEffect, useState } from "react";

export function Undo({ undoKey, seconds, onUndo }) {
  const [left, setLeft] = useState(0);

  useEffect(() => setLeft(undoKey ? seconds : 0), [undoKey]);
  useEffect(() => {
    if (left <= 0) return undefined;
    const timer = setTimeout(() => setLeft(left - 1), 1000);
    return () => clearTimeout(timer);
  }, [left]);

  if (left <= 0) return null;
  return (
    <div className="undo" role="status">
      <span>You took over from the assistant. Your message goes out in a moment.</span>
      <button
        type="button"
        onClick={() => {
          setLeft(0);
          onUndo();
        }}
      >
        Undo <span aria-hidden="true">{left}</span>
      </button>
    </div>
  );
}
