"""What the linter names, and that each fix leaves nothing of it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import template_drafts, template_fixes, template_lint
from domain.template_drafts import Draft, DraftButton
from domain.template_lint import Known, Problem
from tests.templates.conftest import draft

KNOWN = Known(
    taken=frozenset({("order_ready", "es"), ("taken", "en_US"), ("taken_2", "en_US")}),
    locked=frozenset({("gone", "en_US")}),
    unsure=frozenset({("lost", "en_US")}),
)


def problems(given: Draft, part: str = "", known: Known = KNOWN) -> list[Problem]:
    return [each for each in template_lint.check(given, known) if part in ("", each.part)]


def fixed(given: Draft, *remedies: str) -> Draft:
    """Press the fixing buttons until there are none; those named must be among them."""
    pressed: list[str] = []
    while remedy := next((p.remedy for p in problems(given) if p.remedy), ""):
        assert remedy not in pressed[-3:], f"{remedy} does not mend it: {given}"
        pressed.append(remedy)
        given = template_fixes.mend(given, remedy, KNOWN)
    assert set(remedies) <= set(pressed)
    return given


def test_nothing_is_said_of_a_good_one() -> None:
    assert problems(draft()) == []
    assert problems(draft(body="No variables at all, only words.", examples={})) == []
    named = "Hi {{first_name}}, your order {{order}} is ready to pick up."
    examples = {"body.first_name": "Rui", "body.order": "4471"}
    assert problems(draft(body=named, examples=examples)) == []


@pytest.mark.parametrize(
    ("name", "becomes"),
    [
        ("Order Ready Now", "order_ready_now"),
        ("Confirmación-de  pedido!", "confirmacion_de_pedido"),
        ("ÉTÉ 2026", "ete_2026"),
        ("__x__", None),
        ("a" * 513, "a" * 512),
        ("taken", "taken_3"),
        ("taken_2", "taken_3"),
    ],
)
def test_a_wrong_name_is_cleaned(name: str, becomes: str | None) -> None:
    if becomes is None:
        assert problems(draft(name=name), "name") == []
        return
    assert problems(draft(name=name), "name")[0].blocking
    assert fixed(draft(name=name)).name == becomes


@pytest.mark.parametrize("name", ["", "日本", "😀"])
def test_a_name_that_cannot_be_cleaned_has_no_button(name: str) -> None:
    (problem,) = problems(draft(name=name), "name")
    assert problem.blocking
    assert not problem.fix


def test_a_locked_name_is_a_warning_and_an_unsure_one_is_not() -> None:
    (locked,) = problems(draft(name="gone"), "name")
    assert (locked.blocking, locked.fix) == (False, "Use gone_2")
    (unsure,) = problems(draft(name="lost"), "name")
    assert unsure.blocking
    assert "Sync with Meta" in unsure.sentence


def test_the_same_name_in_another_language_is_fine() -> None:
    assert problems(draft(language="fr"), "name") == []
    (problem,) = problems(draft(language="es"), "name")
    assert "in Spanish" in problem.sentence


def test_a_template_that_is_changed_keeps_its_name() -> None:
    own = replace(KNOWN, own=("order_ready", "es"))
    assert problems(draft(language="es", template=7), "name", own) == []


@pytest.mark.parametrize(
    ("body", "remedy", "becomes"),
    [
        (
            "Hi {{2}}, your order {{1}} is ready to pick up.",
            "renumber",
            "Hi {{1}}, your order {{2}} is ready to pick up.",
        ),
        (
            "Hi {{1}}, your order {{3}} is ready to pick up.",
            "renumber",
            "Hi {{1}}, your order {{2}} is ready to pick up.",
        ),
        (
            "Hi {{name}}, your order {{1}} is ready to pick up.",
            "renumber",
            "Hi {{1}}, your order {{2}} is ready to pick up.",
        ),
        (
            "{{1}}, your order is ready to pick up.",
            "lead_in",
            "Hello {{1}}, your order is ready to pick up.",
        ),
        (
            "Come and pick up your order {{1}}",
            "closing",
            "Come and pick up your order {{1}}. Thank you.",
        ),
        (
            "Hi {{1}} {{2}} your order is ready to pick up.",
            "separate",
            "Hi {{1}}, {{2}} your order is ready to pick up.",
        ),
        (
            "Hi {1}, your order {{ 2 }} is ready to pick up.",
            "braces",
            "Hi {{1}}, your order {{2}} is ready to pick up.",
        ),
        (
            "Hi {{First Name}}, your order is ready to pick up.",
            "braces",
            "Hi {{first_name}}, your order is ready to pick up.",
        ),
        ("Hi }} there, your {{ order is ready.", "braces", "Hi  there, your  order is ready."),
    ],
)
def test_variables_are_mended(body: str, remedy: str, becomes: str) -> None:
    assert problems(draft(body=body), "body")[0].blocking
    assert fixed(draft(body=body), remedy).body == becomes


def test_examples_move_with_their_variables() -> None:
    body = "Hi {{2}}, your order {{1}} is ready to pick up."
    mended = fixed(draft(body=body, examples={"body.1": "4471", "body.2": "Rui"}))
    assert mended.examples == {"body.1": "Rui", "body.2": "4471"}


@pytest.mark.parametrize(
    ("language", "body"),
    [
        ("es", "Hola {{1}}, tu pedido está listo para recoger. Gracias."),
        ("fr", "Bonjour {{1}}, tu pedido está listo para recoger. Merci."),
        ("pt_BR", "Olá {{1}}, tu pedido está listo para recoger. Obrigado."),
    ],
)
def test_words_are_added_in_the_language_of_the_template(language: str, body: str) -> None:
    start = template_fixes.mend(
        draft(body="{{1}}, tu pedido está listo para recoger", language=language, name="x"),
        "lead_in",
        KNOWN,
    )
    closing = template_fixes.mend(start, "closing", KNOWN)
    assert closing.body == body


def test_a_long_body_is_cut_at_a_word_and_not_in_a_variable() -> None:
    long = "Hello there, " + "word " * 201 + "{{1}} and more words after it."
    cut = fixed(draft(body=long, examples={}), "cut_body")
    assert len(cut.body) <= 1024
    assert cut.body.endswith("word")
    whole = template_fixes.mend(draft(body="x" * 1100), "cut_body", KNOWN)
    assert len(whole.body) == 1024


def test_too_many_variables_for_the_words_is_a_warning() -> None:
    crowded = draft(body="Hi {{1}}, your {{2}} is.")
    (problem,) = problems(crowded, "body")
    assert not problem.blocking
    assert "2 variables need about 5 words around, and there are 3" in problem.sentence


def test_missing_examples_are_filled_with_samples() -> None:
    bare = draft(examples={}, header="For {{1}}")
    assert [p.part for p in problems(bare)] == ["header.1", "body.1", "body.2"]
    filled = fixed(bare, "sample")
    assert filled.examples == {"header.1": "Anna", "body.1": "Anna", "body.2": "4471"}
    (problem,) = problems(draft(examples={"body.1": "two\nlines", "body.2": "1"}))
    assert problem.part == "body.1"


@pytest.mark.parametrize(
    ("header", "becomes"),
    [
        ("Hello 😀 there", "Hello there"),
        ("*Big* news", "Big news"),
        ("Two\nlines", "Two lines"),
        ("_slanted_ order_no", "slanted order_no"),
        ("Order {{2}}", "Order {{1}}"),
        ("Order {1}", "Order {{1}}"),
    ],
)
def test_a_header_is_made_plain(header: str, becomes: str) -> None:
    assert problems(draft(header=header), "header")
    assert fixed(draft(header=header)).header == becomes


def test_a_header_has_its_limits() -> None:
    assert problems(draft(header="x" * 61), "header")[0].blocking
    examples = draft().examples | {"header.1": "a", "header.2": "b"}
    (problem,) = problems(draft(header="{{1}} and {{2}}", examples=examples), "header")
    assert "one variable" in problem.sentence


@pytest.mark.parametrize(
    ("footer", "becomes"),
    [("Bye {{1}} now", "Bye now"), ("Two\nlines", "Two lines"), ("✓ done", "done")],
)
def test_a_footer_is_made_plain(footer: str, becomes: str) -> None:
    assert fixed(draft(footer=footer), "plain_footer").footer == becomes
    assert problems(draft(footer="x" * 61), "footer")[0].blocking


@pytest.mark.parametrize(
    ("button", "part"),
    [
        (DraftButton("reply", ""), "text"),
        (DraftButton("reply", "x" * 26), "text"),
        (DraftButton("reply", "Yes 😀"), "text"),
        (DraftButton("link", "Go", "shop"), "target"),
        (DraftButton("link", "Go", "https://shop.test/{{1}}/x", "1"), "target"),
        (DraftButton("link", "Go", "https://shop.test/{{1}}"), "example"),
        (DraftButton("link", "Go", "https://shop.test/{{1}}", "a b"), "example"),
        (DraftButton("link", "Go", "https://shop.test/" + "x" * 2000), "target"),
        (DraftButton("phone", "Call", "960 13 02 20"), "target"),
    ],
)
def test_a_wrong_button_is_named(button: DraftButton, part: str) -> None:
    assert [p.part for p in problems(draft(buttons=[button]))] == [f"button.0.{part}"]


def test_good_buttons_are_let_through() -> None:
    good = [
        DraftButton("reply", "Yes, please"),
        DraftButton("link", "Track it", "https://shop.test/o/{{1}}", "4471"),
        DraftButton("phone", "Call us", "+34960130220"),
    ]
    assert problems(draft(buttons=good)) == []


def test_buttons_are_mended() -> None:
    wrong = [
        DraftButton("reply", "*Yes* 😀"),
        DraftButton("link", "Track", "shop.test/o"),
        DraftButton("link", "See", "https://shop.test/{{1}}/x", "4471"),
        DraftButton("phone", "Call", "0034 960 13 02 20"),
    ]
    reply, link, end, phone = fixed(draft(buttons=wrong)).buttons
    assert (reply.text, link.target) == ("Yes", "https://shop.test/o")
    assert (end.target, phone.target) == ("https://shop.test//x{{1}}", "+34960130220")


def test_buttons_are_counted() -> None:
    links = [DraftButton("link", str(n), "https://shop.test/") for n in range(3)]
    phones = [DraftButton("phone", f"P{n}", "+34960130220") for n in range(2)]
    replies = [DraftButton("reply", f"R{n}") for n in range(11)]
    for buttons, count in ((links, "2 links"), (phones, "1 phone"), (replies, "10 buttons")):
        (problem,) = problems(draft(buttons=buttons))
        assert count in problem.sentence
    twice = [DraftButton("reply", "Yes"), DraftButton("reply", "yes ")]
    assert [p.part for p in problems(draft(buttons=twice))] == ["button.1.text"]


@pytest.mark.parametrize(
    "words", ["Now 20 % off for you", "Our big sale", "Una oferta para ti", "Em promoção hoje"]
)
def test_a_promotion_as_utility_is_a_warning(words: str) -> None:
    promoted = draft(body=f"{words}, come and see it.", examples={})
    (problem,) = problems(promoted)
    assert (problem.part, problem.blocking) == ("category", False)
    assert fixed(promoted, "marketing").category == "MARKETING"
    approved = replace(promoted, approved=True)
    assert template_fixes.mend(approved, "marketing", KNOWN).category == "UTILITY"


@pytest.mark.parametrize("minutes", ["0", "91", "ten", "-5", "9" * 40, "1.5", "²"])
def test_a_code_expires_within_ninety_minutes(minutes: str) -> None:
    code = draft(category="AUTHENTICATION", body="{{", minutes=minutes)
    assert [p.part for p in problems(code)] == ["minutes"]
    for fine in ("", "1", "90"):
        assert problems(replace(code, minutes=fine)) == []


def test_only_offered_languages_are_new() -> None:
    assert [p.part for p in problems(draft(language="de"))] == ["language"]
    assert problems(draft(language="de", template=7)) == []


texts = st.text(alphabet="{}12ab_ .,*\n😀é%", max_size=40)


@given(texts, texts, texts, st.lists(st.builds(DraftButton, text=texts, target=texts), max_size=3))
def test_whatever_is_typed_is_judged_and_mended(
    header: str, body: str, footer: str, buttons: list[DraftButton]
) -> None:
    typed = Draft(name=body, header=header, body=body, footer=footer, buttons=buttons)
    template_drafts.phone_view(typed)
    for problem in problems(typed):
        assert problem.sentence
        assert bool(problem.fix) == bool(problem.remedy)
        template_fixes.mend(typed, problem.remedy, KNOWN)


def test_an_unknown_remedy_changes_nothing() -> None:
    assert template_fixes.mend(draft(), "", KNOWN) == draft()
