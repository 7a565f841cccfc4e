"""Who writes what, what fails and what is killed, and when: one seed gives one plan."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from random import Random
from typing import Any

POSTGRESQL = "postgresql"
DATABASES = ("sqlite", POSTGRESQL)
# Seconds between two messages of a burst: Meta's times are whole seconds.
LEAST_PAUSE, LONGEST_PAUSE = 1.05, 2.0
BURST = 3  # messages, on average

QUESTIONS = (
    "When are you open on Saturday?",
    "How long does delivery to Portugal take?",
    "Where is my parcel?",
    "Can I return an unused item?",
    "Can I pay in 3 parts?",
    "Do you cut a halyard to length?",
    "Is there a warranty?",
    "I want to talk to a person, please.",
    "Do you sell submarines?",
)
FREQUENT = (8, 8, 8, 8, 8, 8, 8, 1, 1)  # the last two call a person

# Faults of Meta: for how many requests or webhooks, at most.
FAULTS = {
    "duplicate_webhooks": 30,
    "repeated_webhooks": 30,
    "late_webhooks": 30,
    "statuses_out_of_order": 15,
    "batch": 60,
    "send_500": 3,
    "cut_after_accept": 3,
    "timeout_after_accept": 2,
    "throughput": 6,
    "pair_limit": 4,
    "corrupt_signature": 4,
}
EVERY_FAULT, EVERY_CALL = 4.0, 45.0  # seconds, on average
REVOKED = 60.0  # seconds of a run of 15 minutes for which Meta knows the token no longer
OF_MINUTES = 15.0


@dataclass(frozen=True)
class Settings:
    """CHAOS='seed=7 messages=10000 customers=500 minutes=15 database=sqlite'."""

    seed: int = 7
    messages: int = 10_000
    customers: int = 500
    minutes: float = OF_MINUTES
    agents: int = 6
    kill_every: float = 14.0  # seconds, on average
    database: str = ""  # both

    @property
    def seconds(self) -> float:
        return self.minutes * 60

    @property
    def closing(self) -> int:
        """So many customers wrote yesterday; their windows close while everything happens."""
        return max(1, self.customers // 10)


def read(words: Sequence[str]) -> Settings:
    """Raises ValueError with a sentence."""
    given: dict[str, str] = {}
    kinds: dict[str, Any] = {each.name: each.type for each in fields(Settings)}
    for word in words:
        name, _, value = word.partition("=")
        if name not in kinds or not value:
            raise ValueError(f"There is no setting “{word}”; say for example {Settings.__doc__}")
        given[name] = value
    settings = Settings(**{name: kinds[name](text) for name, text in given.items()})
    if settings.database not in ("", *DATABASES):
        raise ValueError(f"The database is one of {', '.join(DATABASES)}.")
    if (
        settings.customers < 2
        or settings.messages < settings.customers
        or min(settings.agents, settings.kill_every) < 1
    ):
        raise ValueError(
            "There must be an agent, two customers, a message for each of them, and at least a "
            "second between two kills."
        )
    if settings.messages / settings.customers * LONGEST_PAUSE > settings.seconds / 2:
        raise ValueError("So many messages of a customer do not fit into these minutes.")
    return settings


@dataclass(frozen=True)
class Writing:
    """A customer writes."""

    at: float
    customer: int
    text: str


@dataclass(frozen=True)
class Episode:
    """An agent takes a conversation over, answers, and perhaps hands it back."""

    at: float
    agent: int
    customer: int
    replies: tuple[str, ...]
    by_button: bool  # else the first reply takes over
    hands_back: bool


@dataclass(frozen=True)
class Fault:
    """A switch of the simulator."""

    at: float
    name: str
    value: int | bool


@dataclass(frozen=True)
class Mending:
    """An admin presses Test after Meta knows the token again."""

    at: float


@dataclass(frozen=True)
class Kill:
    """SIGKILL in the middle of everything; a database stays away for a while."""

    at: float
    victim: str
    away: float = 0.0


Step = Writing | Episode | Fault | Mending | Kill


@dataclass(frozen=True)
class Plan:
    """`closes_at`: when, from the start, the window of each of the first customers closes."""

    settings: Settings
    closes_at: tuple[float, ...]
    steps: tuple[Step, ...]


# What is killed, and how often beside the others. A worker of the web app dies alone or with all.
VICTIMS = {"web": 2, "web worker": 3, "inbound": 3, "outbox": 4, "replies": 3, "upkeep": 1,
           "media": 1, "cron": 1, "valkey": 2}  # fmt: skip
OF_POSTGRESQL = {"postmaster": 2, "backend": 2}


def make(settings: Settings, database: str) -> Plan:
    """Each part of the plan has its own source, so that one can change without the others."""
    closes_at = tuple(_closings(settings))
    parts = [
        *_writings(settings),
        *_episodes(settings, closes_at),
        *_faults(settings),
        *_revocations(settings),
        *_kills(settings, database),
        *_mid_calls(settings),
    ]
    return Plan(settings, closes_at, tuple(sorted(parts, key=lambda step: step.at)))


def _source(settings: Settings, purpose: str) -> Random:
    return Random(f"{settings.seed} {purpose}")


def _closings(settings: Settings) -> Iterator[float]:
    source = _source(settings, "closings")
    for _ in range(settings.closing):
        yield source.uniform(0.1, 0.9) * settings.seconds


def _writings(settings: Settings) -> Iterator[Writing]:
    """The customers behind the closing ones share the messages."""
    source = _source(settings, "writings")
    writers = range(settings.closing, settings.customers)
    shares = [0] * len(writers)
    for number in range(settings.messages - settings.closing):
        shares[number % len(writers)] += 1
    number = 0
    for customer, share in zip(writers, shares, strict=True):
        for at in _moments(source, share, settings.seconds):
            number += 1
            yield Writing(at, customer, question(source, customer, number))


def _moments(source: Random, count: int, seconds: float) -> list[float]:
    """People write in bursts: what they have to say comes in some three messages."""
    bursts = [0] * max(1, round(count / BURST))
    for _ in range(count):
        bursts[source.randrange(len(bursts))] += 1
    room = seconds - count * LONGEST_PAUSE
    moments: list[float] = []
    for place, size in enumerate(bursts):
        at = (place + source.random()) * room / len(bursts) + len(moments) * LONGEST_PAUSE
        for _ in range(size):
            moments.append(at)
            at += source.uniform(LEAST_PAUSE, LONGEST_PAUSE)
    return moments


def question(source: Random, customer: int, number: int) -> str:
    """Words that occur once."""
    return f"{source.choices(QUESTIONS, FREQUENT)[0]} (order {customer}-{number})"


def _episodes(settings: Settings, closes_at: Sequence[float]) -> Iterator[Episode]:
    """An episode for some twenty messages, and two around the closing of a window. A customer has
    one agent, so that no two people hand the same conversation over and back."""
    source = _source(settings, "episodes")
    for customer, closes in enumerate(closes_at):
        for around in (-source.uniform(0, 6), source.uniform(0, 6)):
            yield _episode(source, settings, customer, closes + around)
    for _ in range(settings.messages // 20):
        customer = source.randrange(settings.closing, settings.customers)
        yield _episode(source, settings, customer, source.uniform(0.05, 0.95) * settings.seconds)


def _episode(source: Random, settings: Settings, customer: int, at: float) -> Episode:
    name = f"{source.getrandbits(48):012x}"
    return Episode(
        at=at,
        agent=customer % settings.agents,
        customer=customer,
        replies=tuple(f"Agent's words {name}-{n}" for n in range(source.randint(1, 3))),
        by_button=source.random() < 0.5,
        hands_back=source.random() < 0.7,
    )


def _faults(settings: Settings) -> Iterator[Fault]:
    source = _source(settings, "faults")
    for at in _often(source, EVERY_FAULT, settings.seconds):
        name = source.choice(list(FAULTS))
        yield Fault(at, name, source.randint(1, FAULTS[name]))


def _often(source: Random, pause: float, seconds: float) -> Iterator[float]:
    """Moments with so much between them on average."""
    at = source.expovariate(1 / pause)
    while at < seconds:
        yield at
        at += source.expovariate(1 / pause)


def _revocations(settings: Settings) -> Iterator[Fault | Mending]:
    """Meta revokes the token, knows it again, and an admin presses Test. Twice."""
    source = _source(settings, "revocations")
    lasts = REVOKED * min(1.0, settings.minutes / OF_MINUTES)
    for share in (0.3, 0.7):
        at = (share + source.uniform(-0.1, 0.1)) * settings.seconds
        yield Fault(at, "token_expired", True)
        yield Fault(at + lasts, "token_expired", False)
        yield Mending(at + lasts + 1)


def _kills(settings: Settings, database: str) -> Iterator[Kill]:
    source = _source(settings, "kills")
    victims = VICTIMS | (OF_POSTGRESQL if database == POSTGRESQL else {})
    for at in _often(source, settings.kill_every, settings.seconds):
        victim = source.choices(list(victims), list(victims.values()))[0]
        away = source.uniform(0, 5) if victim == "postmaster" else 0.0
        yield Kill(at, victim, away)


def _mid_calls(settings: Settings) -> Iterator[Fault | Kill]:
    """The outbox is killed while it waits for Meta's answer to what Meta has accepted."""
    source = _source(settings, "calls")
    for at in _often(source, EVERY_CALL, settings.seconds):
        yield Fault(at, "timeout_after_accept", 2)
        yield Kill(at + source.uniform(1, 3), "outbox")
