"""How a channel handles its conversations: the settings an admin may change."""

from dataclasses import asdict, dataclass, fields, replace

from sqlmodel import Session, col, select

from domain import access, audit
from domain.access import Actor
from illumichat_app.errors import Conflict, Invalid
from models import Assistant, AuditAction, Channel, ReadReceipts, WhatsAppConnection

LENGTHS = (1000, 2000, 3000, 4096)
_IN_WORDS = {
    "enabled": "channel",
    "ai_replies": "AI replies",
    "match_contacts": "matching contacts",
    "auto_create_contacts": "creating contacts",
    "max_message_length": "maximum message length",
    "read_receipts": "read receipts",
}
RECEIPTS = {
    ReadReceipts.ON_OPEN: "when a person opens the conversation",
    ReadReceipts.ON_REPLY: "when a person replies",
    ReadReceipts.NEVER: "never",
}


@dataclass(frozen=True, slots=True)
class MessagingSettings:
    """The form's values; `max_message_length` in characters, longer answers are split."""

    enabled: bool = True
    ai_replies: bool = True
    match_contacts: bool = False
    auto_create_contacts: bool = False
    max_message_length: int = 4096
    read_receipts: ReadReceipts = ReadReceipts.ON_REPLY


class ChangedMeanwhile(Conflict):
    """Others saved the settings since the form was opened; `stored` is what holds now."""

    def __init__(self, stored: MessagingSettings) -> None:
        super().__init__(
            "These settings were changed elsewhere while this page was open, so nothing was "
            "saved. What changed is marked. Look at it, then save again."
        )
        self.stored = stored


def read(session: Session, actor: Actor, channel_id: int) -> MessagingSettings:
    """Admins only. Raises NotAllowed, NotFound."""
    access.require_admin(actor)
    return _of(access.channel(session, actor, channel_id))


def save(
    session: Session,
    actor: Actor,
    channel_id: int,
    settings: MessagingSettings,
    *,
    began_from: MessagingSettings,
) -> None:
    """Keep the settings; they count from the next message on. Admins only.

    `began_from`: what was stored when the form was opened. Raises NotAllowed, NotFound, Invalid,
    ChangedMeanwhile.
    """
    access.require_admin(actor)
    row = access.channel(session, actor, channel_id)
    _check(settings)
    # Of two admins who save at the same moment, the second must see what the first saved.
    session.refresh(row, with_for_update=True)
    before = _of(row)
    if before != began_from:
        raise ChangedMeanwhile(before)
    for name, value in asdict(settings).items():
        setattr(row, name, value)
    if changed := audit.changes(_told(before), _told(settings)):
        audit.note(session, actor, AuditAction.CHANNEL_CHANGED, _named(session, row), changed)


def _named(session: Session, row: Channel) -> str:
    """The number of a channel and who answers it: “+44 20 7946 0991 (Harbour assistant)”."""
    # The number alone: its secrets may open with none of the keys, which is no matter here.
    query = select(col(WhatsAppConnection.display_phone_number))
    number = session.exec(query.where(col(WhatsAppConnection.channel_id) == row.id)).first()
    return f"{number or row.name} ({session.get_one(Assistant, row.assistant_id).name})"


def _told(settings: MessagingSettings) -> dict[str, str]:
    return {_IN_WORDS[name]: _word(value) for name, value in asdict(settings).items()}


def _word(value: object) -> str:
    if isinstance(value, ReadReceipts):
        return RECEIPTS[value]
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)


def _of(row: Channel) -> MessagingSettings:
    return MessagingSettings(
        **{field.name: getattr(row, field.name) for field in fields(MessagingSettings)}
    )


def _check(settings: MessagingSettings) -> None:
    """A browser may send anything, whatever the form offers."""
    values = asdict(settings)
    length, receipts = values.pop("max_message_length"), values.pop("read_receipts")
    if not all(isinstance(value, bool) for value in values.values()):
        raise Invalid("A switch can only be on or off. Reload the page and try again.")
    if isinstance(length, bool) or length not in LENGTHS:
        raise Invalid("Choose a maximum message length of 1000, 2000, 3000 or 4096 characters.")
    if not isinstance(receipts, ReadReceipts):
        raise Invalid("Choose when customers see that their messages are read.")
    if settings.auto_create_contacts and not settings.match_contacts:
        raise Invalid(
            "Creating contacts needs matching. Switch on matching WhatsApp users to existing "
            "contacts too, or switch off creating them."
        )


# ---- for the form


def fitted(settings: MessagingSettings) -> MessagingSettings:
    """Creating contacts needs matching, so it ends with it."""
    create = settings.auto_create_contacts and settings.match_contacts
    return replace(settings, auto_create_contacts=create)


def differing(one: MessagingSettings, other: MessagingSettings) -> list[str]:
    """The names of the values in which two differ."""
    theirs = asdict(other)
    return [name for name, value in asdict(one).items() if value != theirs[name]]


def carried_over(
    draft: MessagingSettings, began_from: MessagingSettings, stored: MessagingSettings
) -> MessagingSettings:
    """What the draft changed, on top of what is stored now: the rest follows the others."""
    own = {name: getattr(draft, name) for name in differing(draft, began_from)}
    return fitted(replace(stored, **own))
