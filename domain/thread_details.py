"""The facts of one conversation in words: the thread's header and the pane beside it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from domain import composer, labels, thread_lines
from domain.access import Actor
from domain.inbox import who_answers, window_left
from illumichat_app.clock import now
from models import (
    Assistant,
    AssistantTrace,
    Channel,
    Contact,
    Conversation,
    CustomerIdentity,
    State,
    User,
    WhatsAppConnection,
    Workspace,
)


@dataclass(frozen=True)
class Header:
    id: int = 0
    title: str = ""
    first_name: str = ""
    initials: str = ""
    face: int = 0
    subtitle: str = ""
    window: str = ""
    window_label: str = ""
    window_level: str = ""
    window_percent: int = 0
    state: str = ""
    who: str = ""
    who_tone: str = "gray"
    can_take_over: bool = False
    can_resume: bool = False
    can_close: bool = False
    can_reopen: bool = False


@dataclass(frozen=True)
class Details:
    since: str = ""
    facts: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    who_sentence: str = ""
    window_sentence: str = ""
    trace: str = ""


class Facts(NamedTuple):
    """The rows behind one conversation."""

    conversation: Conversation
    workspace: Workspace
    channel: Channel
    connection: WhatsAppConnection | None
    identity: CustomerIdentity
    contact: Contact | None
    holder: User | None
    assistant: Assistant
    unread: int


def header(actor: Actor, facts: Facts) -> Header:
    conversation, moment = facts.conversation, now()
    state = conversation.state
    level, label, percent = window_left(conversation, moment)
    title = conversation.title or facts.identity.title
    who, tone = who_answers(actor, conversation, facts.holder.name if facts.holder else None)
    by_other = state is State.HUMAN and conversation.claimed_by not in (None, actor.user_id)
    return Header(
        id=conversation.id,
        title=title,
        first_name=labels.first_name(title),
        initials=labels.initials(title),
        face=conversation.identity_id,
        subtitle=f"{_reached_at(facts)} · {facts.channel.name} on WhatsApp",
        window=label,
        window_label=f"{label} left" if percent else "Window closed",
        window_level=level,
        window_percent=percent,
        state=state.value,
        who="Human" if state is State.HUMAN and not by_other else who,
        who_tone=tone,
        can_take_over=state in (State.ASSISTANT, State.NEEDS_HUMAN)
        or (state is State.HUMAN and conversation.claimed_by is None),
        can_resume=state in (State.NEEDS_HUMAN, State.HUMAN),
        can_close=state is not State.CLOSED,
        can_reopen=state is State.CLOSED,
    )


def _reached_at(facts: Facts) -> str:
    identity = facts.identity
    if identity.wa_id:
        return labels.phone(identity.wa_id)
    return f"@{identity.username}" if identity.username else "Number hidden"


def details(session: Session, facts: Facts, tz: ZoneInfo) -> Details:
    conversation = facts.conversation
    return Details(
        since=f"Customer since {conversation.created_at.astimezone(tz):%b %Y}",
        facts=_contact_facts(facts),
        who_sentence=composer.who_sentence(
            conversation,
            facts.holder,
            facts.assistant.name,
            now(),
            tz,
            channel_ai=facts.channel.ai_replies,
        ),
        window_sentence=composer.window_sentence(conversation, now(), tz),
        trace=_last_trace(session, conversation),
    )


def _contact_facts(facts: Facts) -> list[tuple[str, str]]:
    identity, contact = facts.identity, facts.contact
    known = [
        ("Phone", labels.phone(identity.wa_id) or "Hidden by the customer"),
        ("Username", f"@{identity.username}" if identity.username else ""),
        ("Contact", (contact.name or "Matched ✓") if contact else "Not matched"),
        ("E-mail", (contact.email or "") if contact else ""),
        ("Channel", facts.channel.name),
        ("Claimed by", facts.holder.name if facts.holder else "Nobody"),
    ]
    return [(name, value) for name, value in known if value]


def _last_trace(session: Session, conversation: Conversation) -> str:
    trace = session.exec(
        select(AssistantTrace)
        .where(AssistantTrace.conversation_id == conversation.id)
        .order_by(col(AssistantTrace.id).desc())
        .limit(1)
    ).first()
    return thread_lines.trace_words(trace) if trace else ""


def changes_at(conversation: Conversation) -> datetime:
    """When the countdown shows its next minute, or the window or the pause ends."""
    moment = now()
    candidates = [moment + labels.MINUTE]
    if (ends := conversation.window_ends_at) and ends > moment:
        candidates.append(moment + (ends - moment) % labels.MINUTE)
        candidates.append(ends)
    if (resumes := conversation.ai_resumes_at) and resumes > moment:
        candidates.append(resumes)
    return min(at for at in candidates if at > moment)
