"""Taking contacts over from a file: what each line would do, and doing it.

Who a line means: the contact with its number in any form; without a number, the one with its
e-mail; with neither, the one that has nothing but this name. So the same file twice adds nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlmodel import Session, col, select

from domain import audit, contact_edit, contact_fields, contacts, labels
from domain.access import Actor, require_admin
from domain.contact_csv import COLUMNS, Column, Line, Sheet
from domain.contact_fields import Values
from illumichat_app import nudges
from illumichat_app.errors import Invalid, NotFound
from models import AuditAction, AuditEntry, Contact

MOST_LINES = 50_000
BATCH = 300
Key = tuple[str, str]  # phone, email or name, and its value
_IN_WORDS: dict[Column, str] = {
    "name": "Name",
    "first": "First name",
    "last": "Last name",
    "phone": "Phone",
    "email": "E-mail",
}


class Trouble(NamedTuple):
    """Why a line is refused: where, what stands there, and a sentence."""

    line: int
    column: str
    value: str
    why: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A line that can be taken over."""

    line: int
    values: Values
    forms: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Figures:
    """How many lines are new, update a contact, change nothing, are refused."""

    new: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(
            self.new + other.new,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
            self.refused + other.refused,
        )

    @property
    def written(self) -> int:
        return self.new + self.updated

    @property
    def words(self) -> str:
        return (
            f"{self.new:,} new, {self.updated:,} updated, "
            f"{self.unchanged:,} unchanged, {self.refused:,} refused"
        )


@dataclass
class Batch:
    """Some lines of the file, read and checked without the database."""

    lines: int = 0
    entries: list[Entry] = field(default_factory=list[Entry])
    troubles: list[Trouble] = field(default_factory=list[Trouble])


# ---- from lines to entries


def require_usable(sheet: Sheet) -> None:
    """Raises Invalid when the file cannot be imported."""
    if not sheet.headings:
        raise Invalid("Nothing can be read in this file. Save it as CSV and choose it again.")
    if not sheet.lines:
        raise Invalid("The file has headings and no line below them.")
    if len(sheet.lines) > MOST_LINES:
        raise Invalid(
            f"The file has {len(sheet.lines):,} lines; {MOST_LINES:,} at most. Split it in parts."
        )


def require_columns(columns: Sequence[Column]) -> None:
    """Raises Invalid when the choice of columns leads nowhere."""
    chosen = [each for each in columns if each]
    for column in COLUMNS[1:]:
        if chosen.count(column) > 1:
            raise Invalid(f"Two columns are chosen as {_IN_WORDS[column]}. Keep one of them.")
    if not chosen:
        raise Invalid("Choose which column holds the name, the phone number or the e-mail.")


def batches(sheet: Sheet, columns: Sequence[Column]) -> Iterator[Batch]:
    """The file in parts; a line that says the same person again is refused, naming the first."""
    seen: dict[Key, int] = {}
    for start in range(0, len(sheet.lines), BATCH):
        part = sheet.lines[start : start + BATCH]
        batch = Batch(lines=len(part))
        for line in part:
            found = _read(line, sheet, columns, seen)
            if isinstance(found, Entry):
                batch.entries.append(found)
            else:
                batch.troubles.append(found)
        yield batch


def _read(
    line: Line, sheet: Sheet, columns: Sequence[Column], seen: dict[Key, int]
) -> Entry | Trouble:
    if line.broken:
        return Trouble(line.number, "", "", line.broken)
    cells = _cells(line, columns)
    values, problems = contact_fields.check(cells["name"], cells["phone"], cells["email"])
    for name in ("name", "phone", "email"):
        if why := getattr(problems, name):
            heading = _heading(sheet, columns, name)
            return Trouble(line.number, heading, cells[name][: contact_fields.NAME_LENGTH], why)
    entry = Entry(line.number, values, _forms(values))
    return _again(entry, sheet, columns, seen) or entry


def _forms(values: Values) -> frozenset[str]:
    return frozenset(contacts.forms(values.phone) if values.phone else ())


def _cells(line: Line, columns: Sequence[Column]) -> dict[str, str]:
    given = {column: cell for column, cell in zip(columns, line.cells, strict=False) if column}
    whole = f"{given.get('first', '')} {given.get('last', '')}".strip()
    return {
        "name": given.get("name", "").strip() or whole,
        "phone": given.get("phone", ""),
        "email": given.get("email", ""),
    }


def _heading(sheet: Sheet, columns: Sequence[Column], kind: str) -> str:
    kinds = ("name", "first", "last") if kind == "name" else (kind,)
    for heading, column in zip(sheet.headings, columns, strict=False):
        if column in kinds:
            return heading
    return ""


def _again(
    entry: Entry, sheet: Sheet, columns: Sequence[Column], seen: dict[Key, int]
) -> Trouble | None:
    values = entry.values
    kind, keys = _meant(entry)
    for key in keys:
        if (kind, key) in seen:
            shown = labels.phone(values.phone) if kind == "phone" else key
            what = _IN_WORDS[kind].lower()
            why = f"The same {what} is on line {seen[kind, key]:,} of this file already."
            return Trouble(entry.line, _heading(sheet, columns, kind), shown, why)
    seen.update({(kind, key): entry.line for key in keys})
    if values.email:
        seen.setdefault(("email", values.email), entry.line)
    return None


def _meant(entry: Entry) -> tuple[Column, Iterable[str]]:
    """By what the line says who it means."""
    values = entry.values
    if entry.forms:
        return "phone", entry.forms
    if values.email:
        return "email", [values.email]
    return "name", [contacts.sort_name(values.name)]


# ---- from entries to contacts


def judge(session: Session, actor: Actor, batch: Batch, *, overwrite: bool) -> Figures:
    """Admins only: what an import of these lines would do now. Nothing is written."""
    require_admin(actor)
    known = _known(session, actor, batch.entries)
    return _go(batch, known, overwrite, lambda _row, _values: None)


def take_over(session: Session, actor: Actor, batch: Batch, *, overwrite: bool) -> Figures:
    """Admins only: write these lines in this transaction; what was there stays or is filled."""
    require_admin(actor)
    contact_edit.one_writer(session, actor)
    known = _known(session, actor, batch.entries)

    def write(row: Contact | None, values: Values) -> None:
        row = row or Contact(workspace_id=actor.workspace_id)
        contact_edit.write(row, values)
        session.add(row)

    return _go(batch, known, overwrite, write)


def note_start(session: Session, actor: Actor, filename: str, lines: int) -> int:
    """Admins only: the audit trail's line of a whole import, so that one that dies leaves a trace.

    Returns what `note_end` needs to say there how it went.
    """
    require_admin(actor)
    what = f"Begun with {lines:,} line{'' if lines == 1 else 's'}"
    line = audit.note(session, actor, AuditAction.CONTACTS_IMPORTED, filename, what)
    session.flush()
    return line.id


def note_end(
    session: Session, actor: Actor, line_id: int, figures: Figures, *, whole: bool
) -> None:
    """Admins only: how the import of `note_start` ended. Raises NotAllowed, NotFound."""
    require_admin(actor)
    line = session.get_one(AuditEntry, line_id)
    if (line.workspace_id, line.actor_id) != (actor.workspace_id, actor.user_id):
        raise NotFound
    line.detail = figures.words if whole else f"Not to the end: {figures.words}"
    nudges.after(session, actor.workspace_id)


def _go(
    batch: Batch,
    known: Mapping[Key, Contact],
    overwrite: bool,
    write: Callable[[Contact | None, Values], None],
) -> Figures:
    figures = Figures(refused=len(batch.troubles))
    for entry in batch.entries:
        kind, keys = _meant(entry)
        same = [known[kind, key] for key in keys if (kind, key) in known]
        row = min(same, key=lambda each: each.id, default=None)
        values = _combined(row, entry.values, overwrite) if row else entry.values
        changed = row is None or values != _stored(row)
        if changed:
            write(row, values)
        figures += Figures(new=row is None, updated=bool(row and changed), unchanged=not changed)
    return figures


def _combined(row: Contact, given: Values, overwrite: bool) -> Values:
    """Empty fields are filled; a number that is there stays in the form it has."""
    first, second = (given, _stored(row)) if overwrite else (_stored(row), given)
    return Values(
        name=first.name or second.name,
        phone=row.phone or given.phone,
        email=first.email or second.email,
    )


def _stored(row: Contact) -> Values:
    return Values(row.name, row.phone, row.email)


def _known(session: Session, actor: Actor, entries: Sequence[Entry]) -> dict[Key, Contact]:
    """The contacts that these lines mean, the oldest of those with the same value."""
    keys: dict[str, list[str]] = {"phone": [], "email": [], "name": []}
    for entry in entries:
        kind, own = _meant(entry)
        keys[kind] += own
    nameless = (col(Contact.phone).is_(None), col(Contact.email).is_(None))
    found: dict[Key, Contact] = {}
    for kind, column, narrower in (
        ("phone", col(Contact.phone), ()),
        ("email", col(Contact.email), ()),
        ("name", col(Contact.sort_name), nameless),
    ):
        if keys[kind]:
            query = select(Contact).where(
                Contact.workspace_id == actor.workspace_id, column.in_(keys[kind]), *narrower
            )
            # Ordered there, SQLite would walk all contacts in the order of their ids.
            for row in sorted(session.exec(query), key=lambda each: each.id):
                value = row.sort_name if kind == "name" else getattr(row, kind)
                found.setdefault((kind, value), row)
    return found
