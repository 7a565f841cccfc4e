"""The System page: how the deployment works, and what of one's own workspace got stuck.

Lanes, database and queue server are everybody's: of those only counts and ages are told. Every
list is of the person's own workspace. Admins only.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from redis import RedisError
from sqlmodel import Session, col, func, select, text

from domain import access, accounts, labels, lanes, webhook_log, webhook_words
from domain.access import Actor
from domain.vitals import LaneState, Pace, Vitals
from domain.webhook_log import Row as PutAside
from illumichat_app import jobs
from illumichat_app.jobs import Lane
from illumichat_app.version import VERSION
from models import ConnectionStatus, Conversation, Message, WhatsAppConnection
from models.channel import Channel

MOST_LISTED = 5
MOST_COUNTED = 1000
_UNKNOWN = text("message.status = 'unknown'")  # as its index has it


@dataclass(frozen=True)
class LaneRow:
    """A kind of work: who does it, what waits, and what to do when it is stuck."""

    name: str
    label: str
    does: str
    tone: str
    verdict: str
    waiting: str
    oldest: str
    workers: str
    advice: str = ""


@dataclass(frozen=True)
class Unconfirmed:
    """One of the workspace's messages of which nobody knows whether it arrived."""

    id: int
    conversation_id: int
    title: str
    text: str
    at: str


@dataclass(frozen=True)
class Number:
    """One of the workspace's numbers, and when Meta last delivered something for it."""

    id: int
    display: str
    name: str
    assistant_id: int
    tone: str
    state: str
    heard: str


@dataclass(frozen=True)
class Overview:
    """The whole page, in words."""

    tone: str = "gray"
    verdict: str = ""
    line: str = ""
    lanes: list[LaneRow] = field(default_factory=list[LaneRow])
    put_aside: list[PutAside] = field(default_factory=list[PutAside])
    put_aside_count: str = "0"
    unconfirmed: list[Unconfirmed] = field(default_factory=list[Unconfirmed])
    unconfirmed_count: str = "0"
    numbers: list[Number] = field(default_factory=list[Number])
    facts: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])


def overview(session: Session, actor: Actor, found: Vitals) -> Overview:
    """What an admin sees. Raises NotAllowed for an agent."""
    access.require_admin(actor)
    zone = labels.zone(accounts.profile(session, actor)[1].time_zone)
    rows = [*map(_lane, found.lanes), _upkeep(found)] if found.ready else []
    aside = webhook_log.page(session, actor, "failed")
    tone, verdict, line = _verdict(found, rows)
    return Overview(
        tone=tone,
        verdict=verdict,
        line=line,
        lanes=rows,
        put_aside=aside.rows[:MOST_LISTED],
        put_aside_count=f"{len(aside.rows)}{'+' if aside.older else ''}",
        unconfirmed=list(_unconfirmed(session, actor, found.at, zone)),
        unconfirmed_count=_unconfirmed_count(session, actor),
        numbers=list(_numbers(session, actor, found.at)),
        facts=list(_facts(session, found)),
    )


def _verdict(found: Vitals, rows: Sequence[LaneRow]) -> tuple[str, str, str]:
    if not found.redis:
        return "red", "The queue server does not answer", _NO_QUEUE
    stopped = [row.label for row in rows if row.verdict == "Stopped"]
    if stopped:
        return "red", "Some work stands still", f"{_and(stopped)}: see below what to do."
    slow = [row.label for row in rows if row.tone == "amber"]
    if slow:
        return "amber", "Some work is late", f"{_and(slow)}: see below what to do."
    return "jade", "Everything works", "Work is done as it comes in."


# ---- the lanes


def _lane(lane: LaneState) -> LaneRow:
    label, does = _LANES[lane.name]
    tone, verdict = _PACES[lane.pace]
    return LaneRow(
        name=lane.name,
        label=label,
        does=does,
        tone=tone,
        verdict=verdict,
        waiting=webhook_words.bounded(lane.waiting, lanes.MOST_COUNTED - 1) if lane.waiting else "",
        oldest=f"oldest {_span(lane.oldest)}" if lane.waiting else "nothing waits",
        workers=_running(lane.workers),
        advice=_advice(lane.name, lane.pace),
    )


def _upkeep(found: Vitals) -> LaneRow:
    label, does = _LANES["upkeep"]
    tone, verdict = _PACES[found.sweeps]
    ago = "not yet" if found.swept is None else f"{_span(found.swept)} ago"
    return LaneRow(
        name="upkeep",
        label=label,
        does=does,
        tone=tone,
        verdict=verdict,
        waiting="",
        oldest=f"last round {ago}",
        workers=_running(found.upkeep_workers),
        advice=_advice("upkeep", found.sweeps),
    )


def _advice(name: Lane, pace: Pace) -> str:
    if pace == "ok":
        return ""
    return (_STOPPED if pace == "stopped" else _LATE if name == "upkeep" else _SLOW).format(name)


def _running(workers: int) -> str:
    return {0: "no worker", 1: "1 worker"}.get(workers, f"{workers} workers")


def _span(seconds: float) -> str:
    """12 s, 5 min, 2 h 05 m."""
    return f"{seconds:.0f} s" if seconds < 60 else labels.left(timedelta(seconds=seconds))


def _and(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


# ---- one's own workspace


def _unconfirmed(
    session: Session, actor: Actor, moment: datetime, zone: ZoneInfo
) -> Iterator[Unconfirmed]:
    shown: list[Any] = [
        *(Message.id, Message.text, Message.kind, Message.created_at),
        *(Conversation.id, Conversation.title),
    ]
    query = (
        sa.select(*shown)
        .join(Conversation, col(Conversation.id) == col(Message.conversation_id))
        .where(col(Message.workspace_id) == actor.workspace_id, _UNKNOWN)
        .order_by(col(Message.id).desc())
        .limit(MOST_LISTED)
    )
    for number, words, kind, at, conversation_id, title in _all(session, query):
        said = words or f"({kind.replace('_', ' ')})"
        when = labels.moment(at, moment, zone)
        yield Unconfirmed(number, conversation_id, title, said, when)


def _unconfirmed_count(session: Session, actor: Actor) -> str:
    mine = select(Message.id).where(Message.workspace_id == actor.workspace_id, _UNKNOWN)
    return webhook_words.bounded(lanes.counted(session, mine, MOST_COUNTED + 1), MOST_COUNTED)


def _numbers(session: Session, actor: Actor, moment: datetime) -> Iterator[Number]:
    shown: list[Any] = [
        *(WhatsAppConnection.id, WhatsAppConnection.display_phone_number),
        *(Channel.name, Channel.assistant_id),
        *(WhatsAppConnection.status, WhatsAppConnection.last_event_at),
    ]
    query = (
        sa.select(*shown)
        .join(Channel, col(Channel.id) == col(WhatsAppConnection.channel_id))
        .where(col(WhatsAppConnection.workspace_id) == actor.workspace_id)
        .order_by(col(WhatsAppConnection.id))
    )
    for number, display, name, assistant_id, status, heard_at in _all(session, query):
        heard = f"last heard {labels.ago(moment - heard_at)}" if heard_at else "never heard from"
        tone, state = _CONNECTIONS[status]
        yield Number(number, display, name, assistant_id, tone, state, heard)


def _all(session: Any, query: Any) -> list[Any]:
    return list(session.exec(query).all())


# ---- the installation


def _facts(session: Session, found: Vitals) -> Iterator[tuple[str, str]]:
    kind, octets = _database(session)
    yield "Version", VERSION
    yield "Database", f"{kind}, {webhook_words.size(octets)}"
    yield "Queue server", _queue_server() if found.redis else "does not answer"
    heard = found.last_event_at
    ago = labels.ago(found.at - heard) if heard else "none yet"
    yield "Last delivery from Meta, for any number", ago


def _database(session: Session) -> tuple[str, int]:
    if session.get_bind().dialect.name == "postgresql":
        size = session.scalar(select(func.pg_database_size(func.current_database())))
        return "PostgreSQL", int(size or 0)
    pages, octets = (session.scalar(text(f"PRAGMA page_{of}")) for of in ("count", "size"))
    return "SQLite", pages * octets


def _queue_server() -> str:
    store: Any = jobs.redis()
    try:
        info = store.info("memory")
    except RedisError:
        return "does not answer"
    return f"answers, {webhook_words.size(info['used_memory'])} in use"


# ---- words


_PACES = {"ok": ("jade", "Works"), "slow": ("amber", "Late"), "stopped": ("red", "Stopped")}
_CONNECTIONS = {
    ConnectionStatus.CONNECTED: ("jade", "Connected"),
    ConnectionStatus.ISSUE: ("amber", "Needs attention"),
    ConnectionStatus.DISCONNECTED: ("gray", "Disconnected"),
}
_LANES: dict[Lane, tuple[str, str]] = {
    "inbound": (
        "Incoming messages",
        "What customers write and what Meta reports, applied in the order in which it came.",
    ),
    "replies": ("The assistant's answers", "Conversations that wait for the assistant."),
    "outbox": ("Outgoing messages", "Answers, replies and templates on their way to WhatsApp."),
    "media": ("Pictures and files", "Fetched from WhatsApp, and given to it."),
    "upkeep": (
        "Housekeeping",
        "Looks after all the others every ten seconds, and checks numbers and templates.",
    ),
}
_STOPPED = (
    "Nobody does this work at the moment. Nothing is lost, it waits. Ask whoever runs the server "
    "to start the worker “{}” again."
)
_SLOW = (
    "This waits longer than it should. A rush goes by on its own. If it is not better after some "
    "minutes, ask whoever runs the server to read the log of the worker “{}”, or to start a second "
    "one."
)
_LATE = (
    "The rounds are late, so timers and checks are as well. If this stays for some minutes, ask "
    "whoever runs the server to read the logs of the workers “{}” and “cron”."
)
_NO_QUEUE = (
    "Messages from customers are still stored, and nothing is lost, but nobody is told to work on "
    "them. Ask whoever runs the server to start Redis again."
)
