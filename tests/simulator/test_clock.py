"""The movable clock and its file."""

from pathlib import Path

import pytest

from meta_simulator.clock import Clock


def test_it_moves_and_comes_back() -> None:
    clock = Clock(source=lambda: 1000.0)
    clock.advance(60)
    clock.advance(-10)
    assert clock.now() == 1050
    clock.set_offset(7)
    assert clock.now() == 1007
    assert clock.at().isoformat() == "1970-01-01T00:16:47+00:00"
    clock.reset()
    assert clock.now() == 1000


def test_two_clocks_share_a_file(tmp_path: Path) -> None:
    file = tmp_path / "made" / "clock"
    one, two = Clock(file, lambda: 0.0), Clock(file, lambda: 0.0)
    assert two.now() == 0
    one.advance(90_000.5)
    assert two.now() == 90_000.5
    two.reset()
    assert one.now() == 0
    assert [f.name for f in file.parent.iterdir()] == ["clock"]
    file.unlink()
    assert one.now() == 0


@pytest.mark.parametrize(("text", "seconds"), [("12.5\n", 12.5), ("", 0), ("junk", 0)])
def test_the_file_is_plain_text(tmp_path: Path, text: str, seconds: float) -> None:
    file = tmp_path / "clock"
    file.write_text(text)
    assert Clock(file, lambda: 0.0).now() == seconds
