"""When the front end is built again."""

from pathlib import Path

import pytest

from illumichat_app.ops import frontend
from illumichat_app.ops.environment import WrongSetting

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


def test_a_deployment_finds_the_newest_build_at_one_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = tmp_path / "web"
    monkeypatch.setattr(frontend, "CURRENT", link)
    for name in ("older", "newer"):
        folder = tmp_path / name
        folder.mkdir()
        monkeypatch.setattr(frontend, "ensure", lambda _user, url, folder=folder: (folder, url))

        _, url = frontend.for_deployment({"PUBLIC_URL": "https://inbox.example.com"})

        assert url == "https://inbox.example.com"
        assert link.resolve() == folder


def test_without_its_address_nothing_is_built() -> None:
    with pytest.raises(WrongSetting, match="PUBLIC_URL is missing"):
        frontend.for_deployment({})


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ('{\n  "name": "reflex"\n}', '{"name": "reflex"}'),
        ('{"name": "reflex", "dependencies": {"new": "1"}}', None),
    ],
)
def test_a_manifest_in_another_form_is_no_change(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, written: str, kept: str | None
) -> None:
    manifest = tmp_path / "reflex.lock" / "package.json"
    manifest.parent.mkdir()
    manifest.write_text('{"name": "reflex"}')

    def export(*_: object, **__: object) -> str:
        manifest.write_text(written)
        return ""

    monkeypatch.setattr(frontend.progress, "run_quietly", export)
    frontend.build({"NPM_CONFIG_REGISTRY": "x"}, "http://localhost:1", tmp_path)
    assert manifest.read_text() == (kept or written)
