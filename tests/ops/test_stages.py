"""`make test`'s arguments, the choice of a browser, and a start that is refused."""

import fcntl
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from illumichat_app.ops import browser, check, progress, run
from illumichat_app.ops import test as suite
from illumichat_app.ops.environment import plan


@pytest.mark.parametrize(
    ("tests", "words"),
    [
        ("", []),
        ("tests/domain -k window", ["tests/domain", "-k", "window"]),
        ("-k 'a or b'", ["-k", "a or b"]),
        ('-m "not e2e"  -x', ["-m", "not e2e", "-x"]),
    ],
)
def test_tests_are_split_like_a_shell_does(tests: str, words: list[str]) -> None:
    assert suite.arguments(tests) == words


def test_an_open_quotation_mark_is_refused() -> None:
    with pytest.raises(ValueError, match="quotation"):
        suite.arguments("-k 'a or b")


@pytest.mark.parametrize(("broken", "code"), [("", 0), ("rest", 1), ("browsers", 1)])
def test_both_halves_run_and_either_can_fail(
    broken: str,
    code: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = e2e\n")
    (tmp_path / "test_all.py").write_text(
        "import pytest\n"
        f"def test_rest():\n    assert {broken != 'rest'}\n"
        f"@pytest.mark.e2e\ndef test_browsers():\n    assert {broken != 'browsers'}\n"
    )
    monkeypatch.setattr(suite, "ROOT", tmp_path)

    assert suite.everything(dict(os.environ)) == code

    said = capfd.readouterr().out
    assert said.count("1 passed") == (1 if broken else 2)
    assert said.count("1 failed") == (1 if broken else 0)


@pytest.fixture
def no_browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    browser.chromium_path.cache_clear()
    for name in ("CHROMIUM", "CHROMIUM_UNAVAILABLE"):
        monkeypatch.delenv(name, raising=False)
    for name, answer in (("candidates", []), ("download", False), ("install", False)):
        monkeypatch.setattr(browser, name, lambda answer=answer: answer)
    yield monkeypatch
    browser.chromium_path.cache_clear()  # what was found here is gone with this test


def test_a_named_browser_that_starts_is_taken(
    no_browser: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    no_browser.setenv("CHROMIUM", program(tmp_path / "chromium", 0))

    assert browser.chromium_path() == str(tmp_path / "chromium")


def test_one_that_cannot_start_is_passed_over(
    no_browser: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken, good = program(tmp_path / "a", 127), program(tmp_path / "b", 0)
    no_browser.setattr(browser, "candidates", lambda: [broken, good])

    assert browser.chromium_path() == good


def test_without_any_it_says_what_to_do(no_browser: pytest.MonkeyPatch) -> None:
    with pytest.raises(browser.NoBrowser, match=r"make test CHROMIUM=.*not e2e"):
        browser.chromium_path()


def test_a_download_is_used(no_browser: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found: list[str] = []
    no_browser.setattr(browser, "candidates", lambda: found)

    def download() -> bool:
        found.append(program(tmp_path / "chrome", 0))
        return True

    no_browser.setattr(browser, "download", download)

    assert browser.chromium_path() == found[0]


def program(file: Path, code: int) -> str:
    file.write_text(f"#!/bin/sh\nexit {code}\n")
    file.chmod(0o755)
    return str(file)


def test_a_folder_in_use_is_refused_until_its_last_holder_is_gone(tmp_path: Path) -> None:
    wanted = plan({"DATA_DIR": str(tmp_path)})
    left_over = os.open(wanted.lock, os.O_RDWR | os.O_CREAT)
    fcntl.flock(left_over, fcntl.LOCK_SH)  # as a part holds it

    with pytest.raises(run.FolderInUse, match=r"in use.*make run DATA_DIR="):
        run.take_folder(wanted)
    os.close(left_over)
    run.take_folder(wanted)

    assert wanted.lock.read_text() == str(os.getpid())


def test_the_welcome_names_addresses_and_sign_ins(tmp_path: Path) -> None:
    wanted = plan({"DATA_DIR": str(tmp_path), "PORT": "3100"})
    said = run.welcome({"DEMO_PASSWORD": "other"}, wanted)

    for part in ("http://localhost:3100", "http://localhost:4000", "admin@demo.test",
                 "agent@demo.test", "other"):  # fmt: skip
        assert part in said


def test_production_names_no_demo_sign_in() -> None:
    said = run.welcome({"PUBLIC_URL": "https://inbox.example.com"}, plan({"DEMO": "0"}))

    assert "demo.test" not in said
    assert "https://inbox.example.com" in said
    assert "first admin" in said


def test_missing_settings_are_said_before_the_pages_are_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_environment: object, *words: str) -> None:
        raise progress.StepFailed(" ".join(words), "PUBLIC_URL is missing")

    built: list[object] = []
    monkeypatch.setattr(run, "run_module", refuse)
    monkeypatch.setattr(run.frontend, "ensure", lambda *told: built.append(told))

    with pytest.raises(progress.StepFailed, match="alembic upgrade head"):
        run.prepare({}, plan({"DATA_DIR": str(tmp_path), "DEMO": "0"}))

    assert built == []


def test_a_failed_command_shows_what_it_printed() -> None:
    with pytest.raises(progress.StepFailed) as failed:
        progress.run_quietly(["sh", "-c", "echo because; exit 3"])

    assert failed.value.output == "because\n"
    assert "code 3" in str(failed.value)


def test_findings_fail_the_audit_and_a_silent_index_skips_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_words: object, **_named: object) -> str:
        raise progress.StepFailed("ended with code 1")

    monkeypatch.setattr(progress, "run_quietly", fail)

    assert check.audit(tmp_path) == check.SKIPPED
    (tmp_path / "audit.json").write_text("{}")
    with pytest.raises(progress.StepFailed):
        check.audit(tmp_path)


@pytest.mark.parametrize(
    ("known", "unknown", "note"),
    [
        (3, 0, ""),
        (0, 3, "skipped: the index tells nothing of vulnerabilities"),
        (2, 1, "ok, but 1 of 3 packages are unknown there"),
    ],
)
def test_a_package_that_was_not_looked_up_does_not_count_as_clean(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known: int, unknown: int, note: str
) -> None:
    packages = [{"name": "a", "version": "1", "vulns": []}] * known
    packages += [{"name": "b", "skip_reason": "not found"}] * unknown

    def write(*_words: object, **_named: object) -> None:
        (tmp_path / "audit.json").write_text(json.dumps({"dependencies": packages}))

    monkeypatch.setattr(progress, "run_quietly", write)

    assert check.audit(tmp_path) == note
