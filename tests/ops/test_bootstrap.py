"""Which Python is accepted, and when packages are installed again."""

import sys
from pathlib import Path

import pytest

from illumichat_app.ops import bootstrap


@pytest.mark.parametrize(
    ("version", "fits"),
    [((3, 10), False), ((3, 11), True), ((3, 12), True), ((3, 13), True), ((3, 14), False),
     ((2, 7), False), ((4, 0), False)],
)  # fmt: skip
def test_which_python_fits(version: tuple[int, int], fits: bool) -> None:
    assert bootstrap.fits(version) is fits


def test_an_unfit_python_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 1))
    monkeypatch.setenv("PATH", "/nonexistent")

    with pytest.raises(SystemExit, match=r"needs Python 3\.11, 3\.12 or 3\.13.*Python 3\.9"):
        bootstrap.use_fitting_python(["run"])


def test_a_dead_shim_is_passed_over_for_a_python_that_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command(tmp_path / "python3.13", "exit 127")
    command(tmp_path / "python3.12", "exit 0")
    became: list[list[str]] = []
    monkeypatch.setattr(sys, "version_info", (3, 14, 0))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(bootstrap.os, "execv", lambda _path, words: became.append(words))

    bootstrap.use_fitting_python(["test"])

    assert became[0][0] == str(tmp_path / "python3.12")
    assert became[0][2:] == ["test"]


def command(file: Path, body: str) -> None:
    file.write_text(f"#!/bin/sh\n{body}\n")
    file.chmod(0o755)


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone whose environment is there and whose requirements were installed."""
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    (tmp_path / "requirements.txt").write_text("one==1\n")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").symlink_to(sys.executable)
    stamp = tmp_path / ".venv" / ".installed-requirements.txt"
    stamp.write_text(bootstrap.fingerprint(tmp_path / "requirements.txt"))
    return tmp_path


def test_unchanged_requirements_are_not_installed_again(clone: Path) -> None:
    assert bootstrap.is_current(["requirements.txt"])


def test_changed_requirements_are_installed_again(clone: Path) -> None:
    (clone / "requirements.txt").write_text("one==2\n")

    assert not bootstrap.is_current(["requirements.txt"])


def test_a_moved_clone_installs_again(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moved = clone.rename(clone.with_name("moved"))
    monkeypatch.setattr(bootstrap, "ROOT", moved)

    assert not bootstrap.is_current(["requirements.txt"])


def test_a_failed_install_leaves_no_stamp(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_words: object, **_named: object) -> str:
        raise bootstrap.progress.StepFailed("no network")

    monkeypatch.setattr(bootstrap.progress, "run_quietly", fail)

    with pytest.raises(bootstrap.progress.StepFailed):
        bootstrap.install(clone / ".venv" / "bin" / "python", ["requirements.txt"])
    assert not bootstrap.is_current(["requirements.txt"])


def test_an_unknown_stage_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert bootstrap.main(["fly"]) == 2
    assert "run, test, check, bench, chaos" in capsys.readouterr().out
