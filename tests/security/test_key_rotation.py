"""A new encryption key while messages come and go: nothing stops, nothing stays behind."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet, InvalidToken
from sqlmodel import SQLModel

from domain import connecting, encryption, signing
from illumichat_app import __main__ as commands
from illumichat_app import db, webhook
from illumichat_app.config import settings
from illumichat_app.errors import SecretLost
from integrations.whatsapp.signup import StepState
from models import Message, MessageStatus, WhatsAppConnection
from models.columns import Encrypted
from tests.connecting.conftest import KITE_SECRET, Shop, another, live, shop
from tests.flows.stack import Stack, rows

__all__ = ["shop"]

pytestmark = pytest.mark.anyio

GREETING = "Hello"  # answered without any knowledge, as often as it is said


@pytest.fixture(autouse=True)
def _settings_are_read_again(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    yield
    monkeypatch.undo()
    settings.cache_clear()


class Keys:
    """The keys of this process, which a restart changes."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.patch = patch
        self.old = settings().encryption_keys[0].get_secret_value()
        self.new = Fernet.generate_key().decode()

    def restart(self, *keys: str) -> None:
        self.patch.setenv("ENCRYPTION_KEYS", ",".join(keys))
        settings.cache_clear()
        signing.forget()


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> Keys:
    return Keys(monkeypatch)


@pytest.fixture
async def stack(shop: Shop) -> AsyncIterator[Stack]:
    """One number connected by hand and one by signup, with the lanes at work for both."""
    await shop.connect()
    shop.assistant = another(shop)
    await shop.sign_up()
    transport = httpx.ASGITransport(webhook.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://app.test") as door:
        yield Stack(shop.simulator, door, shop.workspace, Any, shop.ana, shop.sam)


async def everybody_writes(shop: Shop, stack: Stack, *customers: str) -> None:
    for row in live():
        for customer in customers:
            shop.simulator.customer_sends(customer, GREETING, number_id=row.phone_number_id)
    await stack.settle()


async def works(shop: Shop, stack: Stack) -> None:
    """Both numbers hear, answer and pass their check."""
    before = len(rows(Message))
    await everybody_writes(shop, stack, "lucia")
    fresh = rows(Message)[before:]
    assert sorted(row.status for row in fresh) == ["read", "read", "received", "received"]
    for row in live():
        await checks_out(shop, row)


async def checks_out(shop: Shop, row: WhatsAppConnection) -> None:
    steps = await connecting.retry(shop.client, shop.ana, row.channel_id, "health")
    assert {step.state for step in steps} <= {StepState.OK, StepState.WARNING}, steps


def stored() -> list[str]:
    """Every encrypted value as the database holds it."""
    found: list[str] = []
    with db.reading() as session:
        for table in SQLModel.metadata.sorted_tables:
            for column in table.columns:
                if isinstance(column.type, Encrypted):
                    query = sa.text(f'SELECT "{column.name}" FROM "{table.name}"')
                    found += [value for value in session.scalars(query) if value is not None]
    return found


def under(key: str) -> int:
    """How many of them this key opens."""
    return sum(_opens(key, value) for value in stored())


def _opens(key: str, value: str) -> bool:
    try:
        Fernet(key).decrypt(value)
    except InvalidToken:
        return False
    return True


def reencrypt() -> int:
    with db.transaction() as session:
        return encryption.reencrypt(session)


async def test_a_rotation_on_live_data(shop: Shop, stack: Stack, keys: Keys) -> None:
    await works(shop, stack)
    keys.restart(keys.new, keys.old)
    await works(shop, stack)
    talking = everybody_writes(shop, stack, "lucia", "tomasz")
    await asyncio.gather(talking, *(asyncio.to_thread(reencrypt) for _ in range(3)))
    assert (under(keys.old), under(keys.new)) == (0, len(stored()))
    keys.restart(keys.new)
    await works(shop, stack)
    assert {row.app_secret for row in live()} == {KITE_SECRET, None}
    assert MessageStatus.FAILED not in {row.status for row in rows(Message)}


async def test_one_that_was_killed_is_finished_by_the_next(
    shop: Shop, stack: Stack, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys.restart(keys.new, keys.old)
    opened, opening = 0, encryption._opened

    def killed(value: str) -> str:
        nonlocal opened
        opened += 1
        if opened == 3:
            raise KeyboardInterrupt
        return opening(value)

    monkeypatch.setattr(encryption, "_opened", killed)
    with pytest.raises(KeyboardInterrupt):
        reencrypt()
    await works(shop, stack)
    assert (reencrypt(), under(keys.old)) == (2, 0)
    keys.restart(keys.new)
    await works(shop, stack)


async def test_half_of_it_under_each_key_is_finished_too(
    shop: Shop, stack: Stack, keys: Keys
) -> None:
    """As when new numbers were connected before the command ran."""
    keys.restart(keys.new, keys.old)
    with db.transaction() as session:
        row = session.get_one(WhatsAppConnection, live()[0].id)
        row.access_token, token = "", row.access_token
        session.flush()
        row.access_token = token
    assert (under(keys.new), under(keys.old) > 0) == (1, True)
    await works(shop, stack)
    assert (reencrypt(), under(keys.old)) == (2, 0)
    assert reencrypt() == 0


async def test_a_value_that_a_late_process_wrote_is_caught(
    shop: Shop, stack: Stack, keys: Keys, capsys: pytest.CaptureFixture[str]
) -> None:
    keys.restart(keys.new, keys.old)
    assert reencrypt() == 2
    keys.restart(keys.old, keys.new)  # a process that was not restarted
    with db.transaction() as session:
        row = session.get_one(WhatsAppConnection, live()[0].id)
        row.pin = "918273"
    keys.restart(keys.new, keys.old)
    commands.reencrypt(Any)
    assert re.match(r"1 rows .*Run this again", capsys.readouterr().out, re.DOTALL)
    commands.reencrypt(Any)
    assert "The others can go" in capsys.readouterr().out
    keys.restart(keys.new)
    assert live()[0].pin == "918273"
    await works(shop, stack)


async def test_what_is_moved_already_is_left_alone(stack: Stack, keys: Keys) -> None:
    keys.restart(keys.new, keys.old)
    reencrypt()
    before = stored()
    assert (reencrypt(), stored()) == (0, before)


async def test_a_key_that_is_dropped_too_early_is_said(
    shop: Shop, stack: Stack, keys: Keys
) -> None:
    keys.restart(keys.new)
    with pytest.raises(SecretLost):
        reencrypt()
    keys.restart(keys.new, keys.old)
    assert reencrypt() == 2
    await works(shop, stack)


async def test_a_token_replaced_meanwhile_is_not_put_back(
    shop: Shop, stack: Stack, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL has many writers: the rows are locked before they are read."""
    keys.restart(keys.new, keys.old)
    number, opening = live()[0].id, encryption._opened
    writers: list[asyncio.Task[None]] = []
    loop = asyncio.get_running_loop()

    def replace(session: Any) -> None:
        session.get_one(WhatsAppConnection, number, with_for_update=True).access_token = "fresh"

    def opened(value: str) -> str:
        if not writers:
            writers.append(asyncio.run_coroutine_threadsafe(db.run(replace), loop))  # type: ignore[arg-type]
        return opening(value)

    monkeypatch.setattr(encryption, "_opened", opened)
    await asyncio.to_thread(reencrypt)
    await asyncio.wrap_future(writers[0])  # type: ignore[arg-type]
    assert next(row for row in live() if row.id == number).access_token == "fresh"
    assert under(keys.old) == 0
