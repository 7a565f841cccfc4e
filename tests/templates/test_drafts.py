"""A draft in the browser's storage, and as the phone shows it."""

import pytest

from domain import template_drafts
from domain.template_drafts import Draft, DraftButton, Piece
from tests.templates.conftest import draft


def test_a_kept_draft_comes_back_the_same() -> None:
    written = draft(
        header="Hé 😀", buttons=[DraftButton("link", "Go", "https://shop.test/{{1}}", "1")]
    )
    assert template_drafts.from_text(template_drafts.to_text(written)) == written


@pytest.mark.parametrize(
    "kept", ["", "null", "[]", "{", '{"body": 1}', '{"category": "SECRET"}', '{"buttons": "x"}']
)
def test_what_is_no_draft_is_nothing(kept: str) -> None:
    assert template_drafts.from_text(kept) is None


def test_a_forged_one_is_cut_to_what_a_form_can_be() -> None:
    forged = Draft(
        name="x\x00" * 9000,
        body="y" * 9000,
        examples={f"body.{n}": "z" * 9000 for n in range(500)},
        buttons=[DraftButton("reply", "w" * 9000)] * 50,
    )
    back = template_drafts.from_text(template_drafts.to_text(forged))
    assert back is not None
    assert "\x00" not in back.name
    assert max(len(back.name), len(back.body), len(back.buttons[0].text)) <= 4000
    assert (len(back.examples), len(back.buttons)) == (100, 10)


def test_the_phone_shows_values_and_stars_in_bold() -> None:
    view = template_drafts.phone_view(
        draft(body="Hi {{1}}, *{{2}}* is *ready* now.", header="No. {{1}}", footer="Bye")
    )
    assert view.pieces == [
        Piece("Hi "),
        Piece("Rui", strong=True),
        Piece(", "),
        Piece("4471", strong=True),
        Piece(" is "),
        Piece("ready", strong=True),
        Piece(" now."),
    ]
    assert (view.header, view.footer) == ("No. {{1}}", "Bye")


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en_GB", "is your verification code. For your security"),
        ("es", "es tu código de verificación. Por tu seguridad"),
        ("fr", "est votre code de vérification. Pour votre sécurité"),
        ("pt_BR", "é o seu código de verificação. Para sua segurança"),
    ],
)
def test_a_passcode_is_shown_in_its_language(language: str, words: str) -> None:
    view = template_drafts.phone_view(Draft(category="AUTHENTICATION", language=language))
    assert words in "".join(piece.words for piece in view.pieces)
    assert "10 min" in view.footer
    bare = Draft(category="AUTHENTICATION", language=language, advice=False, minutes="")
    assert template_drafts.phone_view(bare).footer == ""


def test_a_foreign_language_can_be_kept_but_not_chosen() -> None:
    assert list(template_drafts.languages(draft(language="de"))) == [
        "en_US",
        "en_GB",
        "es",
        "fr",
        "pt_BR",
        "de",
    ]


def test_what_has_no_example_yet_stays_as_it_is_written() -> None:
    view = template_drafts.phone_view(draft(examples={}, header="No. {{1}}"))
    assert view.header == "No. {{1}}"
    assert Piece("{{2}}", strong=True) in view.pieces
    assert template_drafts.phone_view(Draft()).pieces == []
