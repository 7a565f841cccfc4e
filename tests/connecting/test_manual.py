"""Manual credentials: each of the four is proved with Meta, and a wrong one is told."""

import httpx
import pytest

from domain import connecting
from domain.connections import NumberTaken
from illumichat_app.errors import NotAllowed, NotFound
from integrations.whatsapp.manual import Values
from meta_simulator import seed
from models import Channel, ConnectionStatus, ConnectMethod, WhatsAppConnection
from tests.connecting.conftest import (
    KITE_SECRET,
    Shop,
    another,
    away,
    competitor,
    live,
    states,
    values,
    wired,
)
from tests.flows.stack import rows

pytestmark = pytest.mark.anyio


def saved() -> list[object]:
    return [*rows(WhatsAppConnection), *rows(Channel)]


async def test_four_right_values_connect(shop: Shop) -> None:
    outcome = await shop.connect()
    assert outcome.errors == {}
    assert states(outcome.steps) == {
        "subscribe": "skipped",
        "register": "skipped",
        "health": "ok",
        "templates": "ok",
    }
    (row,) = live()
    assert (row.method, row.app_secret) == (ConnectMethod.MANUAL, KITE_SECRET)
    assert (row.status, row.channel_id) == (ConnectionStatus.CONNECTED, outcome.channel_id)


async def test_an_account_nobody_subscribed_is_subscribed(shop: Shop) -> None:
    company = shop.company(subscribed=False)
    outcome = await connecting.connect_manually(
        shop.client, shop.ana, shop.assistant.id, values(company)
    )
    assert states(outcome.steps)["subscribe"] == "ok"
    assert company["app_id"] in shop.simulator.world.wabas[company["waba_id"]].subscriptions


async def test_spaces_around_copied_values_are_taken_away(shop: Shop) -> None:
    company = shop.company()
    outcome = await connecting.connect_manually(
        shop.client,
        shop.ana,
        shop.assistant.id,
        values(company, access_token=f" {company['token']}\n", waba_id=f"{company['waba_id']} "),
    )
    assert outcome.errors == {}


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("phone_number_id", "310000000000999", "no phone number with this ID"),
        ("phone_number_id", seed.NUMBER_ID, "no phone number with this ID"),
        ("phone_number_id", "+44 20 7946 0991", "digits only"),
        ("phone_number_id", "", "Fill in the phone number ID"),
        ("waba_id", "210000000000999", "no WhatsApp Business account with this ID"),
        ("waba_id", seed.WABA_ID, "no WhatsApp Business account with this ID"),
        ("waba_id", "Blue Kite", "digits only"),
        ("waba_id", " ", "Fill in the WhatsApp Business Account ID"),
        ("access_token", "EAAwrongtoken", "does not accept this token"),
        ("access_token", "EAA wrong token", "characters that cannot be in it"),
        ("access_token", "", "Fill in the system user's access token"),
        ("app_secret", "another-secret", "not the secret of the app"),
        ("app_secret", "sécret", "characters that cannot be in it"),
        ("app_secret", "", "Fill in the app secret"),
    ],
)
async def test_a_wrong_value_is_told_on_its_own_field(
    shop: Shop, field: str, value: str, words: str
) -> None:
    errors = (await shop.connect(**{field: value})).errors
    assert set(errors) == {field}
    assert words in errors[field]
    assert saved() == []


async def test_every_wrong_value_is_told_at_once(shop: Shop) -> None:
    outcome = await shop.connect(phone_number_id="31", waba_id="21", app_secret="no")
    assert set(outcome.errors) == {"phone_number_id", "waba_id", "app_secret"}


async def test_all_blank_fields_are_told_at_once(shop: Shop) -> None:
    outcome = await connecting.connect_manually(
        shop.client, shop.ana, shop.assistant.id, Values("", "", "", "")
    )
    assert len(outcome.errors) == 4


@pytest.mark.parametrize("secret", ["no", KITE_SECRET])
async def test_an_app_that_demands_the_proof(shop: Shop, secret: str) -> None:
    company = shop.company()
    shop.simulator.world.apps[company["app_id"]].require_proof = True
    outcome = await connecting.connect_manually(
        shop.client, shop.ana, shop.assistant.id, values(company, app_secret=secret)
    )
    assert set(outcome.errors) == (set() if secret == KITE_SECRET else {"app_secret"})


async def test_a_number_of_the_tokens_other_account(shop: Shop) -> None:
    company = shop.company()
    second = shop.simulator.finish_signup(business="Other", app_id=company["app_id"])["data"]
    token = shop.simulator.world.tokens[company["token"]]
    token.waba_ids = [company["waba_id"], second["waba_id"]]
    errors = (
        await connecting.connect_manually(
            shop.client,
            shop.ana,
            shop.assistant.id,
            values(company, phone_number_id=second["phone_number_id"]),
        )
    ).errors
    assert set(errors) == {"phone_number_id"}
    assert company["phone_number_id"] in errors["phone_number_id"]


@pytest.mark.parametrize(
    ("scopes", "words"),
    [
        (["whatsapp_business_management"], "whatsapp_business_messaging"),
        (["whatsapp_business_messaging"], "whatsapp_business_management"),
    ],
)
async def test_a_token_without_a_permission(shop: Shop, scopes: list[str], words: str) -> None:
    company = shop.company()
    shop.simulator.world.tokens[company["token"]].scopes = scopes
    errors = (
        await connecting.connect_manually(shop.client, shop.ana, shop.assistant.id, values(company))
    ).errors
    assert words in errors["access_token"]
    assert saved() == []


async def test_a_token_that_ended(shop: Shop) -> None:
    company = shop.company()
    shop.simulator.world.tokens[company["token"]].expires_at = 1.0
    errors = (
        await connecting.connect_manually(shop.client, shop.ana, shop.assistant.id, values(company))
    ).errors
    assert set(errors) == {"access_token"}
    assert "it has ended" in errors["access_token"]


async def test_a_number_that_may_not_send(shop: Shop) -> None:
    company = shop.company()
    for change, words in (
        ({"platform_type": "NOT_APPLICABLE"}, "not registered for the Cloud API"),
        ({"platform_type": "CLOUD_API", "status": "BANNED"}, "does not let this number send"),
    ):
        for name, value in change.items():
            setattr(shop.number(company["phone_number_id"]), name, value)
        errors = (
            await connecting.connect_manually(
                shop.client, shop.ana, shop.assistant.id, values(company)
            )
        ).errors
        assert set(errors) == {"phone_number_id"}
        assert words in errors["phone_number_id"]
    assert saved() == []


async def test_a_token_meta_calls_invalid(shop: Shop) -> None:
    async def invalid(request: httpx.Request) -> httpx.Response | None:
        data = {"data": {"is_valid": False, "scopes": []}}
        return httpx.Response(200, json=data) if "debug_token" in str(request.url) else None

    async with wired(shop, invalid):
        assert set((await shop.connect()).errors) == {"access_token"}


@pytest.mark.parametrize("words", ["fields=id&", "debug_token", "/phone_numbers", "health_status"])
async def test_a_bad_moment_at_meta_blames_no_field(shop: Shop, words: str) -> None:
    async with wired(shop, away(words)):
        outcome = await shop.connect()
    assert set(outcome.errors) == {"form"}
    assert "try again" in outcome.errors["form"]
    assert saved() == []


async def test_agents_and_strangers_are_refused(shop: Shop) -> None:
    form, (rival, _) = values(shop.company()), competitor()
    for actor, refusal in ((shop.sam, NotAllowed), (rival, NotFound)):
        with pytest.raises(refusal):
            await connecting.connect_manually(shop.client, actor, shop.assistant.id, form)
    assert saved() == []


@pytest.mark.parametrize("assistant_id", [True, "1", None, {}, 0, -1, 2**70])
async def test_an_assistant_is_a_number_that_exists(shop: Shop, assistant_id: object) -> None:
    with pytest.raises(NotFound):
        await connecting.connect_manually(
            shop.client, shop.ana, assistant_id, values(shop.company())
        )


async def test_a_taken_number_names_its_assistant(shop: Shop) -> None:
    company = shop.company()
    await connecting.connect_manually(shop.client, shop.ana, shop.assistant.id, values(company))
    with pytest.raises(NumberTaken, match="Harbour assistant") as refusal:
        await connecting.connect_manually(shop.client, shop.ana, another(shop).id, values(company))
    assert refusal.value.assistant_id == shop.assistant.id
