"""Embedded Signup: from the window's answer to a number that works, or a sentence and no trace."""

from dataclasses import replace

import httpx
import pytest

from domain import connecting, connection_check
from domain.connections import NumberTaken
from illumichat_app.config import settings
from illumichat_app.errors import Invalid, NotAllowed, NotFound
from integrations.whatsapp.signup import Answer
from meta_simulator import seed
from models import Channel, ConnectionStatus, ConnectMethod, WhatsAppConnection
from tests.connecting.conftest import Shop, another, away, competitor, live, states, wired
from tests.flows.stack import rows

pytestmark = pytest.mark.anyio
DONE = {
    "exchange": "ok",
    "permissions": "ok",
    "number": "ok",
    "saved": "ok",
    "subscribe": "ok",
    "register": "ok",
    "health": "ok",
    "templates": "ok",
}


async def test_from_the_window_to_a_working_number(shop: Shop) -> None:
    answer = shop.answer(business="Blue Kite", phone="+44 20 7946 0555")
    assert states(await shop.finish(answer)) == DONE
    (row,) = live()
    assert row.status is ConnectionStatus.CONNECTED
    assert (row.method, row.connected_by) == (ConnectMethod.EMBEDDED, shop.ana.user_id)
    assert (row.phone_number_id, row.waba_id) == (answer.phone_number_id, answer.waba_id)
    assert row.display_phone_number == "+44 20 7946 0555"
    assert row.health["quality"] == "GREEN"
    assert row.templates_due_at is not None
    meta = shop.number(answer.phone_number_id)
    assert (meta.platform_type, meta.pin) == ("CLOUD_API", row.pin)
    assert seed.APP_ID in shop.simulator.world.wabas[answer.waba_id].subscriptions


async def test_it_subscribes_before_it_registers(shop: Shop) -> None:
    await shop.sign_up()
    changes = [e.summary for e in shop.simulator.traffic.entries if e.method == "POST"]
    assert [line.rsplit("/", 1)[-1] for line in changes] == [
        "access_token",
        "subscribed_apps",
        "register",
    ]


async def test_a_registered_number_is_not_registered_again(shop: Shop) -> None:
    steps = await shop.sign_up(waba_id=seed.WABA_ID, phone_number_id=seed.NUMBER_ID)
    assert states(steps) == DONE | {"subscribe": "skipped", "register": "skipped"}
    assert shop.number(seed.NUMBER_ID).registrations == []


async def test_a_number_of_the_business_app_is_found_and_left_registered(shop: Shop) -> None:
    answer = shop.answer(outcome="coexistence", phone="+44 20 7946 0556")
    assert answer.phone_number_id == ""
    assert states(await shop.finish(answer)) == DONE | {"register": "skipped"}
    assert live()[0].display_phone_number == "+44 20 7946 0556"


async def test_an_account_without_a_number_says_what_to_do(shop: Shop) -> None:
    steps = await shop.sign_up(outcome="only_waba")
    assert states(steps) == {"exchange": "ok", "permissions": "ok", "number": "failed"}
    assert "no phone number yet" in steps[-1].sentence
    assert "Add a number" in steps[-1].fix
    assert rows(WhatsAppConnection) == rows(Channel) == []


async def test_of_several_numbers_none_is_guessed(shop: Shop) -> None:
    answer = shop.answer(business="Blue Kite")
    shop.answer(waba_id=answer.waba_id, phone="+44 20 7946 0557")
    steps = await shop.finish(replace(answer, phone_number_id="", event="FINISH_ONLY_WABA"))
    assert states(steps)["number"] == "failed"
    assert "several numbers" in steps[-1].sentence
    assert live() == []


async def test_a_code_works_once_and_for_thirty_seconds(shop: Shop) -> None:
    used, late = shop.answer(), shop.answer()
    await shop.finish(used)
    assert "used already" in (await shop.finish(used))[0].sentence
    shop.simulator.clock.advance(31)
    (step,) = await shop.finish(late)
    assert (step.name, step.state) == ("exchange", "failed")
    assert "30 seconds" in step.sentence
    assert "Connect with WhatsApp again" in step.fix


async def test_a_deployment_with_a_wrong_app_secret_is_told_so(shop: Shop) -> None:
    answer = shop.answer()
    next(iter(shop.simulator.world.apps.values())).secret = "changed at Meta"
    (step,) = await shop.finish(answer)
    assert "META_APP_SECRET" in step.fix


async def test_another_companys_account_cannot_be_claimed(shop: Shop) -> None:
    mine = shop.answer(business="Mallory")
    forged = replace(mine, waba_id=seed.WABA_ID, phone_number_id=seed.NUMBER_ID)
    steps = await shop.finish(forged)
    assert states(steps) == {"exchange": "ok", "permissions": "failed"}
    assert "does not cover" in steps[-1].sentence
    assert live() == []


async def test_a_number_of_another_account_cannot_be_claimed(shop: Shop) -> None:
    forged = replace(shop.answer(business="Mallory"), phone_number_id=seed.NUMBER_ID)
    steps = await shop.finish(forged)
    assert states(steps)["number"] == "failed"
    assert "does not belong" in steps[-1].sentence
    assert live() == []


async def test_a_missing_permission_is_named(shop: Shop) -> None:
    answer = shop.answer()
    code = shop.simulator.world.codes[answer.code]
    shop.simulator.world.tokens[code.token].scopes = ["whatsapp_business_management"]
    steps = await shop.finish(answer)
    assert steps[-1].name == "permissions"
    assert "whatsapp_business_messaging" in steps[-1].sentence


async def test_a_token_of_another_app_is_refused(shop: Shop) -> None:
    answer = shop.answer()
    code = shop.simulator.world.codes[answer.code]
    shop.simulator.world.tokens[code.token].dead_subcode = 458
    assert "not for this deployment" in (await shop.finish(answer))[-1].sentence
    assert live() == []


async def test_a_pin_that_is_another_leaves_a_step_to_try_again(shop: Shop) -> None:
    answer = shop.answer()
    shop.number(answer.phone_number_id).pin = "424242"
    steps = await shop.finish(answer)
    assert states(steps) == DONE | {"register": "failed", "health": "failed"}
    failed = next(step for step in steps if step.name == "register")
    assert "two-step PIN" in failed.sentence
    (row,) = live()
    assert row.status is ConnectionStatus.ISSUE
    assert "not registered" in row.issue
    again = await connecting.retry(shop.client, shop.ana, row.channel_id, "register", "424242")
    assert states(again) == {"register": "ok", "health": "ok"}
    assert live()[0].status is ConnectionStatus.CONNECTED
    assert live()[0].pin == "424242"


async def test_an_unverified_number_says_where_to_verify(shop: Shop) -> None:
    steps = await shop.sign_up(unverified=True)
    register = next(step for step in steps if step.name == "register")
    assert (register.state, "Verify it in WhatsApp Manager" in register.fix) == ("failed", True)


async def test_a_subscription_that_was_lost_is_made_again_alone(shop: Shop) -> None:
    answer = shop.answer()
    await shop.finish(answer)
    shop.simulator.world.wabas[answer.waba_id].subscriptions.clear()
    assert (await shop.check())["subscribed"].state == "failed"
    assert live()[0].status is ConnectionStatus.ISSUE
    again = await connecting.retry(shop.client, shop.ana, live()[0].channel_id, "subscribe")
    assert states(again) == {"subscribe": "ok", "health": "ok"}
    assert live()[0].status is ConnectionStatus.CONNECTED


@pytest.mark.parametrize("pin", ["12345", "1234567", "abcdef", "１２３４５６", 123456, {"a": 1}])
async def test_a_pin_has_six_digits(shop: Shop, pin: object) -> None:
    await shop.sign_up()
    channel_id = live()[0].channel_id
    before = live()[0].pin
    with pytest.raises(Invalid):
        await connecting.retry(shop.client, shop.ana, channel_id, "register", pin)
    assert live()[0].pin == before


async def test_only_steps_that_exist_are_tried_again(shop: Shop) -> None:
    await shop.sign_up()
    with pytest.raises(Invalid):
        await connecting.retry(shop.client, shop.ana, live()[0].channel_id, "exchange")


async def test_agents_and_strangers_are_refused_before_meta_is_asked(shop: Shop) -> None:
    answer, (rival, theirs) = shop.answer(), competitor()
    with pytest.raises(NotAllowed):
        await shop.finish(answer, actor=shop.sam)
    with pytest.raises(NotFound):
        await shop.finish(answer, actor=rival)
    with pytest.raises(NotFound):
        await shop.finish(answer, assistant=theirs)
    assert not shop.simulator.traffic.entries
    await shop.finish(answer)
    channel_id = live()[0].channel_id
    for actor, refusal in ((shop.sam, NotAllowed), (rival, NotFound)):
        with pytest.raises(refusal):
            await connecting.retry(shop.client, actor, channel_id, "register")


async def test_a_taken_number_is_refused_before_anything_changes_at_meta(shop: Shop) -> None:
    answer = shop.answer()
    await shop.finish(answer)
    waba = shop.simulator.world.wabas[answer.waba_id]
    waba.subscriptions.clear()
    again = shop.answer(waba_id=answer.waba_id, phone_number_id=answer.phone_number_id)
    with pytest.raises(NumberTaken):
        await shop.finish(again, assistant=another(shop))
    assert waba.subscriptions == {}


async def test_a_bad_moment_at_meta_does_not_waste_the_code(shop: Shop) -> None:
    answer, failures = shop.answer(), iter([True])

    async def hiccup(request: httpx.Request) -> httpx.Response | None:
        if "debug_token" in str(request.url) and next(failures, False):
            return httpx.Response(503, json={"error": {"code": 2, "message": "Service problem"}})
        return None

    async with wired(shop, hiccup):
        assert states(await shop.finish(answer)) == DONE


@pytest.mark.parametrize(
    ("words", "step", "saved"),
    [
        ("oauth/access_token", "exchange", False),
        ("debug_token", "permissions", False),
        ("/phone_numbers", "number", False),
        ("/subscribed_apps", "subscribe", True),
        ("/register", "register", True),
    ],
)
async def test_whatever_step_fails_is_told_and_nothing_is_half_saved(
    shop: Shop, words: str, step: str, saved: bool
) -> None:
    answer = shop.answer()
    async with wired(shop, away(words)):
        steps = await shop.finish(answer)
    failure = next(found for found in steps if found.state == "failed")
    assert (failure.name, bool(failure.sentence and failure.fix)) == (step, True)
    assert len(rows(WhatsAppConnection)) == len(rows(Channel)) == saved
    if saved:
        assert live()[0].status is ConnectionStatus.ISSUE
        again = await connecting.retry(shop.client, shop.ana, live()[0].channel_id, step)
        assert states(again)[step] == "ok"


async def test_a_number_meta_does_not_show_is_not_registered(shop: Shop) -> None:
    answer = shop.answer()
    async with wired(shop, away(f"{answer.phone_number_id}?fields=id%2Cdisplay")):
        steps = await shop.finish(answer)
    assert states(steps)["register"] == "failed"
    assert shop.number(answer.phone_number_id).registrations == []


async def test_when_meta_goes_away_at_the_end_the_connection_says_so(shop: Shop) -> None:
    answer = shop.answer()
    async with wired(shop, away("health_status")):
        steps = await shop.finish(answer)
    assert states(steps)["health"] == "skipped"
    assert live()[0].issue == connection_check.UNFINISHED
    again = await connecting.retry(shop.client, shop.ana, live()[0].channel_id, "health")
    assert states(again) == {"health": "ok"}
    assert live()[0].status is ConnectionStatus.CONNECTED


async def test_a_warning_does_not_stop_the_connection(shop: Shop) -> None:
    next(iter(shop.simulator.world.apps.values())).callback_url = "https://old.example/"
    steps = await shop.sign_up()
    assert states(steps)["health"] == "warning"
    assert live()[0].status is ConnectionStatus.CONNECTED


async def test_an_account_is_named_by_digits(shop: Shop) -> None:
    steps = await shop.finish(replace(shop.answer(), waba_id="../me"))
    assert states(steps)["permissions"] == "failed"


async def test_without_an_app_of_the_deployment_there_is_no_signup(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = settings().model_copy(update={"meta_app_id": ""})
    monkeypatch.setattr(connecting, "settings", lambda: chosen)
    with pytest.raises(Invalid, match="Advanced Setup"):
        await shop.sign_up()


def test_the_answers_code_stays_out_of_its_repr() -> None:
    assert "SECRETCODE" not in repr(Answer("SECRETCODE", "1"))
