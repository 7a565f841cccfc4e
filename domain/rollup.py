"""Counts per channel and day, changed in the transaction that changes the messages.

A message counts in the day it was made, in the workspace's time zone; so does every later status.
What it counts as stands in domain.counted.

The counts are gathered and written last, in one order: a row that every message of a day touches
must not stay locked while its holder waits for a conversation.
"""

from collections import Counter
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlmodel import Session, select

from domain import conversation_days, counted, tallies
from domain.counted import Entry
from domain.tallies import Cell, Place
from illumichat_app import db
from illumichat_app.clock import now
from models import Conversation, ConversationEvent, Counted, Message, MessageStatus, Workspace


def day_of(session: Session, workspace_id: int, moment: datetime) -> date:
    """The workspace's calendar day of a moment."""
    return _local(session, workspace_id, moment).date()


def hour_of(session: Session, workspace_id: int, moment: datetime) -> int:
    """The hour of the workspace's clock at a moment."""
    return _local(session, workspace_id, moment).hour


def _local(session: Session, workspace_id: int, moment: datetime) -> datetime:
    zones: dict[int, ZoneInfo] = session.info.setdefault("zones", {})
    if workspace_id not in zones:
        zones[workspace_id] = ZoneInfo(session.get_one(Workspace, workspace_id).time_zone)
    return moment.astimezone(zones[workspace_id])


# ---- what happened


def added(session: Session, message: Message) -> None:
    """Count a message that was really inserted."""
    _move(session, message, counted.counts(counted.said(message)))


def status_changed(session: Session, message: Message, before: MessageStatus) -> None:
    """Move the counts from one status to the next."""
    moved = counted.counts(counted.said(message))
    moved.subtract(counted.counts(counted.said(message, before)))
    _move(session, message, moved)


@contextmanager
def recounted(session: Session, message: Message) -> Generator[None]:
    """Around a change of a message's id at Meta or of its error: a failed one counts by them."""
    before = counted.counts(counted.said(message))
    yield
    moved = counted.counts(counted.said(message))
    moved.subtract(before)
    _move(session, message, moved)


def handed_over(session: Session, conversation: Conversation) -> None:
    """The assistant asked for a person."""
    day = day_of(session, conversation.workspace_id, now())
    place = Place(conversation.workspace_id, conversation.channel_id, day, conversation.id)
    _add(session, Counter({Cell(place, Entry("conversation", "hand_overs")): 1}))


def began(session: Session, conversation: Conversation) -> None:
    """A customer's first word on this channel."""
    _add(session, Counter({_new(session, conversation): 1}))


def merged(session: Session, kept: Conversation, lost: Conversation) -> None:
    """Two conversations were one person's: what `lost` did in a day, `kept` did."""
    _add(session, Counter({_new(session, lost): -1}))
    merges: list[tuple[int, int]] = session.info.get("merges", [])
    session.info["merges"] = [*merges, (lost.id, kept.id)]


def erased(session: Session, conversation: Conversation, messages: Iterable[Message]) -> None:
    """As if a conversation had never been, for its days that can still be counted anew."""
    counted_from = session.get_one(Workspace, conversation.workspace_id).messages_gone_before
    first = counted_from or date.min
    for message in messages:
        if message.day >= first:
            gone: Counter[Entry] = Counter()
            gone.subtract(counted.counts(counted.said(message)))
            _move(session, message, gone)
    cells = [_new(session, conversation), *_hand_overs(session, conversation)]
    _add(
        session,
        Counter({cell: -n for cell, n in Counter(cells).items() if cell.place.day >= first}),
    )


def _hand_overs(session: Session, conversation: Conversation) -> list[Cell]:
    found = select(ConversationEvent.created_at).where(
        ConversationEvent.conversation_id == conversation.id,
        ConversationEvent.kind == "handed_over",
    )
    days = [day_of(session, conversation.workspace_id, at) for at in session.exec(found)]
    where = conversation.workspace_id, conversation.channel_id
    entry = Entry("conversation", "hand_overs")
    return [Cell(Place(*where, day, conversation.id), entry) for day in days]


def _new(session: Session, conversation: Conversation) -> Cell:
    day = day_of(session, conversation.workspace_id, conversation.created_at)
    place = Place(conversation.workspace_id, conversation.channel_id, day)
    return Cell(place, Entry("part", Counted.NEW))


@contextmanager
def undone_on_error(session: Session) -> Generator[None]:
    """Around a savepoint: what is counted inside goes with it when it is rolled back."""
    before: Counter[Cell] = Counter(session.info.get("counts", Counter[Cell]()))
    merges: list[tuple[int, int]] = session.info.get("merges", [])
    try:
        yield
    except Exception:
        session.info["counts"], session.info["merges"] = before, merges
        raise


# ---- gathered, and written at the end


def _move(session: Session, message: Message, moved: Counter[Entry]) -> None:
    day = (message.workspace_id, message.channel_id, message.day)
    places = {True: Place(*day, message.conversation_id), False: Place(*day)}
    cells = {
        Cell(places[entry.table == "conversation"], entry): number
        for entry, number in moved.items()
        if number
    }
    if cells:
        _add(session, Counter(cells))


def _add(session: Session, cells: Counter[Cell]) -> None:
    counts: Counter[Cell] = session.info.setdefault("counts", Counter())
    for cell, number in cells.items():
        counts[cell] += number
    db.at_the_end(session, _write)


def _write(session: Session) -> None:
    counts: Counter[Cell] = session.info.pop("counts", Counter())
    merges: list[tuple[int, int]] = session.info.pop("merges", [])
    counts.update(conversation_days.write(session, counts, merges))
    tallies.write(session, counts)
