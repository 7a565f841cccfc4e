"""Blue ticks and "typing…", as the channel's setting wants them."""

from collections.abc import Callable
from typing import Any

import pytest
from redis import RedisError

from domain import receipts
from illumichat_app import clock, jobs
from illumichat_app.errors import NotFound
from integrations.whatsapp.client import Credentials
from integrations.whatsapp.error_table import UNREACHED
from integrations.whatsapp.errors import GraphError
from models import Channel, ConnectionStatus, Message, ReadReceipts, WhatsAppConnection
from tests.conftest import NOON
from tests.flows.stack import rows
from tests.handling.conftest import HOUR, Team, do, message

R = ReadReceipts
STEPS = {"opened": receipts.opened, "replied": receipts.replied, "typing": receipts.typing}
Step = Callable[..., receipts.Receipt | None]


@pytest.fixture
def talk(team: Team) -> int:
    number = team.talk()
    team.says(number, "First")
    team.says(number, "Second")
    return number


def wanted(team: Team, policy: ReadReceipts) -> None:
    team.set(Channel, team.channel.id, read_receipts=policy)


@pytest.mark.parametrize(
    ("policy", "step", "told"),
    [
        (R.ON_OPEN, "opened", True),
        (R.ON_OPEN, "replied", True),
        (R.ON_OPEN, "typing", True),
        (R.ON_REPLY, "opened", False),
        (R.ON_REPLY, "replied", True),
        (R.ON_REPLY, "typing", True),
        (R.NEVER, "opened", False),
        (R.NEVER, "replied", False),
        (R.NEVER, "typing", False),
    ],
)
def test_when_the_customer_is_told(
    team: Team, talk: int, policy: ReadReceipts, step: str, told: bool
) -> None:
    wanted(team, policy)
    receipt = do(STEPS[step], team.sam, talk)
    first, last = rows(Message)
    assert (receipt is not None) is told
    assert last.status_at == (NOON if told else None)
    assert first.status_at is None
    if receipt:
        assert (receipt.wamid, receipt.typing) == (last.wamid, step == "typing")
        assert receipt.credentials.phone_number_id == "310000000000007"
        assert receipt.credentials.token not in repr(receipt)


def test_each_message_once(team: Team, talk: int) -> None:
    wanted(team, R.ON_OPEN)
    assert do(receipts.opened, team.sam, talk)
    assert do(receipts.opened, team.ana, talk) is None
    assert do(receipts.replied, team.sam, talk) is None
    newest = team.says(talk, "Third")
    receipt = do(receipts.replied, team.sam, talk)
    assert receipt
    assert receipt.wamid == message(newest).wamid


def test_two_tabs_at_once_tell_once(team: Team, talk: int) -> None:
    wanted(team, R.ON_OPEN)
    told = team.at_once(*(lambda: do(receipts.opened, team.sam, talk) for _ in range(3)))
    assert sorted(one is not None for one in told) == [False, False, True]


def test_typing_is_shown_at_most_every_20_seconds(team: Team, talk: int) -> None:
    wanted(team, R.ON_REPLY)
    other = team.talk()
    team.says(other)
    assert do(receipts.typing, team.sam, talk)
    assert do(receipts.typing, team.ana, talk) is None
    assert do(receipts.typing, team.sam, other)
    assert 0 < jobs.redis().ttl(f"typing:{talk}") <= receipts.TYPING_EVERY_SECONDS
    jobs.redis().delete(f"typing:{talk}")
    assert do(receipts.typing, team.sam, talk)
    assert do(receipts.replied, team.sam, talk) is None  # typing has marked it


def test_nobody_is_seen_typing_into_a_closed_window(team: Team, talk: int) -> None:
    wanted(team, R.ON_REPLY)
    clock.freeze(NOON + 24 * HOUR)
    assert do(receipts.typing, team.sam, talk) is None


def test_nobody_is_seen_typing_without_redis(
    team: Team, talk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Away:
        def set(self, *_: Any, **__: Any) -> None:
            raise RedisError

    wanted(team, R.ON_REPLY)
    with monkeypatch.context() as broken:
        broken.setattr(jobs, "redis", Away)
        assert do(receipts.typing, team.sam, talk) is None
    assert do(receipts.typing, team.sam, talk)


@pytest.mark.parametrize("step", STEPS)
def test_nothing_is_said_before_the_customer_has_written(team: Team, step: str) -> None:
    wanted(team, R.ON_OPEN)
    assert do(STEPS[step], team.sam, team.talk()) is None


@pytest.mark.parametrize("step", STEPS)
def test_nothing_is_said_about_what_meta_cannot_name(team: Team, step: str) -> None:
    wanted(team, R.ON_OPEN)
    number = team.talk()
    team.says(number, wamid=None)
    assert do(STEPS[step], team.sam, number) is None


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("status", [ConnectionStatus.ISSUE, ConnectionStatus.DISCONNECTED])
def test_nothing_is_said_over_a_broken_connection(
    team: Team, talk: int, step: str, status: ConnectionStatus
) -> None:
    wanted(team, R.ON_OPEN)
    team.set(WhatsAppConnection, rows(WhatsAppConnection)[0].id, status=status)
    assert do(STEPS[step], team.sam, talk) is None
    assert rows(Message)[-1].status_at is None


@pytest.mark.parametrize("step", STEPS)
def test_a_stranger_finds_nothing(team: Team, talk: int, step: str) -> None:
    with pytest.raises(NotFound):
        do(STEPS[step], team.stranger, talk)


class Meta:
    """Stands where the client stands."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.told: list[tuple[str, bool]] = []

    async def mark_read(self, _credentials: Credentials, wamid: str, *, typing: bool) -> None:
        self.told.append((wamid, typing))
        if self.error:
            raise self.error


SECRET = Credentials(phone_number_id="1", token="t", app_secret=None)


@pytest.mark.anyio
@pytest.mark.parametrize("error", [None, GraphError("away", UNREACHED), TimeoutError()])
async def test_telling_never_hurts(error: Exception | None) -> None:
    meta = Meta(error)
    await receipts.tell(meta, receipts.Receipt(SECRET, "wamid.1", 1, typing=True))  # type: ignore[arg-type]
    assert meta.told == [("wamid.1", True)]


@pytest.mark.anyio
async def test_without_a_receipt_nobody_is_called() -> None:
    meta = Meta()
    await receipts.tell(meta, None)  # type: ignore[arg-type]
    assert meta.told == []
