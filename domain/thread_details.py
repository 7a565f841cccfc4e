"""The facts of one conversation in words: the thread's header and the pane beside it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlmodel import Session

from domain import auto_resume, composer, contact_list, labels, trace_reasons
from domain.access import Actor
from domain.inbox_rows import who_answers, window_left
from illumichat_app.clock import now
from models import (
    Assistant,
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
    held_by: str = ""  # " from Sam", where a colleague holds it
    can_take_over: bool = False
    can_claim: bool = False
    can_release: bool = False
    can_resume: bool = False
    can_close: bool = False
    can_reopen: bool = False


@dataclass(frozen=True)
class Details:
    since: str = ""
    facts: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    contact: int = 0  # 0: not matched
    contact_name: str = ""
    holder: str = ""
    holder_initials: str = ""
    holder_face: int = 0
    held_since: str = ""
    who_sentence: str = ""
    resumes: str = ""  # the countdown of the pause
    can_pause: bool = False
    timer_runs: bool = False
    timer: int = -1  # the minutes the pause was set to, 0 for never, -1 for another length
    ai_on: bool = True
    ai_note: str = ""  # why the switch alone does not let the assistant speak
    window_sentence: str = ""
    trace: str = ""
    silence: str = ""
    passages: list[str] = field(default_factory=list[str])
    past: str = ""  # changes when the list of earlier conversations does


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
    """The line above the thread; which buttons it has is decided here."""
    conversation = facts.conversation
    level, label, percent = window_left(conversation, now())
    title = conversation.title or facts.identity.title
    who, tone = who_answers(actor, conversation, facts.holder.name if facts.holder else None)
    by_other = conversation.claimed_by not in (None, actor.user_id)
    human = conversation.state is State.HUMAN
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
        state=conversation.state.value,
        who="Human" if human and not by_other else who,
        who_tone=tone,
        held_by=f" from {_holder(facts)}" if by_other else "",
        **_possible(actor, conversation),
    )


def _possible(actor: Actor, conversation: Conversation) -> dict[str, bool]:
    """A person's conversation that nobody holds is claimed; from anybody else it is taken over."""
    state, holder = conversation.state, conversation.claimed_by
    is_open = state is not State.CLOSED
    by_other = holder not in (None, actor.user_id)
    return {
        "can_claim": is_open and holder is None,
        "can_release": is_open and holder == actor.user_id,
        "can_take_over": is_open and (state is not State.HUMAN or by_other),
        "can_resume": state in (State.NEEDS_HUMAN, State.HUMAN),
        "can_close": is_open,
        "can_reopen": not is_open,
    }


def _holder(facts: Facts) -> str:
    return labels.first_name(facts.holder.name) if facts.holder else "a colleague"


def _reached_at(facts: Facts) -> str:
    identity = facts.identity
    if identity.wa_id:
        return labels.phone(identity.wa_id)
    return f"@{identity.username}" if identity.username else "Number hidden"


def details(session: Session, facts: Facts, tz: ZoneInfo) -> Details:
    """The pane beside the thread."""
    conversation, moment = facts.conversation, now()
    why = trace_reasons.last(session, conversation)
    return Details(
        since=f"Customer since {conversation.created_at.astimezone(tz):%b %Y}",
        facts=_contact_facts(facts),
        contact=facts.contact.id if facts.contact else 0,
        contact_name=contact_list.title_of(facts.contact) if facts.contact else "",
        who_sentence=composer.who_sentence(
            conversation,
            facts.holder,
            facts.assistant.name,
            moment,
            tz,
            channel_ai=facts.channel.ai_replies,
        ),
        window_sentence=composer.window_sentence(conversation, moment, tz),
        trace=why.figures,
        silence=why.silence,
        passages=why.passages,
        past=f"{conversation.id} {conversation.state is State.CLOSED} {conversation.contact_id}",
        **_held(facts, moment, tz),
        **_pause(session, facts, moment),
    )


def _held(facts: Facts, moment: datetime, tz: ZoneInfo) -> dict[str, Any]:
    if facts.holder is None:
        return {}
    since = facts.conversation.claimed_at
    return {
        "holder": facts.holder.name,
        "holder_initials": labels.initials(facts.holder.name),
        "holder_face": facts.holder.id,
        "held_since": f"since {labels.moment(since, moment, tz)}" if since else "",
    }


def _pause(session: Session, facts: Facts, moment: datetime) -> dict[str, Any]:
    """The timer and the switch."""
    conversation, channel = facts.conversation, facts.channel
    human, resumes = conversation.state is State.HUMAN, conversation.ai_resumes_at
    runs = human and resumes is not None
    left = labels.left(resumes - moment) if resumes and resumes > moment else ""
    note = f"AI replies are off for {channel.name}, so it answers nowhere on this channel."
    return {
        "can_pause": human,
        "timer_runs": runs,
        "timer": (_chosen(session, conversation) if runs else auto_resume.NEVER) if human else -1,
        "resumes": (f"AI resumes in {left}" if left else "AI resumes now") if runs else "",
        "ai_on": conversation.ai_enabled,
        "ai_note": "" if channel.ai_replies else note,
    }


def _chosen(session: Session, conversation: Conversation) -> int:
    minutes = auto_resume.chosen(session, conversation)
    return minutes if minutes in auto_resume.CHOICES else -1


def _contact_facts(facts: Facts) -> list[tuple[str, str]]:
    identity, contact = facts.identity, facts.contact
    known = [
        ("Phone", labels.phone(identity.wa_id) or "Hidden by the customer"),
        ("Username", f"@{identity.username}" if identity.username else ""),
        ("E-mail", (contact.email or "") if contact else ""),
        ("Channel", facts.channel.name),
    ]
    return [(name, value) for name, value in known if value]


def changes_at(conversation: Conversation) -> datetime:
    """When a countdown shows its next minute, or the window or the pause ends."""
    moment = now()
    ends = (conversation.window_ends_at, conversation.ai_resumes_at)
    ahead = [end for end in ends if end and end > moment]
    minutes = [moment + (end - moment) % labels.MINUTE for end in ahead]
    candidates = [moment + labels.MINUTE, *ahead, *minutes]
    return min(at for at in candidates if at > moment)
