"""One delivery of the webhook log, opened: what it said, who signed it, and what it changed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlmodel import Session, col, select

from domain import access, accounts, channels, event_owners, event_parts, labels, webhook_log
from domain import webhook_words as words
from domain.access import Actor
from domain.event_owners import Number
from domain.event_parts import Part
from illumichat_app.clock import now
from illumichat_app.config import settings
from illumichat_app.errors import NotFound
from integrations.whatsapp import update_types as meta
from models import Conversation, EventOwner, EventState, Message, Template, WebhookEvent

MOST_LINKS = 20
MOST_IDS = 500
MOST_ITEMS = 50
# A browser that shows 3 MB of text in one element stops answering; the rest is in the download.
MOST_SHOWN = 100_000


@dataclass(frozen=True)
class PutAside:
    """An item that could not be applied."""

    path: str
    reason: str


@dataclass(frozen=True)
class Touched:
    """A conversation or template that the delivery speaks of; `href` is empty without a page."""

    what: str
    href: str = ""


@dataclass(frozen=True)
class Detail:
    """Everything but the body."""

    id: int = 0
    verdict: str = ""
    tone: str = "gray"
    kinds: str = ""
    facts: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    headers: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    came: list[str] = field(default_factory=list[str])
    put_aside: list[PutAside] = field(default_factory=list[PutAside])
    touched: list[Touched] = field(default_factory=list[Touched])
    whole: bool = True
    waiting: bool = False


class _Found(NamedTuple):
    event: WebhookEvent
    unknown: bool
    numbers: list[Number]
    mine: Part


def detail(session: Session, actor: Actor, event_id: int) -> Detail:
    """What a workspace may know of a delivery. Admins only. Raises NotFound when it is not its."""
    found = _find(session, actor, event_id)
    event, mine = found.event, found.mine
    judged = webhook_log.verdict(_Judged(event, found.unknown), mine, found.numbers)
    aside = webhook_log.put_aside(event.outcome, mine)[:MOST_ITEMS]
    return Detail(
        id=event.id,
        verdict=judged.name,
        tone=judged.tone,
        kinds=judged.kinds,
        facts=_facts(session, actor, found, judged.number),
        headers=[(name, _header(name, value)) for name, value in sorted(event.headers.items())],
        came=judged.came,
        put_aside=[PutAside(each["path"], words.reason(each["reason"])) for each in aside],
        touched=[*_conversations(session, found), *_templates(session, actor, mine)],
        whole=mine.whole,
        waiting=event.state is EventState.STORED,
    )


def body(
    session: Session, actor: Actor, event_id: int, *, pretty: bool, most: int | None = MOST_SHOWN
) -> tuple[str, int]:
    """The workspace's part as text, and how many characters of it were left out. Admins only."""
    found = _find(session, actor, event_id)
    text = event_parts.text(found.event.body, found.mine, pretty=pretty)
    return text[:most], max(0, len(text) - (most or len(text)))


def _find(session: Session, actor: Actor, event_id: int) -> _Found:
    event, unknown = own(session, actor, event_id)
    numbers = event_owners.own_numbers(session, actor.workspace_id)
    return _Found(event, unknown, numbers, event_parts.part(event.body, numbers))


def own(session: Session, actor: Actor, event_id: object) -> tuple[WebhookEvent, bool]:
    """A delivery that concerns the workspace, and whether it holds something unknown to us.

    Admins only. Raises NotAllowed, NotFound.
    """
    access.require_admin(actor)
    # An event's argument may be anything; SQLite refuses integers of more than 64 bits.
    if isinstance(event_id, bool) or not isinstance(event_id, int) or not 0 < event_id < 2**63:
        raise NotFound
    row = session.exec(
        select(WebhookEvent, EventOwner.unknown)
        .join(EventOwner, col(EventOwner.event_id) == WebhookEvent.id)
        .where(WebhookEvent.id == event_id, EventOwner.workspace_id == actor.workspace_id)
    ).first()
    if row is None:
        raise NotFound
    return row


@dataclass(frozen=True, slots=True)
class _Judged:
    """A stored delivery with what the list reads beside it."""

    event: WebhookEvent
    unknown: bool

    def __getattr__(self, name: str) -> Any:
        return getattr(self.event, name)


def _facts(session: Session, actor: Actor, found: _Found, number: str) -> list[tuple[str, str]]:
    zone = labels.zone(accounts.profile(session, actor)[1].time_zone)

    def at(moment: datetime | None) -> str:
        if moment is None:
            return "not yet"
        return f"{labels.moment(moment, now(), zone)}:{moment.astimezone(zone):%S}"

    event = found.event
    copies = "once" if event.copies == 1 else f"{event.copies} times"
    return [
        ("Number", number),
        ("Received", f"{at(event.created_at)}, {copies}"),
        ("Applied", "waiting" if event.state is EventState.STORED else at(event.processed_at)),
        ("Signed by", _signer(event.signed_by, found.numbers)),
        ("Size", words.size(len(event.body)) if found.mine.whole else "your part only"),
    ]


def _signer(signed_by: str, numbers: Sequence[Number]) -> str:
    if any(number.own_app and number.signer == signed_by for number in numbers):
        return "your own app"
    platform = settings().meta_app_secret.get_secret_value()
    if platform and signed_by == channels.fingerprint(platform):
        return "the platform's app"
    return "an app secret that is no longer in use here"


def _header(name: str, value: object) -> str:
    return words.signature(str(value)) if name == "x-hub-signature-256" else str(value)[:200]


# ---- what it changed


def _conversations(session: Session, found: _Found) -> list[Touched]:
    ids = {
        wamid
        for update in found.mine.items
        for name in ("wamid", "target")
        if (wamid := getattr(update, name, None))
    }
    rows = session.exec(
        select(Conversation.id, Conversation.title)
        .join(Message, col(Message.conversation_id) == Conversation.id)
        .where(
            # The channel leads the index of the ids.
            col(Message.channel_id).in_({number.channel_id for number in found.numbers}),
            col(Message.wamid).in_(sorted(ids)[:MOST_IDS]),
        )
        .group_by(col(Conversation.id), col(Conversation.title))
        .order_by(col(Conversation.id))
        .limit(MOST_LINKS)
    ).all()
    return [Touched(f"Conversation with {title}", f"/inbox/open/{at}/") for at, title in rows]


def _templates(session: Session, actor: Actor, mine: Part) -> list[Touched]:
    names = {update.name for update in mine.items if isinstance(update, meta.TemplateChange)}
    rows = session.exec(
        select(Template.name, Template.language)
        .where(
            Template.workspace_id == actor.workspace_id,
            col(Template.name).in_([name for name in names if name]),
        )
        .order_by(col(Template.name), col(Template.language))
        .limit(MOST_LINKS)
    ).all()
    return [Touched(f"Template {name} ({language})") for name, language in rows]
