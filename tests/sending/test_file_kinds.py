"""What WhatsApp takes, by content."""

from pathlib import Path

import pytest

from domain import file_kinds
from illumichat_app.errors import Invalid
from tests.sending import files

KB, MB = 1024, 1024 * 1024
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def kind_of(folder: Path, content: bytes, name: str = "file") -> file_kinds.FileKind:
    path = folder / "given"
    path.write_bytes(content)
    return file_kinds.look(path, name)


@pytest.mark.parametrize(
    ("content", "name", "expected"),
    [
        (files.JPEG, "a.jpg", ("image", "image/jpeg", False)),
        (files.PNG, "a.gif", ("image", "image/png", False)),
        (files.webp(), "s.webp", ("sticker", "image/webp", False)),
        (files.webp(form="VP8L"), "s.webp", ("sticker", "image/webp", False)),
        (files.webp(form="VP8 "), "s.webp", ("sticker", "image/webp", False)),
        (files.mp4(b"vide", b"soun"), "v.mp4", ("video", "video/mp4", False)),
        (files.mp4(b"vide", last=True), "v.mp4", ("video", "video/mp4", False)),
        (files.mp4(b"vide", codec=b"s263", brand=b"3gp4"), "v", ("video", "video/3gpp", False)),
        (files.mp4(b"vide", long=True), "v.mp4", ("video", "video/mp4", False)),
        (files.mp4(b"soun", codec=b"mp4a"), "voice.mp4", ("audio", "audio/mp4", False)),
        (files.MP3, "song.mp3", ("audio", "audio/mpeg", False)),
        (files.ogg(), "voice.ogg", ("audio", "audio/ogg", True)),
        (files.ogg(channels=2), "voice.ogg", ("audio", "audio/ogg", False)),
        (files.PDF, "offer.pdf", ("document", "application/pdf", False)),
        ("Grüße".encode(), "note.txt", ("document", "text/plain", False)),
        (b"a;b\n1;2\n", "list.csv", ("document", "text/plain", False)),
        (("x" * 8191 + "ü").encode(), "cut.txt", ("document", "text/plain", False)),
        (files.ZIP, "letter.docx", ("document", DOCX, False)),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "old.doc", ("document", "application/msword", False)),
    ],
)
def test_the_content_decides(
    tmp_path: Path, content: bytes, name: str, expected: tuple[str, str, bool]
) -> None:
    assert kind_of(tmp_path, content, name) == expected


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"", "a.txt", "empty"),
        (files.GIF, "a.gif", "JPEG or PNG"),
        (files.GIF, "a.jpg", "JPEG or PNG"),
        (files.webp(100, 512), "s.webp", "512"),
        (files.mp4(b"vide", codec=b"hvc1"), "v.mp4", "H.264"),
        (files.mp4(b"vide", brand=b"qt  "), "v.mov", "H.264"),
        (files.mp4(), "v.mp4", "H.264"),
        (files.mp4(b"soun", codec=b"Opus"), "v.m4a", "OGG with Opus"),
        (files.ogg(b"\x01vorbis"), "v.ogg", "OGG with Opus"),
        (files.WEBM, "v.webm", "H.264"),
        (files.ZIP, "all.zip", "PDF"),
        (files.EXE, "tool.exe", "PDF"),
        (b"\xff\xfe\x00\x01", "x.txt", "PDF"),
        (b"\x00\x00\x00\x18ftypisom", "cut.mp4", "H.264"),
    ],
)
def test_what_whatsapp_refuses_is_refused_with_what_is_possible(
    tmp_path: Path, content: bytes, name: str, words: str
) -> None:
    with pytest.raises(Invalid, match=words):
        kind_of(tmp_path, content, name)


@pytest.mark.parametrize(
    ("start", "most"),
    [
        (files.JPEG, 5 * MB),
        (files.mp4(b"vide"), 16 * MB),
        (files.MP3, 16 * MB),
        (files.PDF, 100 * MB),
        (files.webp(), 100 * KB),
        (files.webp(animated=True), 500 * KB),
    ],
    ids=["image", "video", "audio", "document", "sticker", "animated"],
)
def test_the_largest_size_of_each_kind(tmp_path: Path, start: bytes, most: int) -> None:
    path = tmp_path / "given"
    path.write_bytes(start)
    with path.open("r+b") as file:
        file.truncate(most)
        assert file_kinds.look(path, "x")
        file.truncate(most + 1)
        with pytest.raises(Invalid, match="at most"):
            file_kinds.look(path, "x")


@pytest.mark.parametrize(
    ("name", "mime_type", "safe"),
    [
        ("offer.pdf", "application/pdf", "offer.pdf"),
        ("../../etc/passwd", "text/plain", "passwd.txt"),
        ("C:\\temp\\Año 1.PDF", "application/pdf", "Año 1.PDF"),
        ("bill.pdf.exe", "application/pdf", "bill.pdf.exe.pdf"),
        ("a\r\nb\u202e.pdf", "application/pdf", "a b .pdf"),
        (".pdf", "application/pdf", "pdf.pdf"),
        ("", "image/jpeg", "file.jpg"),
        ("list.csv", "text/plain", "list.csv"),
        ("photo.jpeg", "image/jpeg", "photo.jpeg"),
    ],
)
def test_names_tell_the_truth_and_lead_nowhere(name: str, mime_type: str, safe: str) -> None:
    assert file_kinds.safe_name(name, mime_type) == safe


def test_a_long_name_keeps_its_ending() -> None:
    name = file_kinds.safe_name("x" * 300 + ".pdf", "application/pdf")
    assert len(name) <= file_kinds.LONGEST_NAME
    assert name.endswith(".pdf")
