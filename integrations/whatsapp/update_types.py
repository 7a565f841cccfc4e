"""What one webhook item says, in our words: one frozen class per kind of update.

Every id is text, every time an aware UTC datetime. A field Meta left out is None.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where the item stood in the POST, and whose account and number it concerns."""

    path: str
    waba_id: str | None = None
    phone_number_id: str | None = None
    display_phone_number: str | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a person is to Meta. Either id may be missing: users can hide their phone."""

    wa_id: str | None = None
    user_id: str | None = None
    parent_user_id: str | None = None
    username: str | None = None
    profile_name: str | None = None


@dataclass(frozen=True, slots=True)
class MediaRef:
    """A file at Meta: its id is good for 7 days after an inbound message."""

    id: str
    mime_type: str | None = None
    sha256: str | None = None
    filename: str | None = None
    caption: str | None = None
    voice: bool = False
    animated: bool = False


@dataclass(frozen=True, slots=True)
class MetaError:
    """One entry of an `errors` array."""

    code: int | None
    title: str | None = None
    message: str | None = None
    details: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundMessage(Origin):
    """A customer's message. `opens_window`: it starts a new 24 hours for free replies."""

    sender: Identity
    wamid: str
    sent_at: datetime
    kind: str
    text: str | None
    media: MediaRef | None
    content: dict[str, Any]
    reply_to: str | None
    forwarded: bool
    opens_window: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction(Origin):
    """A reaction to the message `target`; `emoji` None takes it away."""

    sender: Identity
    wamid: str
    sent_at: datetime
    target: str
    emoji: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit(Origin):
    """The new words (or caption) of the customer's message `target`."""

    sender: Identity
    wamid: str
    sent_at: datetime
    target: str
    kind: str
    text: str | None
    media: MediaRef | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Revoke(Origin):
    """The customer deleted the message `target`."""

    sender: Identity
    wamid: str
    sent_at: datetime
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberChanged(Origin):
    """A customer moved to another phone number."""

    wamid: str
    sent_at: datetime
    old_wa_id: str | None
    new_wa_id: str
    user_id: str | None
    body: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UserIdChanged(Origin):
    """A customer's business-scoped user id was replaced."""

    at: datetime
    previous: str | None
    current: str
    wa_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(Origin):
    """A voice call event. `sender` is the customer, whoever called.

    `event` is connect, terminate, or "status" for the ringing of a call the business placed.
    """

    sender: Identity
    call_id: str
    event: str
    direction: str | None
    at: datetime
    status: str | None
    opens_window: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Echo(Origin):
    """A message the business sent from its phone app to a customer.

    `target` names the earlier echo that an edit, a revoke or a reaction concerns.
    """

    wamid: str
    to_wa_id: str | None
    to_user_id: str | None
    sent_at: datetime
    kind: str
    text: str | None
    media: MediaRef | None
    content: dict[str, Any]
    reply_to: str | None
    target: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Status(Origin):
    """How far one of the number's own messages got. Unknown words are kept as given."""

    wamid: str
    status: str
    at: datetime
    callback_data: str | None
    recipient: Identity
    errors: tuple[MetaError, ...]
    pricing: dict[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateChange(Origin):
    """Anything Meta says about one template; `field` is the webhook field's name."""

    field: str
    at: datetime | None
    template_id: str | None
    name: str | None
    language: str | None
    value: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberChange(Origin):
    """News of a business number, known by `display_phone_number` alone (digits)."""

    field: str
    at: datetime | None
    value: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountChange(Origin):
    """News of a WhatsApp business account: restrictions, partner events, limits."""

    field: str
    event: str | None
    at: datetime | None
    value: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class UserPreference(Origin):
    """A customer stopped or resumed a category of messages."""

    identity: Identity
    category: str
    value: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelError(Origin):
    """Meta reports an error of the number itself, outside any message."""

    errors: tuple[MetaError, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown(Origin):
    """A webhook field this product does not use."""

    field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Poison(Origin):
    """An item that could not be read; its siblings are not harmed."""

    reason: str


Update = (
    InboundMessage
    | Reaction
    | Edit
    | Revoke
    | NumberChanged
    | UserIdChanged
    | Call
    | Echo
    | Status
    | TemplateChange
    | NumberChange
    | AccountChange
    | UserPreference
    | ChannelError
    | Unknown
    | Poison
)
