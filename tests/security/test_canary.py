"""No secret comes to light anywhere, whatever happens to the numbers that need it."""

import traceback
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from domain import channels, connecting, connection_check, outbox
from domain.connections import Disconnected, Facts
from illumichat_app import db, webhook
from illumichat_app.config import settings
from illumichat_app.errors import SecretLost
from integrations.whatsapp import management, process_client
from integrations.whatsapp.client import Credentials, GraphClient
from integrations.whatsapp.errors import GraphError
from integrations.whatsapp.management import App
from integrations.whatsapp.manual import Values
from integrations.whatsapp.signup import Answer
from models import Assistant, ConnectMethod, Conversation, Message, MessageStatus
from state.channel import Channel
from tests import payloads
from tests.conftest import PLATFORM_SECRET, VERIFY_TOKEN
from tests.connecting.conftest import KITE_SECRET, Shop, another, live, shop, values
from tests.flows.stack import Stack, rows
from tests.security import plausible
from tests.security.canary import TOKEN, Desk, _everything_is_logged, desk, search, server
from tests.security.pipeline import own_handlers
from tests.security.sinks import Sinks

__all__ = ["_everything_is_logged", "desk", "server", "shop"]

pytestmark = pytest.mark.anyio

GRANTED = "canary-token-of-the-signup-4712"
CODE = "canary-code-of-the-signup-4713"
TYPO_TOKEN = "canary-token-with-a-typo-4714"
TYPO_SECRET = "canary-app-secret-with-a-typo-4715"
PIN = "918273"


def secrets() -> tuple[str, ...]:
    keys = [key.get_secret_value() for key in settings().encryption_keys]
    given = (TOKEN, GRANTED, CODE, TYPO_TOKEN, TYPO_SECRET, PIN, KITE_SECRET)
    # Of what is stored the last 4 characters are shown, and not one more.
    tails = [secret[-8:] for secret in (TOKEN, GRANTED, KITE_SECRET)]
    return (*given, *tails, PLATFORM_SECRET, VERIFY_TOKEN, *keys)


@pytest.fixture
async def stack(shop: Shop) -> AsyncIterator[Stack]:
    """The lanes at work for the shop's numbers."""
    transport = httpx.ASGITransport(webhook.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://app.test") as door:
        yield Stack(shop.simulator, door, shop.workspace, Any, shop.ana, shop.sam)


# ---- what happens to the secrets


async def connect_by_hand(shop: Shop, desk: Desk) -> Values:
    """With each secret wrong, then right; then every step again, and the PIN."""
    await desk.at(shop.assistant)
    form = values(shop.company(token=TOKEN))
    for wrong in (
        {"access_token": TYPO_TOKEN},
        {"app_secret": TYPO_SECRET},
        {"waba_id": "1"},
        {"access_token": f"{TYPO_TOKEN} {TOKEN}"},
        {},
        {},
    ):
        await desk.connection("connect_manually", form_data=_fields(replace(form, **wrong)))
    await desk.do(Channel.event_handlers["load"])
    for step in ("subscribe", "health"):
        await desk.connection("retry", step=step)
    await desk.connection("register", form_data={"pin": PIN})
    await desk.connection("register", form_data={"pin": f"{PIN}x"})
    await desk.connection("test")
    return form


def _fields(form: Values) -> dict[str, str]:
    return {name: getattr(form, name) for name in Values.__slots__}


async def sign_up(shop: Shop, desk: Desk) -> None:
    """Through Meta's window, with a code and a token we know; the code twice."""
    world, answer = shop.simulator.world, shop.answer()
    code = world.codes.pop(answer.code)
    token = world.tokens.pop(code.token)
    code.value, code.token, token.value = CODE, GRANTED, GRANTED
    world.codes[CODE], world.tokens[GRANTED] = code, token
    await desk.at(another(shop))
    for _ in range(2):
        await desk.connection(
            "sign_up",
            code=CODE,
            waba_id=answer.waba_id,
            phone_number_id=answer.phone_number_id,
            event=answer.event,
        )
    await desk.do(Channel.event_handlers["load"])
    await desk.connection("test")


async def talk(shop: Shop, stack: Stack) -> None:
    """Messages in and out on both numbers, and sends that fail with an expired token."""
    for row in live():
        shop.simulator.customer_sends("lucia", "Hello", number_id=row.phone_number_id)
    await stack.settle()
    await stack.deliver(payloads.load("03_text"), secret=TYPO_SECRET)
    await stack.post(b"{", None)
    shop.simulator.faults.update({"token_expired": 1})
    for number, conversation in enumerate(rows(Conversation)):
        with db.transaction() as session:
            outbox.queue_text(
                session, shop.ana, conversation.id, "Still there?", f"key-0000{number}"
            )
    await stack.settle()


async def break_things(
    shop: Shop, stack: Stack, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Meta that is away, one that quotes what it gets, a bug of ours, and a lost key."""
    for case in (_refused(), _quoting()):
        async with case as client:
            with monkeypatch.context() as patch:
                patch.setattr(process_client, "graph", _always(client))
                patch.setattr("state.connection.graph", _always(client))
                await desk.connection("test")
    with monkeypatch.context() as patch:
        patch.setattr(management, "debug_token", _bug)
        await desk.connection("test")
    with db.transaction() as session:
        session.execute(sa.text("UPDATE whatsapp_connection SET app_secret = 'x'"))
    await desk.connection("test")
    await desk.do(Channel.event_handlers["refresh"])
    await stack.settle()


def _refused() -> GraphClient:
    return GraphClient("http://127.0.0.1:9", "v26.0", slots=1)


def _quoting() -> GraphClient:
    def answer(request: httpx.Request) -> httpx.Response:
        said = f"Malformed {request.headers['authorization']} {request.url}"
        return httpx.Response(400, json={"error": {"code": 190, "message": said}})

    transport = httpx.MockTransport(answer)
    return GraphClient("http://graph.test", "v26.0", slots=1, transport=transport)


def _always(client: GraphClient) -> Any:
    async def graph() -> GraphClient:
        return client

    return graph


async def _bug(client: GraphClient, asker: Credentials, token: str) -> None:
    raise RuntimeError(f"a bug near {asker} and {client}")


async def try_every_event(desk: Desk) -> None:
    """Whatever an admin's browser may ask; the last of them disconnect."""
    ids = [row.id for row in rows(Assistant)]
    for name, function in own_handlers().items():
        if name.endswith((".setvar", ".copy_verify_token")):
            continue
        for arguments in plausible.attempts(function, ids):
            await desk.do(name, **arguments)


# ---- the tests


async def test_no_secret_comes_to_light(
    shop: Shop,
    desk: Desk,
    stack: Stack,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await connect_by_hand(shop, desk)
    await sign_up(shop, desk)
    kept = {(row.access_token, row.app_secret, row.pin == PIN) for row in live()}
    assert kept == {(TOKEN, KITE_SECRET, True), (GRANTED, None, False)}
    for shown in (TOKEN, GRANTED, KITE_SECRET):
        assert f"ends in {shown[-4:]}, " in desk.server.wire.text
    await talk(shop, stack)
    assert {row.status for row in rows(Message)} >= {MessageStatus.FAILED, MessageStatus.READ}
    assert (await search(desk, caplog)).found(secrets()) == set()
    await break_things(shop, stack, desk, monkeypatch)
    assert (await search(desk, caplog)).found(secrets()) == set()
    await try_every_event(desk)
    found = await search(desk, caplog)
    assert found.found(secrets()) == set()
    # Each of these was really looked at.
    assert {name for name, texts in found.texts.items() if any(texts)} == {
        "database",
        "redis",
        "browser",
        "log",
        "answers",
        "pages",
        "exceptions",
    }


async def test_the_verify_token_goes_to_the_clipboard_of_who_asks_only(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    await desk.at(desk.assistant)
    await desk.do(Channel.event_handlers["copy_verify_token"])
    assert VERIFY_TOKEN in "".join(desk.server.wire.events)
    assert VERIFY_TOKEN not in str(desk.server.wire.var_values)
    desk.server.wire.updates.clear()
    await desk.at(desk.assistant)
    assert (await search(desk, caplog)).found([VERIFY_TOKEN]) == set()


async def test_nothing_that_holds_a_secret_shows_it(shop: Shop) -> None:
    form = values(shop.company(token=TOKEN))
    outcome = await connecting.connect_manually(shop.client, shop.ana, shop.assistant.id, form)
    (row,) = live()
    row.pin = PIN
    subject = connection_check.subject_of(row)
    report = await connection_check.examine(shop.client, subject)
    facts = Facts(ConnectMethod.MANUAL, "1", report.number, TOKEN, KITE_SECRET)
    holders = (
        form,
        form.credentials,
        Answer(CODE, "1"),
        App("1", KITE_SECRET),
        App("1", KITE_SECRET).token,
        facts,
        subject,
        report,
        outcome,
        row,
        [row],
        Disconnected("1", channels.credentials(row)),
        settings(),
        settings().model_dump(),
        await connecting.check_manual(shop.client, form),
        SecretLost(),
    )
    found = Sinks()
    found.add("shown", *holders)
    assert found.found(secrets()) == set()


async def test_what_meta_quotes_is_masked_in_the_error(shop: Shop) -> None:
    problems: list[GraphError] = []
    credentials = Credentials("1", TOKEN, KITE_SECRET)
    for client in (_quoting(), _refused()):
        async with client:
            for call in (
                management.debug_token(client, credentials, GRANTED),
                management.exchange_code(client, App("1", PLATFORM_SECRET), CODE),
                management.register(client, credentials, PIN),
                client.send(credentials, {"to": "1"}, callback_data="1"),
            ):
                with pytest.raises(GraphError) as raised:
                    await call
                problems.append(raised.value)
    found = Sinks()
    for problem in problems:
        found.add("error", problem, vars(problem), *traceback.format_exception(problem))
    assert found.found(secrets()) == set()
    assert "***" in str(problems[0])
