// A voice note: record, stop; it then lies among the files, to listen to, to remove or to send.
import { Mic, Square, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { toOgg } from "./ogg.js";

const LONGEST = 15 * 60; // seconds; well below WhatsApp's 16 MB
const NO_MICROPHONE =
  "The microphone is not available. Allow it for this page in the browser, then try again.";
const BROKEN = "The recording could not be kept. Try again.";

// What WhatsApp plays, or what can be wrapped anew into it.
const FORMATS = [
  { type: "audio/ogg;codecs=opus", ending: "ogg" },
  { type: "audio/webm;codecs=opus", ending: "ogg", convert: toOgg },
  { type: "audio/mp4", ending: "m4a" },
];

const format = () =>
  globalThis.MediaRecorder && navigator.mediaDevices
    ? FORMATS.find(({ type }) => MediaRecorder.isTypeSupported(type))
    : undefined;

const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;

export function Recorder({ onRecorded, onProblem }) {
  const [possible, setPossible] = useState(false);
  const [seconds, setSeconds] = useState(-1); // -1: not recording
  const running = useRef(null);

  useEffect(() => setPossible(Boolean(format())), []);
  useEffect(() => () => stop(false), []);
  useEffect(() => {
    if (seconds < 0) return undefined;
    if (seconds >= LONGEST) return stop(true);
    const timer = setTimeout(() => setSeconds(seconds + 1), 1000);
    return () => clearTimeout(timer);
  }, [seconds]);

  const start = async () => {
    try {
      const sound = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1 } });
      record(sound);
    } catch {
      onProblem(NO_MICROPHONE);
    }
  };

  const record = (sound) => {
    const chosen = format();
    const recorder = new MediaRecorder(sound, { mimeType: chosen.type, audioBitsPerSecond: 32000 });
    const parts = [];
    recorder.ondataavailable = ({ data }) => parts.push(data);
    recorder.onstop = () => {
      for (const track of sound.getTracks()) track.stop();
      if (running.current?.kept) keep(new Blob(parts, { type: chosen.type }), chosen);
      running.current = null;
    };
    recorder.start();
    running.current = { recorder, kept: false };
    setSeconds(0);
  };

  const stop = (kept) => {
    if (!running.current || running.current.recorder.state === "inactive") return;
    running.current.kept = kept;
    running.current.recorder.stop();
    setSeconds(-1);
  };

  const keep = async (blob, { type, ending, convert }) => {
    try {
      const sound = convert ? await convert(blob) : blob;
      const plain = (convert ? "audio/ogg" : type).split(";")[0];
      onRecorded(new File([sound], `voice-note.${ending}`, { type: plain }));
    } catch {
      onProblem(BROKEN);
    }
  };

  if (!possible) return null;
  if (seconds < 0) {
    return (
      <button
        type="button"
        className="tool"
        aria-label="Record a voice note"
        title="Record a voice note"
        onClick={start}
      >
        <Mic size={17} aria-hidden="true" />
      </button>
    );
  }
  return (
    <span className="recording">
      <span className="dot" aria-hidden="true" />
      <span role="timer">Recording {clock(seconds)}</span>
      <button type="button" className="tool" aria-label="Stop recording" onClick={() => stop(true)}>
        <Square size={15} aria-hidden="true" />
      </button>
      <button
        type="button"
        className="tool"
        aria-label="Discard the recording"
        onClick={() => stop(false)}
      >
        <X size={15} aria-hidden="true" />
      </button>
    </span>
  );
}
