// Chromium records Opus in WebM, WhatsApp plays it in Ogg: the same sound in another wrapping.
// (RFC 8794: EBML; RFC 3533: Ogg; RFC 7845: Ogg Opus.) A recording of MediaRecorder has one track.

const SEGMENT = 0x18538067, CLUSTER = 0x1f43b675, TRACKS = 0x1654ae6b, TRACK = 0xae;
const CODEC_PRIVATE = 0x63a2, SIMPLE_BLOCK = 0xa3, BLOCK_GROUP = 0xa0, BLOCK = 0xa1;
const FOLDERS = new Set([SEGMENT, CLUSTER, TRACKS, TRACK, BLOCK_GROUP]);

const FIRST = 2, LAST = 4; // flags of a page
const PACKETS = 50; // in a page: one second

export async function toOgg(webm) {
  const { head, packets } = unwrap(new Uint8Array(await webm.arrayBuffer()));
  if (!head || !packets.length) throw new Error("no sound in it");
  return new Blob(wrap(head, packets), { type: "audio/ogg" });
}

// ---- out of WebM

function unwrap(bytes) {
  const found = { head: null, packets: [] };
  walk(bytes, 0, bytes.length, found);
  return found;
}

function walk(bytes, from, to, found) {
  let at = from;
  while (at < to) {
    const id = number(bytes, at, true);
    const size = number(bytes, at + id.length, false);
    const start = at + id.length + size.length;
    const end = size.unknown ? to : Math.min(start + size.value, to);
    if (FOLDERS.has(id.value)) walk(bytes, start, end, found);
    else if (id.value === CODEC_PRIVATE) found.head = bytes.slice(start, end);
    else if (id.value === SIMPLE_BLOCK || id.value === BLOCK) {
      // The track's number, two bytes of time, one of flags; the rest is one packet.
      found.packets.push(bytes.slice(start + number(bytes, start, false).length + 3, end));
    }
    at = end;
  }
}

function number(bytes, at, keepsMark) {
  const length = Math.clz32(bytes[at]) - 23;
  let value = keepsMark ? bytes[at] : bytes[at] & (0xff >> length);
  let ones = value === 0xff >> length;
  for (let i = 1; i < length; i += 1) {
    value = value * 256 + bytes[at + i];
    ones = ones && bytes[at + i] === 0xff;
  }
  return { value, length, unknown: ones && !keepsMark };
}

// ---- into Ogg

function wrap(head, packets) {
  const serial = crypto.getRandomValues(new Uint32Array(1))[0];
  const tags = new TextEncoder().encode("OpusTags\x0a\0\0\0IllumiChat\0\0\0\0");
  const pages = [page([head], 0, serial, 0, FIRST), page([tags], 0, serial, 1, 0)];
  let position = new DataView(head.buffer).getUint16(10, true); // samples to skip at the start
  for (let at = 0; at < packets.length; at += PACKETS) {
    const some = packets.slice(at, at + PACKETS);
    position += some.reduce((sum, packet) => sum + samples(packet), 0);
    const flags = at + PACKETS >= packets.length ? LAST : 0;
    pages.push(page(some, position, serial, pages.length, flags));
  }
  return pages;
}

// How long a packet plays, at 48 kHz (RFC 6716, section 3.1).
function samples(packet) {
  const config = packet[0] >> 3;
  const frame =
    config < 12
      ? [480, 960, 1920, 2880][config & 3]
      : config < 16
        ? [480, 960][config & 1]
        : [120, 240, 480, 960][config & 3];
  const frames = [1, 2, 2, packet[1] & 63][packet[0] & 3];
  return frame * frames;
}

function page(packets, position, serial, sequence, flags) {
  const lacing = packets.flatMap(({ length }) => [
    ...Array(Math.floor(length / 255)).fill(255),
    length % 255,
  ]);
  const made = new Uint8Array(27 + lacing.length + packets.reduce((n, p) => n + p.length, 0));
  const view = new DataView(made.buffer);
  made.set([0x4f, 0x67, 0x67, 0x53, 0, flags]);
  view.setBigUint64(6, BigInt(position), true);
  view.setUint32(14, serial, true);
  view.setUint32(18, sequence, true);
  made[26] = lacing.length;
  made.set(lacing, 27);
  let at = 27 + lacing.length;
  for (const packet of packets) {
    made.set(packet, at);
    at += packet.length;
  }
  view.setUint32(22, checksum(made), true);
  return made;
}

const TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index << 24;
  for (let bit = 0; bit < 8; bit += 1) value = value & 0x80000000 ? (value << 1) ^ 0x04c11db7 : value << 1;
  return value;
});

function checksum(bytes) {
  let sum = 0;
  for (const byte of bytes) sum = (sum << 8) ^ TABLE[(sum >>> 24) ^ byte];
  return sum >>> 0;
}
