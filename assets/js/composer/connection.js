// Whether anything may be sent: after a break of the line, only once the thread was read anew.
import { useEffect, useRef, useState } from "react";
import { newKey } from "./drafts.js";

const AGAIN = 5000; // ms; an event that was lost with the old line is asked once more

export function useCaughtUp(online, caughtUp, onCatchUp) {
  const [behind, setBehind] = useState("");
  const was = useRef(online);

  useEffect(() => {
    if (!online) setBehind("away");
    else if (!was.current) setBehind(newKey());
    was.current = online;
  }, [online]);

  useEffect(() => {
    if (!behind || behind === "away") return undefined;
    onCatchUp(behind);
    const timer = setInterval(() => onCatchUp(behind), AGAIN);
    return () => clearInterval(timer);
  }, [behind]);

  useEffect(() => {
    if (behind && behind === caughtUp) setBehind("");
  }, [behind, caughtUp]);

  return online && !behind;
}
