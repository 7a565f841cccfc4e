// A small palette, so that a smile needs no search.
import { Smile } from "lucide-react";
import { useEffect, useRef, useState } from "react";

const GROUPS = [
  ["Faces", "😀 😊 🙂 😉 😂 😅 😍 🤗 🤔 😐 😕 😟 😢 😭 😡 😴 🤒 😎"],
  ["Hands", "👍 👎 👌 🙏 👏 🙌 💪 👋 🤝 ✌️ 🤞 👉"],
  ["Hearts", "❤️ 🧡 💛 💚 💙 💜 🎉 🎁 🎂 ✨ ⭐ 🔥"],
  ["Things", "📦 🚚 🏠 🏪 📍 📅 ⏰ 📞 📧 📄 📎 🔑 💳 💶 🛒 🛠️ 📷 🚗"],
  ["Signs", "✅ ❌ ⚠️ ❓ ❗ ➡️ ⬅️ 🔁 ➕ 💬"],
].map(([name, all]) => [name, all.split(" ")]);

const COLUMNS = 8;

export function Emoji({ onChoose }) {
  const [open, setOpen] = useState(false);
  const root = useRef(null);
  const button = useRef(null);

  useEffect(() => {
    if (!open) return undefined;
    root.current.querySelector(".palette button").focus();
    const away = (event) => {
      if (!root.current.contains(event.target)) setOpen(false);
    };
    document.addEventListener("pointerdown", away);
    return () => document.removeEventListener("pointerdown", away);
  }, [open]);

  const close = () => {
    setOpen(false);
    button.current.focus();
  };

  const onKeyDown = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: COLUMNS, ArrowUp: -COLUMNS }[event.key];
    if (event.key === "Escape") close();
    else if (step) {
      const all = [...root.current.querySelectorAll(".palette button")];
      all[all.indexOf(document.activeElement) + step]?.focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div
      className="emoji"
      ref={root}
      onBlur={(event) => {
        if (event.relatedTarget && !root.current.contains(event.relatedTarget)) setOpen(false);
      }}
    >
      <button
        ref={button}
        type="button"
        className="tool"
        aria-label="Emoji"
        title="Emoji"
        aria-haspopup="dialog"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <Smile size={17} aria-hidden="true" />
      </button>
      {open && (
        <div className="palette" role="dialog" aria-label="Emoji" onKeyDown={onKeyDown}>
          {GROUPS.map(([name, all]) => (
            <div key={name} role="group" aria-label={name}>
              <span aria-hidden="true">{name}</span>
              <div className="grid">
                {all.map((one) => (
                  <button
                    key={one}
                    type="button"
                    onClick={() => {
                      setOpen(false);
                      onChoose(one);
                    }}
                  >
                    {one}
                  </button>
                ))}
              </div>
            </div>
          ))}
        </div>
      )}
    </div>
  );
}
