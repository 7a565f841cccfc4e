"""The templates page's list: the templates of an assistant's WhatsApp account, by name."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlmodel import Session, and_, col, func, or_, select

from domain import labels, template_accounts, template_parts, template_words
from domain.access import Actor
from domain.connections import require_assistant
from domain.template_parts import Person
from illumichat_app.clock import now
from integrations.whatsapp.fields import optional_text, records
from models import Template, WhatsAppConnection

PAGE = 50
LONGEST_SEARCH = 100
# Rows that are looked at in one go while a search goes through all of them.
_CHUNK = 200
EDITABLE = frozenset({"APPROVED", "REJECTED", "PAUSED"})
_STILL_DRAWN = labels.DAY


class Key(NamedTuple):
    """Where a page ends."""

    name: str
    language: str


@dataclass(frozen=True)
class TemplateRow:
    """One template in words; `tone` colours its status, `note` says why it cannot be sent."""

    id: int
    name: str
    status: str
    tone: str
    category: str
    language: str
    quality: str
    quality_tone: str
    body: str
    note: str
    rejected: bool
    editable: bool


@dataclass(frozen=True)
class TemplatePage:
    """`connected`: there is a number, so there can be templates. `total` counts all of them."""

    assistant: str
    connected: bool = False
    rows: list[TemplateRow] = field(default_factory=list[TemplateRow])
    total: int = 0
    next: Key | None = None
    changes_at: datetime | None = None


def page(
    session: Session,
    actor: Actor,
    assistant_id: int,
    *,
    search: str = "",
    status: str = "",
    category: str = "",
    after: Key | None = None,
    limit: int = PAGE,
) -> TemplatePage:
    """Admins only: the templates after a key, by name and language. Raises NotAllowed, NotFound."""
    assistant = require_assistant(session, actor, assistant_id)
    account = template_accounts.find(session, actor, assistant_id)
    if account is None:
        return TemplatePage(assistant.name)
    total = session.exec(
        select(func.count(col(Template.id))).where(*template_accounts.of_account(account))
    ).one()
    which = [*_with(status, category)]
    found = _first(_matching(session, account, which, search, after), limit + 1)
    shown = found[:limit]
    more = Key(shown[-1].name, shown[-1].language) if len(found) > limit else None
    rows = [_row(each) for each in shown]
    return TemplatePage(assistant.name, True, rows, total, more, _changes_at(shown))


def _with(status: str, category: str) -> Iterator[Any]:
    if status:
        yield Template.status == status
    if category:
        yield Template.category == category


def _matching(
    session: Session,
    account: WhatsAppConnection,
    which: list[Any],
    search: str,
    after: Key | None,
) -> Iterator[Template]:
    """In Python where words are searched, since SQLite's LOWER knows ASCII only."""
    words = search[:LONGEST_SEARCH].casefold().split()
    query = (
        select(Template)
        .where(*template_accounts.of_account(account), *which)
        .order_by(col(Template.name), col(Template.language))
        .limit(_CHUNK)
    )
    while True:
        rows = session.exec(query.where(_after(after)) if after else query).all()
        yield from (row for row in rows if _holds(row, words))
        if len(rows) < _CHUNK:
            return
        after = Key(rows[-1].name, rows[-1].language)


def _after(key: Key) -> Any:
    same = and_(col(Template.name) == key.name, col(Template.language) > key.language)
    return or_(col(Template.name) > key.name, same)


def _holds(row: Template, words: list[str]) -> bool:
    if not words:
        return True
    parts = [optional_text(part, "text") or "" for part in records(row.components)]
    language = template_words.language(row.language)
    text = " ".join([row.name, row.name.replace("_", " "), language, *parts]).casefold()
    return all(word in text for word in words)


def _first(found: Iterator[Template], most: int) -> list[Template]:
    return [row for row, _ in zip(found, range(most), strict=False)]


def _row(row: Template) -> TemplateRow:
    status, quality = template_words.status(row.status), template_words.quality(row.quality)
    return TemplateRow(
        id=row.id,
        name=row.name,
        status=status.words + _age(row),
        tone=status.tone,
        category=template_words.category(row.category),
        language=template_words.language(row.language),
        quality=quality.words if quality else "",
        quality_tone=quality.tone if quality else "",
        body=" ".join(template_parts.choice(row, Person()).body.split())[:200],
        note=template_words.note(row.status, row.category, row.rejected_reason),
        rejected=row.status == "REJECTED",
        editable=row.status in EDITABLE,
    )


def _age(row: Template) -> str:
    """How long Meta has been reviewing it, for as long as that says something."""
    age = now() - row.created_at
    if row.status != "PENDING" or not labels.MINUTE <= age < _STILL_DRAWN:
        return ""
    hours = age // labels.HOUR
    return f" · {hours} h" if hours else f" · {age // labels.MINUTE} min"


def _changes_at(rows: list[Template]) -> datetime | None:
    """When the age of a pending one moves on."""
    moment = now()
    ages = [(row, moment - row.created_at) for row in rows if row.status == "PENDING"]
    return min(
        (
            row.created_at + (age // unit + 1) * unit
            for row, age in ages
            if age < _STILL_DRAWN
            for unit in [labels.MINUTE if age < labels.HOUR else labels.HOUR]
        ),
        default=None,
    )
