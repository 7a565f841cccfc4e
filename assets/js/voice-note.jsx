// A sound: play, pause, seek, time and speed over the browser's own <audio>.
import { useRef, useState } from "react";

const SPEEDS = [1, 1.5, 2];

const clock = (seconds) => {
  const whole = Number.isFinite(seconds) ? Math.floor(seconds) : 0;
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
};

export function VoiceNote({ className, src, name }) {
  const audio = useRef(null);
  const [playing, setPlaying] = useState(false);
  const [time, setTime] = useState(0);
  const [length, setLength] = useState(0);
  const [speed, setSpeed] = useState(1);
  const [broken, setBroken] = useState(false);

  const toggle = () => {
    if (playing) return audio.current.pause();
    // One at a time.
    document.querySelectorAll("audio").forEach((each) => each.pause());
    return audio.current.play().catch(() => setBroken(true));
  };

  const faster = () => {
    const next = SPEEDS[(SPEEDS.indexOf(speed) + 1) % SPEEDS.length];
    audio.current.playbackRate = next;
    setSpeed(next);
  };

  const seek = (event) => {
    audio.current.currentTime = Number(event.target.value);
    setTime(Number(event.target.value));
  };

  const known = Number.isFinite(length) && length > 0;
  const done = known ? (time / length) * 100 : 0;
  return (
    <div className={className} role="group" aria-label={name}>
      <audio
        ref={audio}
        src={src}
        preload="metadata"
        onPlay={() => setPlaying(true)}
        onPause={() => setPlaying(false)}
        onEnded={() => setTime(0)}
        onTimeUpdate={() => setTime(audio.current.currentTime)}
        onDurationChange={() => setLength(audio.current.duration)}
        onError={() => setBroken(true)}
      />
      {broken ? (
        <a href={src} download>
          This browser cannot play it. Download
        </a>
      ) : (
        <>
          <button type="button" className="play" onClick={toggle} aria-label={playing ? "Pause" : "Play"}>
            <svg width="16" height="16" viewBox="0 0 16 16" fill="currentColor" aria-hidden="true">
              <path d={playing ? "M3 2h4v12H3zM9 2h4v12H9z" : "M4 2l10 6-10 6z"} />
            </svg>
          </button>
          <input
            type="range"
            aria-label="Position"
            aria-valuetext={`${clock(time)} of ${clock(length)}`}
            min={0}
            max={known ? length : 0}
            step="any"
            value={Math.min(time, known ? length : 0)}
            disabled={!known}
            style={{ "--done": `${done}%` }}
            onChange={seek}
          />
          <span className="time">{clock(time || (known ? length : 0))}</span>
          <button type="button" className="speed" onClick={faster} aria-label={`Speed ${speed}×`}>
            {speed}×
          </button>
        </>
      )}
    </div>
  );
}
