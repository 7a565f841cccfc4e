import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.splitting import split

FAMILY = "👨‍👩‍👧"


@given(st.text(max_size=400), st.integers(min_value=1, max_value=60))
def test_pieces_fit_are_never_empty_and_lose_no_text(text: str, limit: int):
    pieces = split(text, limit)

    assert all(0 < len(piece) <= limit for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


@given(st.lists(st.sampled_from([FAMILY, "🇵🇱", "é", "a", " "]), max_size=40))
def test_a_character_as_a_person_sees_it_is_never_cut(characters: list[str]):
    pieces = split("".join(characters), 12)

    assert not any(piece.startswith(("\u200d", "\u0301")) for piece in pieces)
    assert not any(piece.endswith("\u200d") for piece in pieces)
    assert sum(piece.count("🇵🇱") for piece in pieces) == characters.count("🇵🇱")


@pytest.mark.parametrize(
    ("text", "limit", "pieces"),
    [
        ("Short.", 4096, ["Short."]),
        ("One para.\n\nAnother para.", 15, ["One para.", "Another para."]),
        ("First one. Second one.", 15, ["First one.", "Second one."]),
        ("alpha beta gamma", 11, ["alpha beta", "gamma"]),
        ("abcdefgh", 3, ["abc", "def", "gh"]),
        ("", 10, []),
        (" \n ", 10, []),
    ],
)
def test_it_cuts_at_the_largest_seam_that_fits(text: str, limit: int, pieces: list[str]):
    assert split(text, limit) == pieces
