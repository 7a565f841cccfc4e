"""What the WhatsApp page of an assistant shows of its number, in words; no secret is read."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from domain import channels, connections, labels
from domain.access import Actor
from illumichat_app.clock import now
from integrations.whatsapp.fields import optional_text, records
from models import (
    Assistant,
    Channel,
    ChannelKind,
    ConnectionStatus,
    ConnectMethod,
    User,
    WhatsAppConnection,
    Workspace,
)


@dataclass(frozen=True)
class Fact:
    """One thing Meta says of the number; `tone` is a colour beside the word, or nothing."""

    label: str
    words: str
    tone: str = ""


@dataclass(frozen=True)
class Mark:
    """How one check of the last test ended."""

    words: str
    state: str


@dataclass(frozen=True)
class Card:
    """An assistant's number, as its page shows it. `status`: none, connected, issue, disconnected.

    `changes_at`: when time alone makes a word of it untrue.
    """

    assistant: str = ""
    initials: str = ""
    channel: int = 0
    status: str = "none"
    manual: bool = False
    number: str = ""
    initial: str = ""
    name: str = ""
    how: str = ""
    issue: str = ""
    facts: list[Fact] = field(default_factory=list[Fact])
    more: list[Fact] = field(default_factory=list[Fact])
    marks: list[Mark] = field(default_factory=list[Mark])
    checked: str = ""
    signed_event: str = ""
    changes_at: datetime | None = None


def read(session: Session, actor: Actor, assistant_id: int) -> Card:
    """Admins only. Raises NotAllowed, NotFound."""
    assistant = connections.require_assistant(session, actor, assistant_id)
    channel, row = _channel(session, assistant)
    empty = Card(
        assistant=assistant.name,
        initials=labels.initials(assistant.name),
        channel=channel.id if channel else 0,
    )
    return _filled(empty, session, row) if row else empty


def _channel(
    session: Session, assistant: Assistant
) -> tuple[Channel | None, WhatsAppConnection | None]:
    """The channel with a live number, else the newest; as connections.channel_of chooses."""
    found = session.exec(
        select(Channel, WhatsAppConnection)
        .outerjoin(WhatsAppConnection, col(WhatsAppConnection.channel_id) == Channel.id)
        .where(Channel.assistant_id == assistant.id, Channel.kind == ChannelKind.WHATSAPP)
        .order_by(col(Channel.id).desc())
        # Secrets that no key opens any more must not hide the page on which to mend that.
        .options(*channels.sealed())
    ).all()
    live = [pair for pair in found if pair[1] and pair[1].status != ConnectionStatus.DISCONNECTED]
    return next(iter([*live, *found]), (None, None))


def _filled(empty: Card, session: Session, row: WhatsAppConnection) -> Card:
    place = session.get_one(Workspace, row.workspace_id)
    tz, moment = labels.zone(place.time_zone), now()
    event, event_changes = age(row.last_event_at, moment)
    checked, check_changes = age(row.checked_at, moment)
    return replace(
        empty,
        status=row.status.value,
        manual=row.method is ConnectMethod.MANUAL,
        number=row.display_phone_number,
        initial=labels.initials(row.verified_name or "W")[:1],
        name=row.verified_name,
        how=_how(row, tz),
        issue=row.issue,
        facts=[*_facts(row.health), Fact("Last event", event or "None yet")],
        more=[*_more(row.health), *_secrets(row, tz), *_person(session, row)],
        marks=_marks(row.health),
        checked=f"checked {checked}" if checked else "",
        signed_event=_signed_event(row, tz),
        changes_at=min(filter(None, (event_changes, check_changes)), default=None),
    )


def _how(row: WhatsAppConnection, tz: ZoneInfo) -> str:
    way = "Embedded Signup" if row.method is ConnectMethod.EMBEDDED else "Advanced Setup"
    return f"connected by {way} on {_day(row.created_at, tz)}"


def _person(session: Session, row: WhatsAppConnection) -> list[Fact]:
    person = session.get(User, row.connected_by) if row.connected_by else None
    return [Fact("Connected by", person.name)] if person else []


def _day(at: datetime, tz: ZoneInfo) -> str:
    local, today = at.astimezone(tz), now().astimezone(tz)
    return f"{local.day} {local:%b}" + (f" {local.year}" if local.year != today.year else "")


def _signed_event(row: WhatsAppConnection, tz: ZoneInfo) -> str:
    if row.first_event_at is None:
        return ""
    return f"First signed event received at {labels.moment(row.first_event_at, now(), tz)}"


def age(at: datetime | None, moment: datetime) -> tuple[str, datetime | None]:
    """How long ago, and when to look again: 12 s ago, 2 min ago, 3 h ago, 5 days ago."""
    if at is None:
        return "", None
    span = max(moment - at, timedelta(0))
    if span < labels.MINUTE:
        words = f"{span.seconds} s ago" if span >= _NOW else "just now"
        return words, moment + _NOW
    unit = labels.MINUTE if span < labels.HOUR else labels.HOUR
    return labels.ago(span), at + (span // unit + 1) * unit


_NOW = timedelta(seconds=10)

# ---- Meta's words in capitals


def _facts(health: dict[str, Any]) -> list[Fact]:
    quality = optional_text(health, "quality") or ""
    words, tone = _QUALITY.get(quality, (quality, ""))
    return [
        Fact("Quality rating", words, tone),
        Fact("Messaging limit", limit(optional_text(health, "limit") or "")),
        Fact("Display name", _word(_NAME, optional_text(health, "name_status"))),
    ]


_UNRATED = ("Not rated yet", "")
_QUALITY = {
    "GREEN": ("Green", "jade"),
    "YELLOW": ("Yellow", "amber"),
    "RED": ("Red", "red"),
    "UNKNOWN": _UNRATED,
    "NA": _UNRATED,
    "": _UNRATED,
}
_NAME = {
    "APPROVED": "Approved",
    "AVAILABLE_WITHOUT_REVIEW": "Approved",
    "PENDING_REVIEW": "In review",
    "PENDING": "In review",
    "DECLINED": "Declined",
    "EXPIRED": "Expired",
    "NON_EXISTS": "None",
    "NONE": "None",
}
_THROUGHPUT = {
    "STANDARD": "80 messages a second",
    "HIGH": "1 000 messages a second",
    "NOT_APPLICABLE": "Set by the Business app",
}
_NO_LIMIT_YET = {"", "NOT_SET", "UNKNOWN"}


def limit(tier: str) -> str:
    """Meta's messaging limit in words: TIER_10K is 10 000 people a day; unknown as it is."""
    if tier in _NO_LIMIT_YET:
        return "Not known yet"
    size = tier.removeprefix("TIER_")
    if size == "UNLIMITED":
        return "Unlimited"
    thousands = size.endswith("K")
    digits = size.removesuffix("K")
    if not (digits.isascii() and digits.isdecimal()) or not tier.startswith("TIER_"):
        return tier
    count = int(digits) * (1000 if thousands else 1)
    return f"{count:,} / day".replace(",", "\N{NO-BREAK SPACE}")


def _word(words: dict[str, str], code: str | None) -> str:
    return words.get(code or "", code or "Not known yet")


def _more(health: dict[str, Any]) -> list[Fact]:
    """What the tiles leave out, as far as it is known."""
    facts: list[Fact] = []
    if throughput := optional_text(health, "throughput"):
        facts.append(Fact("Throughput", _word(_THROUGHPUT, throughput)))
    if health.get("on_business_app"):
        facts.append(Fact("Shared", "with the WhatsApp Business app"))
    return facts


def _secrets(row: WhatsAppConnection, tz: ZoneInfo) -> list[Fact]:
    """Written once, never read again: how they end, and since when they are here."""
    if row.status is ConnectionStatus.DISCONNECTED:
        return []
    saved = f"saved on {_day(row.created_at, tz)}"
    token = [_ending(row.token_end), saved]
    if "token_expires_at" in row.health:
        token.append(_expiry(row.health["token_expires_at"], tz))
    facts = [Fact("Access token", ", ".join(filter(None, token)))]
    if row.method is ConnectMethod.MANUAL:
        secret = ", ".join(filter(None, (_ending(row.secret_end), saved)))
        facts.append(Fact("App secret", secret))
    return facts


def _ending(last: str) -> str:
    return f"ends in {last}" if last else ""


def _expiry(ends: Any, tz: ZoneInfo) -> str:
    if not isinstance(ends, str):
        return "does not expire"
    at = datetime.fromisoformat(ends)
    return f"{'expired' if at <= now() else 'expires'} on {_day(at, tz)}"


# ---- the last check

_MARKS = {
    "token": ("Token valid", "Token refused"),
    "registered": ("Number registered", "Number not registered"),
    "subscribed": ("Webhooks subscribed", "Webhooks not subscribed"),
    "health": ("Can send", "Sending limited"),
}


def _marks(health: dict[str, Any]) -> list[Mark]:
    """The checks an admin looks for first; one that was not made says nothing."""
    ended = {
        str(item.get("name")): str(item.get("state")) for item in records(health.get("checks"))
    }
    return [
        Mark(good if ended[name] == "ok" else bad, ended[name])
        for name, (good, bad) in _MARKS.items()
        if ended.get(name, "skipped") != "skipped"
    ]
