"""Counts per channel and day, changed in the transaction that changes the messages.

A message counts in the day it was made, in the workspace's time zone; so does every later status.
"""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlmodel import Session

from illumichat_app import db
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
    """Move the counts from one status to the next. Read implies delivered implies accepted."""
    delta = _progress(message.status, 1)
    for column, number in _progress(before, -1).items():
        delta[column] = delta.get(column, 0) + number
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


def _add(session: Session, message: Message, delta: dict[str, int]) -> None:
    key = {
        "workspace_id": message.workspace_id,
        "channel_id": message.channel_id,
        "day": message.day,
    }
    new = db.insert_into(session.get_bind().dialect.name, MessageDaily).values(
        key | dict.fromkeys(_COLUMNS, 0) | delta | {"created_at": message.created_at}
    )
    counted = {name: new.table.c[name] + number for name, number in delta.items()}
    session.exec(new.on_conflict_do_update(index_elements=list(key), set_=counted))
