"""When the front end is built again."""

from pathlib import Path

import pytest

from illumichat_app.ops import frontend

URL = "http://localhost:3000"
FILES = ("pages/inbox.py", "state/thread.py", "illumichat_app/login.py", "domain/window.py",
         "assets/logo.svg", "reflex.lock/bun.lock", "rxconfig.py", "requirements.txt")  # fmt: skip


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    for name in (*FILES, "tests/test_x.py", "illumichat_app/ops/run.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


@pytest.mark.parametrize("name", FILES)
def test_a_changed_input_changes_the_digest(clone: Path, name: str) -> None:
    before = frontend.digest(clone, URL)
    (clone / name).write_text("changed")

    assert frontend.digest(clone, URL) != before


@pytest.mark.parametrize("name", ["tests/test_x.py", "illumichat_app/ops/run.py", "README.md"])
def test_other_files_do_not(clone: Path, name: str) -> None:
    before = frontend.digest(clone, URL)
    (clone / name).write_text("changed")

    assert frontend.digest(clone, URL) == before


def test_another_address_and_another_file_name_do(clone: Path) -> None:
    before = frontend.digest(clone, URL)

    assert frontend.digest(clone, "http://localhost:3100") != before
    (clone / "pages/inbox.py").rename(clone / "pages/outbox.py")
    assert frontend.digest(clone, URL) != before


def test_it_is_built_once_per_content_and_address(
    clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[str] = []

    def build(_environment: object, url: str, root: Path) -> None:
        built.append(url)
        page = root / ".web" / "build" / "client" / "index.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(url)

    monkeypatch.setattr(frontend, "BUILDS", clone / ".build")
    monkeypatch.setattr(frontend, "build", build)

    first, was_built = frontend.ensure({}, URL, clone)
    other, _ = frontend.ensure({}, "http://localhost:3100", clone)
    again, built_again = frontend.ensure({}, URL, clone)

    assert (was_built, built_again, again) == (True, False, first)
    assert built == [URL, "http://localhost:3100"]
    assert (first / "build/client/index.html").read_text() == URL
    assert (other / "build/client/index.html").read_text() == "http://localhost:3100"
