"""How long customers wait for an answer, kept on the conversation and on the message that answers.

A wait begins with the first message that nobody has answered, by Meta's time, and ends with the
next message of ours. When the assistant asks for a person, the wait for that person begins.
"""

from bisect import bisect_left
from datetime import datetime, timedelta

from models import Conversation, Message

MINUTE, HOUR, DAY = 60, 3600, 86_400

# Waits are counted by the smallest of these that is not shorter, in seconds.
STEPS = (
    *(1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50),
    *(MINUTE * each for each in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50)),
    *(HOUR * each for each in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 12, 15, 18, 21)),
    *(DAY * each for each in (1, 1.5, 2, 3, 4, 5, 6, 7)),
)
_UNITS = ((DAY, "d"), (HOUR, "h"), (MINUTE, "min"), (1, "s"))


def asked(conversation: Conversation, at: datetime) -> None:
    """The customer wrote, or a person was asked for; an earlier wait goes on."""
    since = conversation.waiting_since
    conversation.waiting_since = min(since, at) if since else at


def answered(conversation: Conversation, message: Message) -> None:
    """This message ends the wait."""
    if since := conversation.waiting_since:
        message.waited = max(0, round((message.sent_at - since).total_seconds()))
        conversation.waiting_since = None


def goes_on(conversation: Conversation, message: Message) -> None:
    """The answer did not go out: the customer still waits."""
    asked(conversation, message.sent_at - timedelta(seconds=message.waited or 0))


def over(conversation: Conversation) -> None:
    """Nothing is left to answer."""
    conversation.waiting_since = None


def step(seconds: int) -> int:
    """The step that a wait counts in; the longest one holds all that are longer."""
    return int(STEPS[min(bisect_left(STEPS, seconds), len(STEPS) - 1)])


def within(counts: dict[int, int], share: float) -> int | None:
    """The step within which this share of the waits ended; None without any."""
    wanted, seen = sum(counts.values()) * share, 0
    for seconds in sorted(counts):
        seen += counts[seconds]
        if seen >= wanted and seen:
            return seconds
    return None


def in_words(seconds: int) -> str:
    """12 s, 1.5 min, 4 h, 2 d."""
    size, unit = next(each for each in _UNITS if seconds >= each[0] or each[0] == 1)
    return f"{seconds / size:g}\N{NO-BREAK SPACE}{unit}"
