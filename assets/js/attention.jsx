// What calls a person who looks elsewhere: a dot on the page's icon, a short tone when a
// conversation newly asks for a person, and the browser's own notifications while the tab is
// hidden. Sound and notifications are each person's choice, kept in this browser.
import { useEffect, useRef, useState } from "react";
import { useNavigate } from "react-router";

const ICON = "/favicon.ico";
const FULL = 10; // alerts; more than these are not told, so one that is missing may still be there
const SOON = 1000; // ms in which a tone still tells something
const CHANGED = "attention-changed";
const WORDS = {
  human: "Wants a human",
  mine: "Wrote to you",
  mention: "You are named in a note",
};
const CALLS_HERE = "You are called here while the inbox is in the background.";
const ALLOWS_NONE =
  "The browser does not allow notifications for this page. Allow them in its settings for this " +
  "site, then switch this on again.";
const SHOWS_NONE =
  "This browser shows no notifications of a page. A browser on a computer does.";

const place = (user, name) => `${name}:${user}`;

function isOn(user, name, usual) {
  try {
    return (localStorage.getItem(place(user, name)) ?? usual) === "on";
  } catch {
    return usual === "on"; // a browser that keeps nothing
  }
}

function keep(user, name, on) {
  try {
    localStorage.setItem(place(user, name), on ? "on" : "off");
  } catch {
    // Storage is full or forbidden: the choice lives as long as the page.
  }
  window.dispatchEvent(new Event(CHANGED));
}

const hasSound = (user) => isOn(user, "sound", "on");
const mayNotify = () => "Notification" in window && Notification.permission === "granted";
const hasNotifications = (user) => mayNotify() && isOn(user, "notify", "off");

/** The notification, or null: Chrome on a phone grants them to a page and shows none of its own. */
function notify(title, about) {
  try {
    return new Notification(title, about);
  } catch {
    return null;
  }
}

let audio = null;

/** Two short soft notes, without a file. */
export async function playTone() {
  const asked = Date.now();
  try {
    audio ??= new AudioContext();
    await audio.resume();
  } catch {
    return; // a browser without sound
  }
  // A page that nobody has touched yet may only sound later, when the news is old.
  if (Date.now() - asked < SOON) [660, 880].forEach((pitch, index) => note(pitch, index * 0.14));
}

function note(pitch, delay) {
  const start = audio.currentTime + delay;
  const tone = new OscillatorNode(audio, { frequency: pitch });
  const volume = new GainNode(audio, { gain: 0 });
  volume.gain.setValueAtTime(0, start);
  volume.gain.linearRampToValueAtTime(0.12, start + 0.02);
  volume.gain.exponentialRampToValueAtTime(0.001, start + 0.22);
  tone.connect(volume).connect(audio.destination);
  tone.start(start);
  tone.stop(start + 0.24);
}

function link() {
  const known = document.querySelector("link[rel~=icon]");
  if (known) return known;
  const made = Object.assign(document.createElement("link"), { rel: "icon", href: ICON });
  return document.head.appendChild(made);
}

async function drawIcon(unread) {
  if (!unread) {
    link().href = ICON;
    return;
  }
  const picture = new Image();
  picture.src = ICON;
  await picture.decode().catch(() => undefined);
  const canvas = Object.assign(document.createElement("canvas"), { width: 32, height: 32 });
  const pen = canvas.getContext("2d");
  if (picture.naturalWidth) pen.drawImage(picture, 0, 0, 32, 32);
  pen.fillStyle = "white";
  pen.beginPath();
  pen.arc(23, 9, 9, 0, 2 * Math.PI);
  pen.fill();
  pen.fillStyle = "#e5484d";
  pen.beginPath();
  pen.arc(23, 9, 7, 0, 2 * Math.PI);
  pen.fill();
  link().href = canvas.toDataURL("image/png");
}

// What was told already; it outlives the change from one page of the product to another.
let told = null;

/** The alerts that were not here before; the first ones are only noted. */
function fresh(alerts) {
  const before = told;
  const keys = alerts.map((alert) => alert.key);
  told = new Set(before && alerts.length >= FULL ? [...before, ...keys] : keys);
  return before ? alerts.filter((alert) => !before.has(alert.key)) : [];
}

export function Attention({ user, ready, unread, alerts }) {
  const navigate = useNavigate();

  useEffect(() => {
    drawIcon(unread);
  }, [unread]);

  useEffect(() => {
    if (!ready) return;
    const news = fresh(alerts);
    if (news.some((alert) => alert.kind === "human") && hasSound(user)) playTone();
    if (document.visibilityState === "visible" || !hasNotifications(user)) return;
    for (const { key, kind, conversation, title } of news) {
      const shown = notify(title || "WhatsApp user", { body: WORDS[kind], tag: key });
      if (!shown) return;
      shown.onclick = () => {
        window.focus();
        navigate(`/inbox/open/${conversation}/`);
        shown.close();
      };
    }
  }, [ready, alerts, user]);

  return null;
}

function useChoice(user, read) {
  const [on, setOn] = useState(false);
  useEffect(() => {
    const look = () => setOn(read(user));
    look();
    window.addEventListener(CHANGED, look);
    return () => window.removeEventListener(CHANGED, look);
  }, [user]);
  return on;
}

export function AttentionSwitches({ className, user }) {
  const sound = useChoice(user, hasSound);
  const notified = useChoice(user, hasNotifications);
  const [refused, setRefused] = useState("");
  const asking = useRef(false);

  const onSound = () => {
    keep(user, "sound", !sound);
    if (!sound) playTone();
  };

  const onNotify = async () => {
    if (asking.current) return;
    setRefused("");
    if (notified) {
      keep(user, "notify", false);
      return;
    }
    if (!("Notification" in window)) {
      setRefused("This browser has no notifications.");
      return;
    }
    asking.current = true;
    const answer = await Notification.requestPermission();
    asking.current = false;
    const granted = answer === "granted";
    const possible = granted && notify("Notifications are on", { body: CALLS_HERE });
    if (!possible) setRefused(granted ? SHOWS_NONE : ALLOWS_NONE);
    keep(user, "notify", Boolean(possible));
  };

  return (
    <div className={className}>
      <label>
        <span>
          Sound
          <small>A short tone when a conversation needs a human</small>
        </span>
        <input type="checkbox" role="switch" checked={sound} onChange={onSound} />
      </label>
      <label>
        <span>
          Browser notifications
          <small>While this tab is in the background</small>
        </span>
        <input type="checkbox" role="switch" checked={notified} onChange={onNotify} />
      </label>
      {refused && <p role="status">{refused}</p>}
    </div>
  );
}
