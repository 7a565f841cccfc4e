"""What the simulated Meta knows: plain records, in memory."""

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

MESSAGING = "whatsapp_business_messaging"
MANAGEMENT = "whatsapp_business_management"
DEFAULT_FIELDS = (
    "messages",
    "message_template_status_update",
    "message_template_quality_update",
    "message_template_components_update",
    "template_category_update",
    "phone_number_quality_update",
    "phone_number_name_update",
    "account_update",
    "account_review_update",
    "account_alerts",
    "business_capability_update",
    "security",
    "user_preferences",
    "user_id_update",
    "business_username_updates",
    "calls",
    "smb_message_echoes",
    "smb_app_state_sync",
    "history",
)


@dataclass(slots=True)
class App:
    """A Meta app: its secret signs the webhooks of every WABA it is subscribed to."""

    id: str
    name: str
    secret: str
    callback_url: str = ""
    verify_token: str = ""
    config_id: str = ""
    fields: list[str] = field(default_factory=lambda: list(DEFAULT_FIELDS))
    require_proof: bool = False


@dataclass(slots=True)
class Business:
    """A business portfolio; user ids (BSUID) are scoped to it."""

    id: str
    name: str


@dataclass(slots=True)
class Waba:
    """A WhatsApp Business Account; `subscriptions` maps app id to override URL ("" for none)."""

    id: str
    business_id: str
    name: str
    currency: str = "GBP"
    country: str = "GB"
    timezone_id: str = "1"
    review_status: str = "APPROVED"
    verification_status: str = "verified"
    ban_state: str = ""
    restrictions: list[str] = field(default_factory=list[str])
    subscriptions: dict[str, str] = field(default_factory=dict[str, str])
    locked_templates: dict[str, float] = field(default_factory=dict[str, float])


@dataclass(slots=True)
class Number:
    """A business phone number."""

    id: str
    waba_id: str
    display: str
    verified_name: str
    quality: str = "GREEN"
    status: str = "CONNECTED"
    name_status: str = "APPROVED"
    code_verification_status: str = "VERIFIED"
    platform_type: str = "CLOUD_API"
    throughput: str = "STANDARD"
    messaging_limit: str = "TIER_2K"
    account_mode: str = "LIVE"
    is_on_biz_app: bool = False
    pin: str = ""
    override: str = ""
    registrations: list[float] = field(default_factory=list[float])
    profile: Json = field(default_factory=dict[str, Any])
    recent_sends: list[float] = field(default_factory=list[float])

    @property
    def digits(self) -> str:
        """The number as webhooks print it."""
        return digits(self.display)

    @property
    def registered(self) -> bool:
        """True when the Cloud API may send and receive for it."""
        return self.platform_type == "CLOUD_API"


@dataclass(slots=True)
class Token:
    """An access token; without `waba_ids` it reaches every WABA of its business."""

    value: str
    app_id: str
    business_id: str
    scopes: list[str] = field(default_factory=lambda: [MESSAGING, MANAGEMENT])
    waba_ids: list[str] = field(default_factory=list[str])
    issued_at: float = 0.0
    expires_at: float = 0.0
    dead_subcode: int = 0
    user_id: str = "122000000000001"


@dataclass(slots=True)
class Code:
    """A code that the signup window gave; it is good for 30 seconds and one exchange."""

    value: str
    app_id: str
    token: str
    created: float
    used: bool = False


@dataclass(slots=True)
class Template:
    """A message template in one language."""

    id: str
    waba_id: str
    name: str
    language: str
    category: str
    components: list[Json]
    status: str = "APPROVED"
    parameter_format: str = "POSITIONAL"
    rejected_reason: str = "NONE"
    quality: str = "UNKNOWN"
    created: float = 0.0
    edits: list[float] = field(default_factory=list[float])
    ttl: int | None = None
    previous_category: str = ""


@dataclass(slots=True)
class Media:
    """A stored file; its bytes are kept apart, in `World.blobs`."""

    id: str
    number_id: str
    mime_type: str
    sha256: str
    size: int
    created: float
    lifetime_days: int
    filename: str = ""


@dataclass(slots=True)
class Customer:
    """A person with WhatsApp on their phone."""

    id: str
    name: str
    phone: str
    wa_id: str
    country: str
    username: str = ""
    phone_visible: bool = True
    user_ids: dict[str, str] = field(default_factory=dict[str, str])
    fail_code: int = 0
    offline: bool = False
    read_receipts: bool = True
    stopped_marketing: bool = False

    def user_id(self, business_id: str) -> str:
        """The id this business portfolio sees for the person (another portfolio sees another)."""
        if business_id not in self.user_ids:
            seed = hashlib.sha256(f"{self.id}:{self.phone}:{business_id}".encode()).hexdigest()
            self.user_ids[business_id] = f"{self.country}.{int(seed[:20], 16) % 10**20:020d}"
        return self.user_ids[business_id]


@dataclass(slots=True)
class Message:
    """One message of a thread; `inbound` means the customer wrote it."""

    id: str
    inbound: bool
    type: str
    content: Json
    timestamp: float
    status: str = ""
    reached: list[str] = field(default_factory=list[str])
    context_id: str = ""
    by_user_id: bool = False
    opaque: str = ""
    category: str = "service"
    errors: list[Json] = field(default_factory=list[Json])
    seen: bool = False
    edited: bool = False
    revoked: bool = False
    reactions: dict[str, str] = field(default_factory=dict[str, str])
    rendered: Json = field(default_factory=dict[str, Any])


@dataclass(slots=True)
class Thread:
    """What one customer and one business number said to each other."""

    number_id: str
    customer_id: str
    messages: list[Message] = field(default_factory=list[Message])
    last_inbound: float = 0.0
    typing_until: float = 0.0
    pair_busy_until: float = 0.0
    blocked: bool = False

    def message(self, message_id: str) -> Message | None:
        """The message with this id, if it is in the thread."""
        return next((m for m in reversed(self.messages) if m.id == message_id), None)


@dataclass(slots=True)
class World:
    """Everything there is."""

    apps: dict[str, App] = field(default_factory=dict[str, App])
    businesses: dict[str, Business] = field(default_factory=dict[str, Business])
    wabas: dict[str, Waba] = field(default_factory=dict[str, Waba])
    numbers: dict[str, Number] = field(default_factory=dict[str, Number])
    tokens: dict[str, Token] = field(default_factory=dict[str, Token])
    codes: dict[str, Code] = field(default_factory=dict[str, Code])
    templates: dict[str, Template] = field(default_factory=dict[str, Template])
    media: dict[str, Media] = field(default_factory=dict[str, Media])
    customers: dict[str, Customer] = field(default_factory=dict[str, Customer])
    threads: dict[str, Thread] = field(default_factory=dict[str, Thread])
    blobs: dict[str, bytes] = field(default_factory=dict[str, bytes])
    uploads: dict[str, str] = field(default_factory=dict[str, str])
    sequence: int = 100
    auto_read: bool = True
    url_key: str = field(default_factory=lambda: secrets.token_hex(16))

    def new_id(self, prefix: str) -> str:
        """A fresh id in the shape of Meta's: fifteen digits, as text."""
        self.sequence += 1
        return f"{prefix}{self.sequence:0{15 - len(prefix)}d}"

    def thread(self, number_id: str, customer_id: str) -> Thread:
        """The thread of this pair, made when it is first needed."""
        key = f"{number_id}:{customer_id}"
        return self.threads.setdefault(key, Thread(number_id, customer_id))

    def business_of(self, number: Number) -> str:
        """The id of the business portfolio that owns a number."""
        return self.wabas[number.waba_id].business_id

    def find_message(self, message_id: str) -> tuple[Thread, Message] | None:
        """A message and its thread, by wamid."""
        for thread in self.threads.values():
            if (message := thread.message(message_id)) is not None:
                return thread, message
        return None

    def customer_by_phone(self, phone: str) -> Customer | None:
        """Who answers at this number; any of the two national spellings counts."""
        wanted = digits(phone)
        return next(
            (c for c in self.customers.values() if wanted in (digits(c.phone), c.wa_id)), None
        )

    def customer_by_user_id(self, user_id: str, business_id: str) -> Customer | None:
        """Who has this user id in the eyes of this business."""
        return next((c for c in self.customers.values() if c.user_id(business_id) == user_id), None)


def digits(text: str) -> str:
    """Only the digits of a phone number."""
    return "".join(c for c in text if c.isascii() and c.isdigit())


def new_wamid() -> str:
    """A fresh message id."""
    return "wamid.HBg" + base64.b64encode(secrets.token_bytes(27)).decode()


def new_trace_id() -> str:
    """A fresh fbtrace_id."""
    return "A" + base64.urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=")
