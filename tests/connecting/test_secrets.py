"""No token, app secret, PIN or code in any exception, log record, repr or kept fact."""

import logging
import traceback
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import text

from domain import connecting, connection_check, connections
from domain.connections import NumberTaken
from illumichat_app import db, log
from integrations.whatsapp import management
from integrations.whatsapp.client import Credentials
from integrations.whatsapp.error_table import UNLISTED
from integrations.whatsapp.errors import GraphError
from integrations.whatsapp.management import App
from models import WhatsAppConnection
from tests.connecting.conftest import KITE_SECRET, Shop, another, competitor, live, values
from tests.flows.stack import rows

pytestmark = pytest.mark.anyio
TOKEN = "EAAcanarytoken4711"
PIN = "918273"


@pytest.fixture
def heard(caplog: pytest.LogCaptureFixture) -> Iterator[list[str]]:
    """Every log line there is, as the product's log would show it."""
    caplog.set_level(logging.DEBUG)
    lines: list[str] = []
    yield lines
    lines += [log.mask(record.getMessage()) for record in caplog.records]
    lines += [record.getMessage() for record in caplog.records if "http" not in record.name]
    clean(*lines)


def clean(*texts: object) -> None:
    """None of these shows a secret."""
    for canary in (TOKEN, KITE_SECRET, PIN, "AQcanary"):
        assert not [text for text in texts if canary in str(text) or canary in repr(text)]


async def test_a_whole_manual_life(shop: Shop, heard: list[str]) -> None:
    company = shop.company(token=TOKEN)
    form = values(company)
    outcome = await connecting.connect_manually(shop.client, shop.ana, shop.assistant.id, form)
    (row,) = live()
    subject = connection_check.subject_of(row)
    report = await connection_check.examine(shop.client, subject)
    again = await connecting.retry(shop.client, shop.ana, row.channel_id, "register", PIN)
    clean(form, outcome, row, row.health, subject, report, again)
    with pytest.raises(NumberTaken) as taken:
        await connecting.connect_manually(shop.client, shop.ana, another(shop).id, form)
    clean("".join(traceback.format_exception(taken.value)))
    with db.reading() as session:
        clean(*session.execute(text("SELECT * FROM whatsapp_connection")).all())
    left = await db.run(connections.disconnect, shop.ana, row.channel_id)
    clean(left)
    (row,) = rows(WhatsAppConnection)
    assert (row.access_token, row.app_secret, row.pin) == ("", None, None)


async def test_a_signup(shop: Shop, heard: list[str]) -> None:
    answer = shop.answer()
    code = shop.simulator.world.codes.pop(answer.code)
    code.value = "AQcanary"
    shop.simulator.world.codes["AQcanary"] = code
    token = shop.simulator.world.tokens.pop(code.token)
    code.token = token.value = TOKEN
    shop.simulator.world.tokens[TOKEN] = token
    answer = replace(answer, code="AQcanary")
    clean(answer, *await shop.finish(answer), *await shop.finish(answer))
    assert live()[0].access_token == TOKEN


async def test_the_constraints_own_error_shows_only_what_is_encrypted(
    shop: Shop, heard: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    form = values(shop.company(token=TOKEN))
    await connecting.connect_manually(shop.client, shop.ana, shop.assistant.id, form)
    monkeypatch.setattr(connections, "_make_room", lambda *_: None)
    rival, theirs = competitor()
    with pytest.raises(NumberTaken) as taken:
        await connecting.connect_manually(shop.client, rival, theirs.id, form)
    clean("".join(traceback.format_exception(taken.value)), taken.value.__context__)


async def test_what_meta_repeats_is_masked(shop: Shop, heard: list[str]) -> None:
    """Meta quotes a malformed token or code in its message."""
    app = App("100", KITE_SECRET)
    shop.simulator.world.apps.clear()

    async def quoting(*_: object, **__: object) -> None:
        raise GraphError(f"Malformed {TOKEN} AQcanary {KITE_SECRET}", UNLISTED)

    shop.client.call = quoting  # type: ignore[method-assign]
    for call in (
        management.exchange_code(shop.client, app, "AQcanary"),
        management.debug_token(shop.client, app.token, TOKEN),
    ):
        with pytest.raises(GraphError) as error:
            await call
        secret = "AQcanary" if "exchange" in call.__qualname__ else TOKEN
        shown = f"{error.value} {error.value.message} {error.value!r}"
        assert secret not in shown
        assert "***" in shown
    clean(app, app.token, Credentials("1", TOKEN, KITE_SECRET))
