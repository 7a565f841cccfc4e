"""What each figure of analytics means, and numbers as a person reads them. Pure."""

_ONCE = "A conversation counts once for each day."
_UP, _DOWN = "▲", "▼"
_SPACE = "\N{NO-BREAK SPACE}"
NOTHING = "–"

# Name -> label and sentence. Every share names what it is a share of.
DEFINITIONS: dict[str, tuple[str, str]] = {
    "total": (
        "Total messages",
        "All messages of the period, inbound and outbound. Internal notes, reactions and messages "
        "that were taken back before they were sent are no messages.",
    ),
    "inbound": ("Inbound", "Messages that customers wrote, by the day they reached us."),
    "outbound": (
        "Outbound",
        "Messages of the assistant, of people and templates, by the day they were written, also "
        "those that failed.",
    ),
    "delivery_rate": (
        "Delivery rate",
        "Delivered messages, as a share of the messages of the period that Meta accepted. What was "
        "read was delivered.",
    ),
    "read_rate": (
        "Read rate",
        "Read messages, as a share of the messages of the period that Meta accepted. Customers who "
        "switched off read receipts count as not having read.",
    ),
    "delivered": (
        "Delivered",
        "Messages of the period that Meta confirmed as delivered, at any time. Read ones are among "
        "them.",
    ),
    "read": ("Read", "Messages of the period that Meta confirmed as read, at any time."),
    "failed": (
        "Failed",
        "Messages of the period that did not go out or did not arrive: stopped here, refused by "
        "Meta, or not delivered.",
    ),
    "ai_share": (
        "Resolved by AI",
        "Conversations in which the assistant answered, asked for nobody and nobody else wrote, as "
        f"a share of all that were answered. {_ONCE}",
    ),
    "hand_over_share": (
        "Handed over",
        "Conversations in which the assistant asked for a person, as a share of those in which it "
        f"answered or asked. {_ONCE}",
    ),
    "conversations": ("Total", "All conversations that customers ever began here."),
    "active": (
        "Active in this period",
        "Conversations in which anybody wrote a message in the period; each counts once.",
    ),
    "taken_over": (
        "In human takeover now",
        "Conversations that a person answers at this moment, whatever the period.",
    ),
    "answers": (
        "First response",
        "From a customer's first message that nobody had answered to the next message of ours, or "
        "from the moment the assistant asked for a person to the person's message. Of the answers "
        "of the period, half came within the first time and 9 in 10 within the second. Answers "
        "that failed do not count.",
    ),
    "failures": (
        "Why messages failed",
        "The failed messages of the period by reason; the share is of all failed ones.",
    ),
    "days": (
        "Messages by day",
        "Inbound and outbound messages by the day of the workspace's time zone. Choose a day to "
        "see its conversations.",
    ),
    "hours": (
        "When customers write",
        "Inbound messages of the period by weekday and hour of the workspace's time zone.",
    ),
    "recent": ("Recent conversations", "The conversations with the newest messages."),
}

STOPPED_HERE = (
    "Stopped here before it reached WhatsApp: the window was closed, the channel was off, or a "
    "person had taken over."
)


def count(number: int) -> str:
    """48 213."""
    return f"{number:,}".replace(",", _SPACE)


def share(part: int, whole: int) -> float | None:
    """In per cent; None of nothing."""
    return 100 * part / whole if whole else None


def percent(value: float | None) -> str:
    """98.7 %, or – where there is nothing to take a share of."""
    return NOTHING if value is None else f"{value:.1f}{_SPACE}%"


def growth(now: int, before: int) -> tuple[str, int]:
    """By how much a count changed, and whether it rose (1), fell (-1) or neither (0)."""
    if not before:
        return ("none before", 1) if now else ("", 0)
    return _moved(100 * (now - before) / before, "%")


def points(now: float | None, before: float | None) -> tuple[str, int]:
    """By how many points a share changed."""
    return ("", 0) if now is None or before is None else _moved(now - before, "pt")


def _moved(by: float, unit: str) -> tuple[str, int]:
    size = f"{abs(by):,.1f}".replace(",", _SPACE)
    if size == "0.0":
        return "unchanged", 0
    return f"{_UP if by > 0 else _DOWN} {size}{_SPACE}{unit}", 1 if by > 0 else -1
