"""Small files with the right beginnings. Nothing in them is a picture or a sound."""

import struct

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(200)
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(200)
GIF = b"GIF89a" + bytes(200)
PDF = b"%PDF-1.7\n" + b"x" * 200
MP3 = b"ID3\x04" + bytes(200)
ZIP = b"PK\x03\x04" + bytes(26) + b"readme.txt" + bytes(200)
EXE = b"MZ" + bytes(200)
WEBM = b"\x1a\x45\xdf\xa3\x42\x82\x84webm" + bytes(200)


def ogg(codec: bytes = b"OpusHead\x01", channels: int = 1) -> bytes:
    return b"OggS\x00\x02" + bytes(21) + b"\x13" + codec + bytes([channels]) + bytes(200)


def mp4(
    *tracks: bytes,
    codec: bytes = b"avc1",
    brand: bytes = b"isom",
    last: bool = False,
    long: bool = False,
) -> bytes:
    """`last`: the tracks are told after the film; `long`: after a box with a 64-bit length."""
    start = _box(b"ftyp", brand + b"\x00\x00\x02\x00" + b"isommp42")
    handlers = [_box(b"hdlr", bytes(8) + track + bytes(12)) for track in tracks]
    film = _box(b"moov", b"".join(handlers) + _box(b"stsd", codec))
    data = _box(b"mdat", bytes(100))
    if long:
        data = struct.pack(">I", 1) + b"mdat" + struct.pack(">Q", 116) + bytes(100)
    return start + (data + film if last or long else film + data)


def _box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content) + 8) + name + content


def webp(
    width: int = 512, height: int = 512, *, animated: bool = False, form: str = "VP8X"
) -> bytes:
    if form == "VP8X":
        size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
        chunk = bytes([2 if animated else 0, 0, 0, 0]) + size
    elif form == "VP8L":
        chunk = b"\x2f" + ((height - 1) << 14 | (width - 1)).to_bytes(4, "little")
    else:
        chunk = bytes(6) + struct.pack("<HH", width, height)
    body = b"WEBP" + form.encode().ljust(4) + struct.pack("<I", len(chunk)) + chunk + bytes(100)
    return b"RIFF" + struct.pack("<I", len(body)) + body
