"""The analytics page: whose channels, and every figure in words. Admins only."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, select

from domain import access, analytics_numbers, analytics_period, assistants, labels, waiting
from domain.access import Actor
from domain.analytics_numbers import Figures, Numbers
from domain.analytics_period import Asked, Period
from domain.analytics_words import DEFINITIONS, STOPPED_HERE, count, growth, percent, points, share
from illumichat_app.clock import now
from integrations.whatsapp.errors import explain
from models import Channel, ChannelKind, Counted, Workspace

MOST_CHANNELS = 200
MOST_REASONS = 12
LEVELS = 4  # of the heat map, above nothing
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True)
class Scope:
    """Whose messages: an assistant's, a channel's, or with neither the whole workspace's."""

    assistant: int = 0
    channel: int = 0


@dataclass(frozen=True)
class Tile:
    """A figure: `tone` is jade, red or empty, beside the arrow of `change`."""

    key: str = ""
    label: str = ""
    value: str = ""
    note: str = ""
    change: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Answers:
    """How soon somebody answered."""

    who: str = ""
    half: str = ""
    ninety: str = ""
    number: str = ""


@dataclass(frozen=True)
class Failure:
    reason: str = ""
    number: str = ""
    share: str = ""


@dataclass(frozen=True)
class Day:
    """One bar and one row of the table."""

    iso: str = ""
    label: str = ""
    name: str = ""
    inbound: int = 0
    outbound: int = 0
    by_assistant: int = 0
    by_people: int = 0
    by_template: int = 0
    accepted: int = 0
    delivered: int = 0
    read: int = 0
    failed: int = 0
    active: int = 0


@dataclass(frozen=True)
class Hours:
    """A weekday of the heat map: 24 counts, and how dark each is."""

    weekday: str = ""
    counts: list[int] = field(default_factory=list[int])
    levels: list[int] = field(default_factory=list[int])


@dataclass(frozen=True)
class Choice:
    value: str = ""
    label: str = ""


@dataclass(frozen=True)
class Place:
    """What an address leads to: its channels, its names, the days."""

    channels: list[int]
    whole: bool  # all channels of the workspace
    name: str
    initials: str
    choices: list[Choice]
    time_zone: str
    period: Period
    midnight: datetime


@dataclass(frozen=True)
class Page:
    """Every figure, as the screen and the CSV file have it."""

    tiles: list[Tile]
    facts: list[Tile]
    answers: list[Answers]
    failures: list[Failure]
    days: list[Day]
    hours: list[Hours]
    said: str  # the chart in a sentence


def place(session: Session, actor: Actor, scope: Scope, asked: Asked) -> Place:
    """Raises NotAllowed for an agent; NotFound for what is missing or foreign; Invalid."""
    access.require_admin(actor)
    workspace = session.get_one(Workspace, actor.workspace_id)
    zone = labels.zone(workspace.time_zone)
    today = now().astimezone(zone).date()
    name, found = _channels(session, actor, scope, workspace)
    return Place(
        channels=[channel.id for channel in found],
        whole=not scope.assistant and not scope.channel,
        name=name,
        initials=labels.initials(name),
        choices=[Choice(str(each.id), each.name) for each in _all(session, actor)],
        time_zone=workspace.time_zone,
        period=analytics_period.chosen(asked, today),
        midnight=datetime.combine(today + timedelta(days=1), datetime.min.time(), zone),
    )


def _channels(
    session: Session, actor: Actor, scope: Scope, workspace: Workspace
) -> tuple[str, list[Channel]]:
    if scope.channel:
        channel = access.channel(session, actor, scope.channel)
        return channel.name, [channel]
    if not scope.assistant:
        return workspace.name, _all(session, actor)
    assistant = assistants.find(session, actor, scope.assistant)
    mine = [each for each in _all(session, actor) if each.assistant_id == assistant.id]
    return assistant.name, mine


def _all(session: Session, actor: Actor) -> list[Channel]:
    found = select(Channel).where(
        Channel.workspace_id == actor.workspace_id, Channel.kind == ChannelKind.WHATSAPP
    )
    return list(session.exec(found.order_by(col(Channel.id)).limit(MOST_CHANNELS)).all())


def read(session: Session, actor: Actor, where: Place) -> Page:
    """The figures of a place. Raises NotAllowed."""
    access.require_admin(actor)
    numbers = analytics_numbers.read(session, actor.workspace_id, where.channels, where.period)
    days = [_day(day, counts) for day, counts in numbers.days.items()]
    return Page(
        tiles=_tiles(numbers, where.period),
        facts=_facts(numbers),
        answers=_answers(numbers.current),
        failures=_failures(numbers.current),
        days=days,
        hours=_hours(numbers.hours),
        said=_said(numbers, days),
    )


# ---- tiles


def _tiles(numbers: Numbers, period: Period) -> list[Tile]:
    current, before = numbers.current, numbers.before
    said, was = current.messages, before.messages
    total = _counted("total", current.total, before.total)
    long = f"{total.change} on the {period.words}" if "%" in total.change else total.change
    return [
        Tile("total", total.label, total.value, "", long, total.tone),
        _counted("inbound", said["inbound"], was["inbound"]),
        _counted("outbound", current.outbound, before.outbound, _by(current)),
        _rate("delivery_rate", current, before, "delivered"),
        _rate("read_rate", current, before, "read"),
        _counted("delivered", said["delivered"], was["delivered"], _accepted(current)),
        _counted("read", said["read"], was["read"], _accepted(current)),
        _counted("failed", said["failed"], was["failed"], good=-1),
        _share("ai_share", current, before, (Counted.ALONE, Counted.ANSWERED)),
        _share("hand_over_share", current, before, (Counted.HANDED_OVER, Counted.ASSISTED), good=0),
    ]


def _counted(key: str, number: int, before: int, note: str = "", good: int = 1) -> Tile:
    change, rose = growth(number, before)
    return Tile(key, DEFINITIONS[key][0], count(number), note, change, _tone(rose * good))


def _rate(key: str, current: Figures, before: Figures, name: str) -> Tile:
    now, was = (share(each.messages[name], each.messages["accepted"]) for each in (current, before))
    change, rose = points(now, was)
    note = f"{count(current.messages[name])} {name}"
    return Tile(key, DEFINITIONS[key][0], percent(now), note, change, _tone(rose))


def _share(
    key: str, current: Figures, before: Figures, kinds: tuple[Counted, Counted], good: int = 1
) -> Tile:
    part, whole = kinds
    now, was = (share(each.once(part), each.once(whole)) for each in (current, before))
    change, rose = points(now, was)
    note = f"{count(current.once(part))} of {count(current.once(whole))} conversations"
    return Tile(key, DEFINITIONS[key][0], percent(now), note, change, _tone(rose * good))


def _tone(rose: int) -> str:
    return {1: "jade", -1: "red"}.get(rose, "")


def _by(current: Figures) -> str:
    names = {"AI": "by_assistant", "people": "by_agents", "templates": "by_template"}
    return " · ".join(f"{name} {count(current.messages[key])}" for name, key in names.items())


def _accepted(current: Figures) -> str:
    return f"of {count(current.messages['accepted'])} accepted by Meta"


def _facts(numbers: Numbers) -> list[Tile]:
    return [
        Tile("conversations", DEFINITIONS["conversations"][0], count(numbers.conversations)),
        _counted("active", numbers.current.active, numbers.before.active),
        Tile("taken_over", DEFINITIONS["taken_over"][0], count(numbers.taken_over)),
    ]


# ---- below the tiles


def _answers(current: Figures) -> list[Answers]:
    by_assistant = current.of(Counted.BY_ASSISTANT_WITHIN)
    by_people = current.of(Counted.BY_PEOPLE_WITHIN)
    together = {
        step: by_assistant.get(step, 0) + by_people.get(step, 0)
        for step in by_assistant.keys() | by_people.keys()
    }
    named = {"Everybody": together, "✦ AI": by_assistant, "People": by_people}
    return [_answered(who, counts) for who, counts in named.items()]


def _answered(who: str, counts: dict[int, int]) -> Answers:
    half, ninety = (waiting.within(counts, part) for part in (0.5, 0.9))
    return Answers(
        who,
        waiting.in_words(half) if half is not None else percent(None),
        waiting.in_words(ninety) if ninety is not None else percent(None),
        count(sum(counts.values())),
    )


def _failures(current: Figures) -> list[Failure]:
    """By reason, the most frequent first; codes that mean the same are one."""
    reasons: dict[str, int] = {}
    for code, number in current.of(Counted.FAILURE).items():
        sentence = explain(code).sentence if code else STOPPED_HERE
        reasons[sentence] = reasons.get(sentence, 0) + number
    ordered = sorted(reasons.items(), key=lambda each: (-each[1], each[0]))
    if rest := sum(number for _, number in ordered[MOST_REASONS:]):
        ordered = [*ordered[:MOST_REASONS], ("Other reasons.", rest)]
    all_of_them = sum(reasons.values())
    return [
        Failure(sentence, count(number), percent(share(number, all_of_them)))
        for sentence, number in ordered
    ]


def _day(day: date, counts: dict[str, int]) -> Day:
    told = {name: counts[name] for name in ("inbound", "accepted", "delivered", "read", "failed")}
    by = {name: counts[name] for name in ("by_assistant", "by_template")}
    return Day(
        iso=day.isoformat(),
        label=f"{day:%b} {day.day}",
        name=f"{day:%A} {day.day} {day:%B}",
        outbound=counts["by_assistant"] + counts["by_agents"] + counts["by_template"],
        by_people=counts["by_agents"],
        active=counts["active"],
        **told,
        **by,
    )


def _hours(hours: dict[int, int]) -> list[Hours]:
    most = max(hours.values(), default=0)
    rows: list[Hours] = []
    for weekday, name in enumerate(WEEKDAYS):
        counts = [hours.get(weekday * 24 + hour, 0) for hour in range(24)]
        rows.append(Hours(name, counts, [_level(number, most) for number in counts]))
    return rows


def _level(number: int, most: int) -> int:
    return -(-LEVELS * number // most) if number > 0 else 0


def _said(numbers: Numbers, days: list[Day]) -> str:
    current = numbers.current
    if not current.total:
        return "No messages in this period."
    busiest = max(days, key=lambda day: day.inbound + day.outbound)
    return (
        f"{count(current.messages['inbound'])} messages came in and {count(current.outbound)} went "
        f"out. The busiest day was {busiest.name} with {count(busiest.inbound)} in and "
        f"{count(busiest.outbound)} out."
    )
