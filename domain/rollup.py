"""Counts per channel and day, changed in the transaction that changes the messages.

A message counts in the day it was made, in the workspace's time zone; so does every later status.

The counts are gathered and written last, in one order: a row that every message of a day touches
must not stay locked while its holder waits for a conversation.
"""

from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlmodel import Session

from illumichat_app import db
from illumichat_app.clock import now
from models import Author, Direction, Message, MessageDaily, MessageStatus, Workspace

_COLUMNS = (
    "inbound",
    "by_assistant",
    "by_agents",
    "by_template",
    "accepted",
    "delivered",
    "read",
    "failed",
)

_ACCEPTED = {
    MessageStatus.ACCEPTED,
    MessageStatus.SENT,
    MessageStatus.DELIVERED,
    MessageStatus.READ,
    MessageStatus.PLAYED,
}
_DELIVERED = {MessageStatus.DELIVERED, MessageStatus.READ, MessageStatus.PLAYED}
_READ = {MessageStatus.READ, MessageStatus.PLAYED}


def day_of(session: Session, workspace_id: int, moment: datetime) -> date:
    """The workspace's calendar day of a moment."""
    workspace = session.get_one(Workspace, workspace_id)
    return moment.astimezone(ZoneInfo(workspace.time_zone)).date()


def added(session: Session, message: Message) -> None:
    """Count a message that was really inserted."""
    if message.direction is Direction.IN:
        _add(session, message, {"inbound": 1})
    elif message.direction is Direction.OUT:
        _add(session, message, {_author_column(message): 1} | _progress(message.status, 1))


def status_changed(session: Session, message: Message, before: MessageStatus) -> None:
    """Move the counts from one status to the next. Read implies delivered implies accepted.

    A reaction is no message, so nothing counts it.
    """
    if message.kind == "reaction":
        return
    delta = _progress(message.status, 1)
    for column, number in _progress(before, -1).items():
        delta[column] = delta.get(column, 0) + number
    if message.status is MessageStatus.CANCELLED:  # nobody said it after all
        delta[_author_column(message)] = -1
    if any(delta.values()):
        _add(session, message, delta)


def _author_column(message: Message) -> str:
    if message.kind == "template":
        return "by_template"
    return "by_assistant" if message.author is Author.ASSISTANT else "by_agents"


def _progress(status: MessageStatus, sign: int) -> dict[str, int]:
    reached = {
        "accepted": status in _ACCEPTED,
        "delivered": status in _DELIVERED,
        "read": status in _READ,
        "failed": status is MessageStatus.FAILED,
    }
    return {column: sign for column, yes in reached.items() if yes}


_Key = tuple[int, int, date]
_Cell = tuple[int, int, date, str]


@contextmanager
def undone_on_error(session: Session) -> Generator[None]:
    """Around a savepoint: what is counted inside goes with it when it is rolled back."""
    before: Counter[_Cell] = Counter(session.info.get("counts", Counter[_Cell]()))
    try:
        yield
    except Exception:
        session.info["counts"] = before
        raise


def _add(session: Session, message: Message, delta: dict[str, int]) -> None:
    counts: Counter[_Cell] = session.info.setdefault("counts", Counter())
    for column, number in delta.items():
        counts[message.workspace_id, message.channel_id, message.day, column] += number
    db.at_the_end(session, _write)


def _write(session: Session) -> None:
    days: dict[_Key, dict[str, int]] = {}
    counts: Counter[_Cell] = session.info.pop("counts", Counter())
    for (workspace_id, channel_id, day, column), number in counts.items():
        days.setdefault((workspace_id, channel_id, day), {})[column] = number
    for key in sorted(days):
        _write_day(session, key, days[key])


def _write_day(session: Session, key: _Key, delta: dict[str, int]) -> None:
    names = ("workspace_id", "channel_id", "day")
    new = db.insert_into(session.get_bind().dialect.name, MessageDaily).values(
        dict(zip(names, key, strict=True))
        | dict.fromkeys(_COLUMNS, 0)
        | delta
        | {"created_at": now()}
    )
    counted = {name: new.table.c[name] + number for name, number in delta.items()}
    session.exec(new.on_conflict_do_update(index_elements=names, set_=counted))
