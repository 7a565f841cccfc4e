"""Every counter as the messages have it, counted in the plainest way, and as it is stored."""

from collections import Counter
from typing import Any

from domain import waiting
from models import Conversation, ConversationDay, ConversationEvent, DailyCount, Message
from models import MessageDaily as Daily
from tests.flows.stack import rows

Counts = dict[tuple[Any, ...], int]


def truth() -> Counts:
    """Counted from the messages, the conversations and their hand-overs (all in UTC)."""
    found: Counter[tuple[Any, ...]] = Counter()
    said = [m for m in rows(Message) if m.direction != "note" and m.kind != "reaction"]
    for message in said:
        if message.status != "cancelled":
            found.update(_of_message(message))
    found.update(("new", row.created_at.date(), 0) for row in rows(Conversation))
    found.update(_of_days(said))
    return dict(found)


def _of_message(message: Message) -> list[tuple[Any, ...]]:
    day, status = message.day, str(message.status)
    if message.direction == "in":
        return [("inbound", day), ("hour", day, day.weekday() * 24 + message.hour)]
    assistant = message.author == "assistant"
    who = "by_assistant" if assistant else "by_agents"
    found: list[tuple[Any, ...]] = [("by_template" if message.kind == "template" else who, day)]
    if status in ("accepted", "sent", "delivered", "read", "played"):
        found.append(("accepted", day))
    if status == "failed" and message.wamid:
        found.append(("accepted", day))
    if status in ("delivered", "read", "played"):
        found.append(("delivered", day))
    if status in ("read", "played"):
        found.append(("read", day))
    if status == "failed":
        found += [("failed", day), ("failure", day, message.error_code or 0)]
    elif message.waited is not None:
        within = "assistant_within" if assistant else "people_within"
        found.append((within, day, waiting.step(message.waited)))
    return found


def _of_days(said: list[Message]) -> Counts:
    days: dict[tuple[int, Any], Counter[str]] = {}
    for message in said:
        day = days.setdefault((message.conversation_id, message.day), Counter())
        if message.status == "cancelled":
            continue
        day["inbound" if message.direction == "in" else "outbound"] += 1
        if message.direction == "out" and message.status != "failed":
            day["by_assistant" if message.author == "assistant" else "by_people"] += 1
    for event in rows(ConversationEvent):
        day = days.setdefault((event.conversation_id, event.created_at.date()), Counter())
        day["hand_overs"] += event.kind == "handed_over"
    found: Counter[tuple[Any, ...]] = Counter()
    last: dict[int, int] = {}
    for (number, day), values in sorted(days.items()):
        found.update({(name, number, day): count for name, count in values.items() if count})
        assistant, people, asked = (
            values[name] > 0 for name in ("by_assistant", "by_people", "hand_overs")
        )
        found["answered", day, 0] += assistant or people
        found["assisted", day, 0] += assistant or asked
        found["alone", day, 0] += assistant and not people and not asked
        found["handed_over", day, 0] += asked
        if values["inbound"] + values["outbound"]:
            found["active", day, last.get(number, 0)] += 1
            last[number] = day.toordinal()
    return {key: count for key, count in found.items() if count}


def stored() -> Counts:
    """What the tables of counts say; a zero says nothing."""
    found: Counts = {}
    for row in rows(Daily):
        names = set(Daily.model_fields) - {"id", "created_at", "workspace_id", "channel_id", "day"}
        found |= {(name, row.day): getattr(row, name) for name in names}
    for row in rows(DailyCount):
        found[str(row.what), row.day, row.part] = row.number
    for row in rows(ConversationDay):
        for name in ("inbound", "outbound", "by_assistant", "by_people", "hand_overs"):
            found[name, row.conversation_id, row.day] = getattr(row, name)
    return {key: number for key, number in found.items() if number}
