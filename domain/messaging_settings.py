"""How a channel handles its conversations: the settings an admin may change."""

from dataclasses import asdict, dataclass, fields

from sqlmodel import Session

from domain import access
from domain.access import Actor
from illumichat_app import nudges
from illumichat_app.errors import Invalid

LENGTHS = (1000, 2000, 3000, 4096)


@dataclass(frozen=True, slots=True)
class MessagingSettings:
    """The form's values; `max_message_length` in characters, longer answers are split."""

    enabled: bool = True
    ai_replies: bool = True
    match_contacts: bool = False
    auto_create_contacts: bool = False
    max_message_length: int = 4096


def read(session: Session, actor: Actor, channel_id: int) -> MessagingSettings:
    """Admins only. Raises NotAllowed, NotFound."""
    access.require_admin(actor)
    row = access.channel(session, actor, channel_id)
    return MessagingSettings(
        **{field.name: getattr(row, field.name) for field in fields(MessagingSettings)}
    )


def save(session: Session, actor: Actor, channel_id: int, settings: MessagingSettings) -> None:
    """Keep the settings; they count from the next message on. Admins only.

    Raises NotAllowed, NotFound, Invalid.
    """
    access.require_admin(actor)
    row = access.channel(session, actor, channel_id)
    _check(settings)
    for name, value in asdict(settings).items():
        setattr(row, name, value)
    nudges.after(session, row.workspace_id)


def _check(settings: MessagingSettings) -> None:
    """A browser may send anything, whatever the form offers."""
    values = asdict(settings)
    length = values.pop("max_message_length")
    if not all(isinstance(value, bool) for value in values.values()):
        raise Invalid("A switch can only be on or off. Reload the page and try again.")
    if isinstance(length, bool) or length not in LENGTHS:
        raise Invalid("Choose a maximum message length of 1000, 2000, 3000 or 4096 characters.")
    if settings.auto_create_contacts and not settings.match_contacts:
        raise Invalid(
            "Creating contacts needs matching. Switch on matching WhatsApp users to existing "
            "contacts too, or switch off creating them."
        )
