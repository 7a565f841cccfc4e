"""What was said in a conversation, as a model reads it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any, NamedTuple, cast

from sqlalchemy import ColumnElement, bindparam, literal
from sqlalchemy.orm import aliased
from sqlmodel import Session, and_, col, func, select

from domain.conversations import Verb
from integrations.llm import Speaker, Turn
from integrations.whatsapp.wording import describe
from models import (
    NEVER_SENT,
    Author,
    Conversation,
    ConversationEvent,
    Direction,
    Message,
)
from models.columns import BigId

LENGTH = 30  # messages: more would cost tokens and seldom changes an answer
MESSAGE_UNAVAILABLE = 131060  # Meta: error codes; the message's content is lost for good

_WORDS_ONLY = frozenset({"text", "interactive", "button", "template"})
_NOTHING_TO_SAY = frozenset({"system", "unsupported", "reaction"})
_NOT_SAID = ("system", "reaction")
_SPEAKERS = {
    Author.CUSTOMER: Speaker.CUSTOMER,
    Author.ASSISTANT: Speaker.ASSISTANT,
    Author.AGENT: Speaker.HUMAN,
    Author.SYSTEM: Speaker.ASSISTANT,
}
_EVENTS = {
    Verb.TAKE_OVER.value: "A colleague of the company took over here.",
    Verb.RESUME.value: "The colleague's part has ended; the assistant answers again from here on.",
    Verb.UNDO.value: "The colleague's part has ended; the assistant answers again from here on.",
    Verb.WRITE_AGAIN.value: "The conversation was closed; the assistant answers from here on.",
}


class Line(NamedTuple):
    """A message, as far as a model reads it."""

    id: int
    conversation_id: int
    direction: Direction
    author: Author
    kind: str
    text: str
    content: dict[str, Any]
    sent_at: datetime
    wamid: str | None
    deleted_at: datetime | None


@dataclass(frozen=True, slots=True)
class Transcript:
    """The last turns, and which of the customer's messages nobody has answered yet."""

    turns: list[Turn]
    unanswered: list[Line]

    @property
    def answerable(self) -> bool:
        return any(line.kind not in _NOTHING_TO_SAY for line in self.unanswered)

    @property
    def lost_message(self) -> bool:
        """Meta could not deliver what the customer wrote: only they can repeat it."""
        return any(MESSAGE_UNAVAILABLE in _error_codes(line) for line in self.unanswered)

    @property
    def waits(self) -> bool:
        """Whether the customer waits for words of ours."""
        return bool(self.unanswered) and (self.answerable or self.lost_message)

    @property
    def last_words(self) -> str:
        """Before those that nobody has answered."""
        answered = self.turns[: len(self.turns) - len(self.unanswered)]
        return answered[-1].text if answered else ""

    @property
    def query(self) -> str:
        """The unanswered words, to search the knowledge with."""
        return "\n".join(line.text for line in self.unanswered if line.text)


def read(session: Session, conversation: Conversation) -> Transcript:
    """The last messages in Meta's order: edits applied, deleted ones and notes left out.

    Unanswered messages come last even if Meta delivered them late: they are what is asked.
    """
    return read_all(session, [conversation])[conversation.id]


def read_all(session: Session, conversations: Sequence[Conversation]) -> dict[int, Transcript]:
    """The same of many conversations, in as many statements."""
    if not conversations:
        return {}
    of = [conversation.id for conversation in conversations]
    lines = _last_lines(session, of)
    since = {
        each.id: lines[each.id][0].sent_at if each.id in lines else each.created_at
        for each in conversations
    }
    events = _turning_points(session, since)
    return {number: _transcript(lines.get(number, []), events.get(number, [])) for number in of}


Entry = tuple[datetime, Turn]


def _transcript(lines: list[Line], events: list[Entry]) -> Transcript:
    # By arrival, not by Meta's time: a message that came late is still unanswered.
    answered_up_to = max((line.id for line in lines if _is_answer(line)), default=0)
    shown = [line for line in lines if line.deleted_at is None]
    unanswered = [line for line in shown if _is_in(line) and line.id > answered_up_to]
    told = [line for line in shown if not _is_in(line) or line.id <= answered_up_to]
    # Events first: a reply and the take-over that it is may be of the same moment.
    entries = [*events, *((line.sent_at, _turn(line)) for line in told)]
    before = [turn for _, turn in sorted(entries, key=itemgetter(0))]
    turns = [*before, *map(_turn, unanswered)]
    return Transcript([turn for turn in turns if turn.text or turn.attachment], unanswered)


def _is_in(line: Line) -> bool:
    return line.direction is Direction.IN


def _is_answer(line: Line) -> bool:
    return line.direction is Direction.OUT and line.author in (Author.ASSISTANT, Author.AGENT)


def _turn(line: Line) -> Turn:
    attachment = ""
    if line.kind not in _WORDS_ONLY:
        attachment = describe(line.kind, None, line.content)
    return Turn(_SPEAKERS[line.author], line.text, attachment)


def _last_lines(session: Session, conversation_ids: list[int]) -> dict[int, list[Line]]:
    """Of each, oldest first; those without any are left out."""
    found: dict[int, list[Line]] = {}
    asked = {"conversations": conversation_ids}
    for row in cast(Any, session.exec(_LAST, params=asked)):
        found.setdefault(row.conversation_id, []).append(Line(*row))
    # Several may be of the moment of the oldest one.
    return {
        number: sorted(lines, key=lambda line: (line.sent_at, line.id))[-LENGTH:]
        for number, lines in found.items()
    }


def _turning_points(session: Session, since: dict[int, datetime]) -> dict[int, list[Entry]]:
    """Where a person's part began and where it ended, in each from its moment on."""
    found: dict[int, list[Entry]] = {}
    asked = {"conversations": list(since), "since": min(since.values())}
    for number, at, kind in session.exec(_TURNING_POINTS, params=asked):
        if at >= since[number]:
            found.setdefault(number, []).append((at, Turn(Speaker.EVENT, _EVENTS[kind])))
    return found


# Built once: naming the columns takes longer than reading the rows.
_CONVERSATIONS = bindparam("conversations", expanding=True, type_=BigId)


def _is_said(message: type[Message]) -> ColumnElement[bool]:
    return and_(
        col(message.direction) != Direction.NOTE,
        col(message.status).not_in(NEVER_SENT),  # the customer never saw it
        col(message.kind).not_in(_NOT_SAID),
    )


def _oldest_told() -> ColumnElement[datetime]:
    """The moment of the last but so many of a conversation, by its index alone on any database."""
    earlier = aliased(Message)
    return (
        select(earlier.sent_at)
        .where(earlier.conversation_id == Conversation.id, _is_said(earlier))
        .order_by(col(earlier.sent_at).desc(), col(earlier.id).desc())
        .offset(LENGTH - 1)
        .limit(1)
        .correlate(Conversation)
        .scalar_subquery()
    )


_EVER = literal(datetime.min.replace(tzinfo=UTC))
_LINES: Any = cast(Any, select)(*(getattr(Message, name) for name in Line._fields))
_LAST = _LINES.join(Conversation, col(Conversation.id) == Message.conversation_id).where(
    col(Conversation.id).in_(_CONVERSATIONS),
    _is_said(Message),
    col(Message.sent_at) >= func.coalesce(_oldest_told(), _EVER),
)
_TURNING_POINTS = select(
    ConversationEvent.conversation_id, ConversationEvent.created_at, ConversationEvent.kind
).where(
    col(ConversationEvent.conversation_id).in_(_CONVERSATIONS),
    col(ConversationEvent.kind).in_(_EVENTS),
    col(ConversationEvent.created_at) >= bindparam("since"),
)


def _error_codes(line: Line) -> list[object]:
    """Meta's `errors` of an unsupported message, which are kept with its content."""
    errors = cast(list[dict[str, Any]], line.content.get("errors") or [])
    return [error.get("code") for error in errors]
