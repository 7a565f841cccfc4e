"""Reading a CSV file of contacts, whatever program wrote it. Pure; no bytes make it fail."""

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

Column = Literal["", "name", "first", "last", "phone", "email"]
COLUMNS: tuple[Column, ...] = get_args(Column)

SEPARATORS = (",", ";", "\t")
MOST_COLUMNS = 50
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_HEADINGS: dict[Column, str] = {
    "name": "name|full name|contact|contact name|customer|customer name|display name",
    "first": "first name|firstname|given name|forename",
    "last": "last name|lastname|surname|family name",
    "phone": "phone|phone number|phone 1 value|telephone|telephone number|tel|mobile|mobile phone|"
    "mobile number|cell|cell phone|cellphone|number|whatsapp|whatsapp number",
    "email": "email|e mail|mail|email address|e mail address|e mail 1 value|email 1 value",
}
_KNOWN: dict[str, Column] = {
    word: column for column, words in _HEADINGS.items() for word in words.split("|")
}


@dataclass(frozen=True, slots=True)
class Line:
    """One record; `number` is the line of the file it starts on, the headings being line 1."""

    number: int
    cells: list[str]
    broken: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A whole file; without headings when there is nothing in it."""

    headings: list[str]
    lines: list[Line]


def read(data: bytes) -> Sheet:
    """The headings and the records; empty lines are left out."""
    text = decode(data).replace("\x00", "")
    rows = [row for row in _rows(text) if row.broken or any(cell.strip() for cell in row.cells)]
    if not rows or rows[0].broken:
        return Sheet([], [])
    headings = [cell.strip() for cell in rows[0].cells[:MOST_COLUMNS]]
    return Sheet(headings, rows[1:])


def guess(headings: Sequence[str]) -> list[Column]:
    """What each column holds, by its heading; "" where nothing is known. Each kind once."""
    found: list[Column] = []
    for heading in headings:
        kind: Column = _KNOWN.get(_plain(heading), "")
        found.append("" if kind in found else kind)
    return found


def decode(data: bytes) -> str:
    """The text: by its byte order mark, else UTF-16, UTF-8 or Windows-1252 by what fits."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, errors="replace")
    head = data[:1000]
    zeros = head.count(0)
    # Spreadsheets save "Unicode text" as UTF-16: every second byte of western text is 0.
    if zeros * 4 > len(head):
        encoding = "utf-16-le" if head[1::2].count(0) * 2 > zeros else "utf-16-be"
        return data.decode(encoding, errors="replace")
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _rows(text: str) -> Iterator[Line]:
    separator, skipped, text = _separator(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    while True:
        start = reader.line_num + 1 + skipped
        try:
            yield Line(start, next(reader))
        except StopIteration:
            return
        except csv.Error:
            yield Line(start, [], "A quotation mark is opened here and not closed.")
            return


def _separator(text: str) -> tuple[str, int, str]:
    """The separator, how many lines were left out before the headings, and the text after them."""
    first, end, rest = text.partition("\n")
    named = first.strip().lower()
    # Excel writes and reads a first line such as sep=; that is no heading.
    if named.startswith("sep=") and end and named[4:] in (",", ";"):
        return named[4:], 1, rest
    first = first.rstrip("\r")
    return max(SEPARATORS, key=first.count), 0, text


def _plain(heading: str) -> str:
    words = "".join(each if each.isalnum() else " " for each in heading.casefold())
    return " ".join(words.split())
