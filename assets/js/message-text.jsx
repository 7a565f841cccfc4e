// A message's words. They are only ever text; addresses become links and colleagues stand out.
import { createElement } from "react";

const ADDRESS = /https?:\/\/[^\s<>"'`]+/giu;
const TRAIL = /[.,;:!?…]+$/u;

/** The address without the punctuation that ends its sentence. */
function trimmed(found) {
  let address = found.replace(TRAIL, "");
  while (address.endsWith(")") && !address.includes("(")) address = address.slice(0, -1);
  return address;
}

function isWeb(address) {
  try {
    return ["http:", "https:"].includes(new URL(address).protocol);
  } catch {
    return false;
  }
}

function split(text, pattern, make) {
  const parts = [];
  let from = 0;
  for (const match of text.matchAll(pattern)) {
    const [words, element] = make(match[0]);
    if (!element) continue;
    parts.push(text.slice(from, match.index), element);
    from = match.index + words.length;
  }
  return [...parts, text.slice(from)];
}

const linked = (text) =>
  split(text, ADDRESS, (found) => {
    const address = trimmed(found);
    const link = (
      <a href={address} target="_blank" rel="noopener noreferrer nofollow">
        {address}
      </a>
    );
    return [address, isWeb(address) && link];
  });

const quoted = (words) => words.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

function named(text, mentions) {
  const handles = [...mentions].sort((a, b) => b.length - a.length).map(quoted);
  const word = "[\\p{L}\\p{N}_]";
  const pattern = new RegExp(`(?<!${word})(?:${handles.join("|")})(?!${word})`, "giu");
  return split(text, pattern, (found) => [found, <strong>{found}</strong>]);
}

export function MessageText({ className, text, mentions }) {
  const parts = linked(text).flatMap((part) =>
    typeof part === "string" && mentions?.length ? named(part, mentions) : [part],
  );
  return createElement("div", { className: `words ${className ?? ""}` }, ...parts);
}
