from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from illumichat_app import db
from illumichat_app.config import settings
from models import Media, MediaState, Workspace
from tests import factories
from tests.accounts.conftest import Team

pytestmark = pytest.mark.anyio


@pytest.fixture
def folder() -> Iterator[Path]:
    path = settings().data_dir / "media"
    path.mkdir(parents=True, exist_ok=True)
    (path / "photo").write_bytes(b"0123456789")
    (path.parent / "secret").write_bytes(b"outside")
    yield path
    (path / "photo").unlink()
    (path.parent / "secret").unlink()


def a_file(team: Team, **facts: object) -> int:
    with db.transaction() as session:
        place = session.get_one(Workspace, team.agent.workspace_id)
        on = factories.channel(session, place, factories.assistant(session, place))
        said = factories.message(session, factories.conversation(session, on))
        row = Media(
            **{
                "workspace_id": place.id,
                "channel_id": on.id,
                "message_id": said.id,
                "meta_id": "1",
                "mime_type": "image/jpeg",
                "state": MediaState.READY,
                "path": "photo",
            }
            | facts
        )
        session.add(row)
        session.flush()
        return row.id


async def test_a_member_sees_the_file(browser: httpx.AsyncClient, team: Team, folder: Path) -> None:
    browser.headers["cookie"] = team.signed_in(team.agent)
    answer = await browser.get(f"/api/media/{a_file(team)}")
    assert (answer.status_code, answer.content) == (200, b"0123456789")
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["content-disposition"].startswith("inline")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "private" in answer.headers["cache-control"]


async def test_a_part_can_be_asked_for(
    browser: httpx.AsyncClient, team: Team, folder: Path
) -> None:
    browser.headers["cookie"] = team.signed_in(team.agent)
    part = {"range": "bytes=2-4"}
    answer = await browser.get(f"/api/media/{a_file(team)}", headers=part)
    assert (answer.status_code, answer.content) == (206, b"234")


async def test_nobody_sees_nothing(browser: httpx.AsyncClient, team: Team, folder: Path) -> None:
    answer = await browser.get(f"/api/media/{a_file(team)}")
    assert answer.status_code == 401
    assert b"0123456789" not in answer.content


async def test_a_foreign_file_and_a_missing_one_look_the_same(
    browser: httpx.AsyncClient, team: Team, folder: Path
) -> None:
    browser.headers["cookie"] = team.signed_in(team.stranger)
    number = a_file(team)
    foreign = await browser.get(f"/api/media/{number}")
    missing = await browser.get(f"/api/media/{number + 1}")
    assert foreign.status_code == missing.status_code == 404
    assert foreign.content == missing.content


@pytest.mark.parametrize(
    ("kind", "disposition", "sent_as"),
    [
        ("image/png", "inline", "image/png"),
        ("audio/ogg; codecs=opus", "inline", "audio/ogg"),
        ("video/mp4", "inline", "video/mp4"),
        ("application/pdf", "inline", "application/pdf"),
        ("image/svg+xml", "attachment", "application/octet-stream"),
        ("text/html", "attachment", "application/octet-stream"),
        ("IMAGE/JPEG", "inline", "image/jpeg"),
        ("", "attachment", "application/octet-stream"),
    ],
)
async def test_only_harmless_kinds_are_shown(
    browser: httpx.AsyncClient, team: Team, folder: Path, kind: str, disposition: str, sent_as: str
) -> None:
    browser.headers["cookie"] = team.signed_in(team.agent)
    answer = await browser.get(f"/api/media/{a_file(team, mime_type=kind)}")
    assert answer.headers["content-type"] == sent_as
    assert answer.headers["content-disposition"].startswith(disposition)


async def test_the_name_of_a_document_cannot_break_the_header(
    browser: httpx.AsyncClient, team: Team, folder: Path
) -> None:
    browser.headers["cookie"] = team.signed_in(team.agent)
    number = a_file(team, filename='año "1"\r\nset-cookie: a=b.pdf')
    answer = await browser.get(f"/api/media/{number}")
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "facts",
    [
        {"path": "../secret"},
        {"path": "/etc/passwd"},
        {"path": "gone"},
        {"path": ""},
        {"state": MediaState.PENDING},
        {"state": MediaState.FAILED},
    ],
    ids=str,
)
async def test_only_ready_files_of_the_folder_are_served(
    browser: httpx.AsyncClient, team: Team, folder: Path, facts: dict[str, object]
) -> None:
    browser.headers["cookie"] = team.signed_in(team.agent)
    assert (await browser.get(f"/api/media/{a_file(team, **facts)}")).status_code == 404


@pytest.mark.parametrize(
    "kind",
    [
        "audio/x\r\nset-cookie: a=b",
        "video/é",
        "video/\x7f",
        "audio/",
        "audio/ogg/html",
        "image/png, text/html",
    ],
    ids=ascii,
)
async def test_a_kind_that_is_none_is_a_download(
    browser: httpx.AsyncClient, team: Team, folder: Path, kind: str
) -> None:
    """Customers' phones name the kind of what they send."""
    browser.headers["cookie"] = team.signed_in(team.agent)
    answer = await browser.get(f"/api/media/{a_file(team, mime_type=kind)}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")
