"""What a backup must not bring back: work that may have been done since it was made.

Between a backup and its restoring the product went on. Whatever it was about to say then, it may
have said; so from before the backup the machine says nothing any more, and a person decides.
"""

from datetime import datetime

from sqlmodel import Session, col, or_, select, update

from domain import conversations, deliveries, messages, outbox
from domain.conversations import HandOver
from illumichat_app.clock import now
from models import (
    AttemptOutcome,
    Conversation,
    Invitation,
    LoginSession,
    Media,
    Message,
    MessageStatus,
    SendAttempt,
    State,
)

AT_ONCE = 500


def apply_stored(session: Session) -> bool:
    """Some of the deliveries that were stored and not applied; False when there are no more.

    Before `settle`: the customers in them may have had their answer.
    """
    return deliveries.drain(session) > 0


def settle(session: Session, made_at: datetime) -> bool:
    """Some of what was under way when the backup was made; False when there is no more."""
    return any((_unsent(session, made_at), _unanswered(session)))


def _unsent(session: Session, made_at: datetime) -> int:
    """Nobody knows whether these went out: the same as after a call whose answer was lost."""
    waiting = col(Message.status).in_(outbox.WAITING)
    rows = session.exec(select(Message).where(waiting).limit(AT_ONCE)).all()
    for message in rows:
        message.next_attempt_at = message.lease_until = None
        message.error = (
            f"It was on its way when the backup of {made_at:%d %b %Y %H:%M} UTC was made, which "
            "was restored. It may or may not have gone out since."
        )
        messages.moved_on(session, message, MessageStatus.UNKNOWN)
    session.exec(
        update(SendAttempt)
        .where(
            col(SendAttempt.message_id).in_([message.id for message in rows]),
            col(SendAttempt.outcome) == AttemptOutcome.STARTED,
        )
        .values(outcome=AttemptOutcome.UNKNOWN, finished_at=now())
    )
    return len(rows)


def _unanswered(session: Session) -> int:
    """The customer may have been answered: a person looks. A pause that ran does not end alone."""
    waiting = or_(col(Conversation.needs_reply), col(Conversation.ai_resumes_at).is_not(None))
    rows = session.exec(select(Conversation).where(waiting).limit(AT_ONCE)).all()
    for conversation in rows:
        if conversation.ai_resumes_at:
            conversation.ai_resumes_at = None
            conversations.record(session, conversation, "restored")
        if conversation.needs_reply and conversation.state is State.ASSISTANT:
            conversations.hand_over(session, conversation, HandOver.RESTORED)
        conversation.needs_reply, conversation.reply_due_at = False, None
        conversation.reply_lease_until = None
    return len(rows)


def let_go(session: Session) -> None:
    """Leases of workers that are gone; sign-ins and links, some of which were ended since."""
    session.exec(update(Media).values(lease_until=None))
    session.exec(
        update(LoginSession).where(col(LoginSession.revoked_at).is_(None)).values(revoked_at=now())
    )
    session.exec(
        update(Invitation)
        .where(col(Invitation.accepted_at).is_(None), col(Invitation.expires_at) > now())
        .values(expires_at=now())
    )
