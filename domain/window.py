"""The 24-hour customer service window (Meta: send messages, customer service windows).

It opens with the customer's last message or call, counted from Meta's timestamp of it, never from
when we received it. Inside it free-form messages may be sent; outside it only approved templates.
"""

from datetime import datetime, timedelta

from illumichat_app.errors import WindowClosed
from models import Conversation

LENGTH = timedelta(hours=24)
REFUSED_BY_META = 131047  # Meta: error codes, re-engagement message


def opened_by(conversation: Conversation, sent_at: datetime) -> None:
    """A customer's message or call of this moment opens or extends the window."""
    ends = sent_at + LENGTH
    if conversation.window_ends_at is None or ends > conversation.window_ends_at:
        conversation.window_ends_at = ends


def is_open(conversation: Conversation, now: datetime) -> bool:
    return conversation.window_ends_at is not None and now < conversation.window_ends_at


def require_open(conversation: Conversation, now: datetime) -> None:
    """Raises WindowClosed, with what can be done instead."""
    if not is_open(conversation, now):
        raise WindowClosed(
            "The 24-hour window is closed, so WhatsApp would refuse this message. "
            "Send an approved template, or wait until the customer writes again."
        )


def closed_by_meta(conversation: Conversation, at: datetime) -> None:
    """Meta refused with 131047 at this moment: whatever we counted, the window was closed.

    A refusal that is told late does not close what the customer has opened since.
    """
    ends = conversation.window_ends_at
    if ends is not None and ends - LENGTH <= at < ends:
        conversation.window_ends_at = at
