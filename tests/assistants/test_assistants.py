"""The assistants of a workspace: who may do what with them."""

from collections.abc import Callable
from typing import Any

import pytest

from domain import assistants
from domain.assistants import Summary
from illumichat_app.errors import AppError, Conflict, Invalid, NotAllowed, NotFound
from models import Assistant
from tests.assistants.conftest import Shop


def save(shop: Shop, **changes: str) -> assistants.Detail:
    words = {"name": "Harbour assistant", "instructions": "Be kind.", "model": ""} | changes
    return assistants.save(shop.session, shop.admin, shop.assistant.id, **words)


def test_everybody_sees_the_list(shop: Shop) -> None:
    shop.session.add(Assistant(workspace_id=shop.place.id, name="Anchor", model="offline"))
    for who in (shop.admin, shop.agent):
        first, second = assistants.listing(shop.session, who)
        assert (first.name, first.model, first.passages, first.channels) == (
            "Anchor",
            "offline",
            0,
            [],
        )
        assert second == Summary(
            shop.assistant.id,
            "Harbour assistant",
            "HA",
            "offline (default)",
            1,
            ["Harbour Support · +44 20 7946 0991"],
        )
    assert assistants.listing(shop.session, shop.stranger) == []


def test_a_new_assistant_has_first_instructions(shop: Shop) -> None:
    made = assistants.create(shop.session, shop.admin, "  Night \x00 shift ")
    found = assistants.detail(shop.session, shop.admin, made)
    assert (found.name, found.model, found.channels) == ("Night shift", "", [])
    assert found.instructions == assistants.FIRST_INSTRUCTIONS


@pytest.mark.parametrize(
    ("name", "refusal"),
    [
        ("", Invalid),
        ("\x00 ", Invalid),
        ("x" * 81, Invalid),
        ("harbour ASSISTANT", Conflict),
    ],
    ids=["empty", "nothing to see", "long", "taken"],
)
def test_names_that_are_refused(shop: Shop, name: str, refusal: type[AppError]) -> None:
    with pytest.raises(refusal):
        assistants.create(shop.session, shop.admin, name)
    other = assistants.create(shop.session, shop.admin, "Other")
    with pytest.raises(refusal):
        assistants.save(shop.session, shop.admin, other, name=name, instructions="", model="")


def test_another_workspace_may_use_the_same_name(shop: Shop) -> None:
    assert assistants.create(shop.session, shop.stranger, "Harbour assistant")


def test_there_is_a_most(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assistants, "MOST_ASSISTANTS", 2)
    assistants.create(shop.session, shop.admin, "Second")
    with pytest.raises(Conflict, match="2 assistants at most"):
        assistants.create(shop.session, shop.admin, "Third")


def test_settings_are_saved_as_they_are_kept(shop: Shop) -> None:
    saved = save(shop, name=" New  name ", instructions="One\r\nTwo\x00\ud800 ", model=" offline ")
    assert saved == assistants.detail(shop.session, shop.admin, shop.assistant.id)
    assert (saved.name, saved.instructions, saved.model) == ("New name", "One\nTwo", "offline")


def test_the_longest_settings_are_saved(shop: Shop) -> None:
    saved = save(shop, name="n" * 80, instructions="i" * 20_000)
    assert (len(saved.name), len(saved.instructions)) == (80, 20_000)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"instructions": "i" * 20_001}, "20,000 characters at most; these are 20,001"),
        ({"model": "gpt-5-mini"}, "This model is not known"),
        ({"model": "openai:"}, "This model is not known"),
        ({"model": "openai:" + "x" * 100}, "100 characters at most"),
        ({"name": " "}, "at least one letter"),
    ],
    ids=["long", "no provider", "no model", "long model", "no name"],
)
def test_settings_that_are_refused(shop: Shop, changes: dict[str, str], words: str) -> None:
    with pytest.raises(Invalid, match=words):
        save(shop, **changes)


@pytest.mark.parametrize("model", ["", "offline", "openai:a", "anthropic:b", "google:c"])
def test_known_models(shop: Shop, model: str) -> None:
    assert save(shop, model=model).model == model


@pytest.mark.parametrize(
    ("model", "words"),
    [("", ""), ("offline", ""), ("google:x", "GOOGLE_API_KEY is not set"), ("llama3:8b", "")],
)
def test_a_missing_key_is_named(model: str, words: str) -> None:
    assert assistants.model_problem(model).startswith(words)
    assert bool(assistants.model_problem(model)) == bool(words)


def test_guidance_is_added_once() -> None:
    once = assistants.with_guidance("Be kind.\n")
    assert once == f"Be kind.\n\n{assistants.WHATSAPP_GUIDANCE}"
    assert assistants.with_guidance(once) == once
    assert assistants.with_guidance("") == assistants.WHATSAPP_GUIDANCE


DEEDS: dict[str, Callable[[Shop, Any, int], object]] = {
    "detail": lambda shop, who, number: assistants.detail(shop.session, who, number),
    "save": lambda shop, who, number: assistants.save(
        shop.session, who, number, name="Forged", instructions="", model=""
    ),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_agents_strangers_and_wrong_ids_are_refused(shop: Shop, deed: str) -> None:
    number = shop.assistant.id
    for who, wanted, refusal in (
        (shop.agent, number, NotAllowed),
        (shop.stranger, number, NotFound),
        (shop.admin, number + 999, NotFound),
        (shop.admin, 0, NotFound),
        (shop.admin, 2**63, NotFound),
    ):
        with pytest.raises(refusal):
            DEEDS[deed](shop, who, wanted)
    shop.session.refresh(shop.assistant)
    assert shop.assistant.name == "Harbour assistant"


def test_an_agent_makes_none(shop: Shop) -> None:
    with pytest.raises(NotAllowed, match="Only an admin"):
        assistants.create(shop.session, shop.agent, "Forged")
