"""What WhatsApp takes as a file, judged by its content: a name or a header may lie.

Source: Meta, supported media types, and sticker messages.
"""

import re
import unicodedata
from pathlib import Path
from typing import NamedTuple, NoReturn

import filetype  # pyright: ignore[reportMissingTypeStubs]

from illumichat_app.errors import Invalid

MB = 1024 * 1024
LARGEST_BYTES = 100 * MB
LONGEST_NAME = 120
CAPTIONED = frozenset({"image", "video", "document"})

_OFFICE = "application/vnd.openxmlformats-officedocument"
# Each type's kind, and the endings that fit it; the first one is given to a name without.
_TYPES: dict[str, tuple[str, tuple[str, ...]]] = {
    "image/jpeg": ("image", (".jpg", ".jpeg")),
    "image/png": ("image", (".png",)),
    "image/webp": ("sticker", (".webp",)),
    "video/mp4": ("video", (".mp4", ".m4v")),
    "video/3gpp": ("video", (".3gp",)),
    "audio/aac": ("audio", (".aac",)),
    "audio/amr": ("audio", (".amr",)),
    "audio/mp4": ("audio", (".m4a", ".mp4")),
    "audio/mpeg": ("audio", (".mp3",)),
    "audio/ogg": ("audio", (".ogg", ".oga", ".opus")),
    "application/pdf": ("document", (".pdf",)),
    "text/plain": ("document", (".txt", ".csv", ".log", ".md")),
    "application/msword": ("document", (".doc",)),
    "application/vnd.ms-excel": ("document", (".xls",)),
    "application/vnd.ms-powerpoint": ("document", (".ppt",)),
    f"{_OFFICE}.wordprocessingml.document": ("document", (".docx",)),
    f"{_OFFICE}.spreadsheetml.sheet": ("document", (".xlsx",)),
    f"{_OFFICE}.presentationml.presentation": ("document", (".pptx",)),
}
_LARGEST = {"image": 5 * MB, "video": 16 * MB, "audio": 16 * MB, "document": LARGEST_BYTES}
_NAMES = {"image": "picture", "video": "video", "audio": "recording", "document": "document"}
_STICKER = (100 * 1024, 500 * 1024)  # still, animated

_POSSIBLE = {
    "image": "Send it as JPEG or PNG.",
    "video": "Save it as MP4 with H.264 video and AAC sound.",
    "audio": "Save it as MP3, M4A, AAC, AMR or OGG with Opus.",
    "document": "Send a PDF, a text file, or a Word, Excel or PowerPoint file.",
}


class FileKind(NamedTuple):
    """How WhatsApp takes a file: its kind of message, its type, whether it may be a voice note."""

    kind: str
    mime_type: str
    voice: bool = False


def look(path: Path, name: str) -> FileKind:
    """The kind of a file. Raises Invalid, with what is possible instead."""
    with path.open("rb") as file:
        head = file.read(8192)
    size = path.stat().st_size
    if not size:
        raise Invalid("This file is empty.")
    mime_type = _mime_type(path, head, Path(name).suffix.lower())
    kind, _ = _TYPES.get(mime_type) or _refuse(mime_type)
    if kind == "sticker":
        _require_sticker(head, size)
    elif size > _LARGEST[kind]:
        most, has = _LARGEST[kind] // MB, size / MB
        raise Invalid(f"A {_NAMES[kind]} may have at most {most} MB; this one has {has:.1f} MB.")
    return FileKind(kind, mime_type, mime_type == "audio/ogg" and _is_mono(head))


def limits() -> dict[str, int]:
    """What a page may offer to pick: each type and its largest size in bytes."""
    return {mime: _LARGEST.get(kind, _STICKER[1]) for mime, (kind, _) in _TYPES.items()}


def safe_name(name: str, mime_type: str) -> str:
    """The name without folders and control characters, with an ending that tells the truth."""
    last = re.split(r"[/\\]", name)[-1]
    visible = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in last)
    plain = " ".join(visible.split()).lstrip(".") or "file"
    endings = _TYPES[mime_type][1]
    ending = Path(plain).suffix if plain.lower().endswith(endings) else ""
    stem = plain.removesuffix(ending)
    return stem[: LONGEST_NAME - 5] + (ending or endings[0])


def _mime_type(path: Path, head: bytes, ending: str) -> str:
    if head[4:8] == b"ftyp":
        return _of_boxes(path, head)
    guessed: str | None = filetype.guess_mime(head)  # pyright: ignore[reportUnknownMemberType]
    guess = guessed or ""
    if guess == "audio/ogg" and b"OpusHead" not in head[:512]:
        return "audio/ogg without opus"
    # Their order of entries differs from program to program, so the content says only so much.
    of_office = guess == "application/zip" or head.startswith(b"\xd0\xcf\x11\xe0")
    if of_office:
        return next((t for t, (_, ends) in _TYPES.items() if ending in ends), guess)
    return guess or ("text/plain" if _is_text(head) else "")


def _of_boxes(path: Path, head: bytes) -> str:
    """MP4 and its relatives: what is inside decides, since browsers record sound as MP4 too."""
    brand, film = head[8:12], _film_box(path)
    tracks = set(re.findall(rb"hdlr.{8}(vide|soun)", film, re.DOTALL))
    if brand.startswith(b"qt") or not tracks:
        return "video/quicktime"
    if tracks == {b"soun"}:
        return "audio/mp4" if b"mp4a" in film else "audio/mp4 without aac"
    if brand.startswith(b"3g"):
        return "video/3gpp"
    return "video/mp4" if b"avc1" in film or b"avc3" in film else "video/mp4 without h264"


def _film_box(path: Path) -> bytes:
    """The `moov` box, which describes the tracks; it may stand behind the film itself."""
    with path.open("rb") as file:
        for _ in range(64):
            head = file.read(16)
            length, name = int.from_bytes(head[:4]), head[4:8]
            if length == 1:
                length = int.from_bytes(head[8:16])
            if name == b"moov":
                return head + file.read(min(length, MB))
            if length < 8:  # cut off, or the last box
                break
            file.seek(length - len(head), 1)
    return b""


def _is_text(head: bytes) -> bool:
    if b"\x00" in head:
        return False
    try:
        head.decode()
    except UnicodeDecodeError as problem:
        return problem.start >= len(head) - 3  # a letter cut in two by our own reading
    return True


def _is_mono(head: bytes) -> bool:
    """WhatsApp plays voice notes with one channel only (RFC 7845: identification header)."""
    start = head.find(b"OpusHead")
    return head[start + 9 : start + 10] == b"\x01"


def _require_sticker(head: bytes, size: int) -> None:
    animated = head[12:16] == b"VP8X" and bool(head[20] & 2)
    if _webp_size(head) != (512, 512):
        raise Invalid("A sticker is a WebP of 512 × 512 pixels. Send pictures as JPEG or PNG.")
    most = _STICKER[animated]
    if size > most:
        raise Invalid(f"This sticker may have at most {most // 1024} KB; it has {size // 1024} KB.")


def _webp_size(head: bytes) -> tuple[int, int]:
    """Width and height (RFC 9649: WebP container)."""
    form = head[12:16]
    if form == b"VP8X":
        return _number(head[24:27]) + 1, _number(head[27:30]) + 1
    if form == b"VP8L":
        bits = _number(head[21:25])
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return _number(head[26:28]) & 0x3FFF, _number(head[28:30]) & 0x3FFF


def _number(data: bytes) -> int:
    return int.from_bytes(data, "little")


def _refuse(mime_type: str) -> NoReturn:
    family = mime_type.partition("/")[0]
    named = {"image": "this kind of picture", "video": "this kind of video", "audio": "this sound"}
    what = named.get(family, "this kind of file")
    raise Invalid(f"WhatsApp does not take {what}. {_POSSIBLE.get(family, _POSSIBLE['document'])}")
