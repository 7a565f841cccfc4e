"""However a spreadsheet cuts a file of ours, no cell of it begins like a formula."""

import csv
import io
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.spreadsheet import defused

# What spreadsheets calculate, the wide forms of the East included.
STARTS = "=+-@\uff1d\uff0b\uff0d\uff20"
HOSTILE = st.text(st.sampled_from([*STARTS, *"\t\r\n;,\"' a1"]), max_size=12)


def cells(row: list[str | int], separator: str) -> Iterator[str]:
    """What a spreadsheet makes of a row we wrote, if `separator` is what it separates by."""
    box = io.StringIO()
    csv.writer(box).writerow(row)
    for line in csv.reader(io.StringIO(box.getvalue(), newline=""), delimiter=separator):
        yield from line


def is_calculated(cell: str) -> bool:
    return cell.strip().lstrip('"').lstrip().startswith(tuple(STARTS))


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@settings(max_examples=300, derandomize=True, deadline=None, database=None)
@given(name=HOSTILE, before=st.sampled_from(["", "Lucia", "a;b"]))
def test_no_cell_is_calculated(separator: str, name: str, before: str) -> None:
    row: list[str | int] = [defused(before), defused(name), 7]
    assert not any(map(is_calculated, cells(row, separator)))


@pytest.mark.parametrize("text", ["=1+1", "+34 612", "-1", "@x", " =1", '"=1', "\uff1d1"])
def test_a_formula_gets_an_apostrophe(text: str) -> None:
    assert defused(text) == f"'{text}"
    assert defused(f"a;{text}") == f"a;'{text}"


@pytest.mark.parametrize("text", ["\t1", "\r1", "\n1"])
def test_so_does_what_moves_to_another_cell(text: str) -> None:
    assert defused(text) == f"'{text}"


@pytest.mark.parametrize(
    "cell", ["Lucia Marin", "1-1", "a=b", "yes; no", "a, -b", "\u2013", "", 0, -1]
)
def test_ordinary_words_and_numbers_stay(cell: str | int) -> None:
    assert defused(cell) == cell
