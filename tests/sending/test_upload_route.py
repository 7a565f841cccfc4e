"""POST /api/media: a file on its way to a reply."""

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from domain import media, outgoing_media
from illumichat_app import clock, db, media_routes
from models import Channel, Conversation, Workspace
from tests import factories
from tests.accounts.conftest import Team
from tests.sending import files

pytestmark = pytest.mark.anyio


@pytest.fixture
def talk(team: Team, noon: object) -> int:
    with db.transaction() as session:
        place = session.get_one(Workspace, team.agent.workspace_id)
        on = factories.channel(session, place, factories.assistant(session, place))
        return factories.conversation(session, on).id


async def give(
    browser: httpx.AsyncClient,
    talk: object,
    content: bytes = files.PDF,
    name: str = "offer.pdf",
    **more: object,
) -> httpx.Response:
    return await browser.post(
        "/api/media", data={"conversation": str(talk)}, files={"file": (name, content)}, **more
    )


def kept() -> list[str]:
    """The files of workspaces and the halves of uploads."""
    folder = media.folder()
    return [str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file()]


async def test_a_file_is_kept_and_named(browser: httpx.AsyncClient, team: Team, talk: int) -> None:
    browser.headers["cookie"] = team.signed_in(team.agent)
    answer = await give(browser, talk, name="../año.pdf")
    told = answer.json()
    assert answer.status_code == 200
    number = told.pop("id")
    assert told == {"kind": "document", "name": "año.pdf", "size": len(files.PDF), "voice": False}
    place = media.folder() / str(team.agent.workspace_id) / number
    assert place.read_bytes() == files.PDF
    assert not [each for each in kept() if each.endswith(".part")]


async def test_it_is_seen_before_meta_has_it(
    browser: httpx.AsyncClient, team: Team, talk: int
) -> None:
    browser.headers["cookie"] = team.signed_in(team.agent)
    number = (await give(browser, talk)).json()["id"]
    with db.transaction() as session:
        session.get_one(Conversation, talk).window_ends_at = clock.now() + timedelta(hours=1)
        outgoing_media.queue_media(session, team.agent, talk, number, "", "key-00001")
    answer = await browser.get("/api/media/1")
    assert (answer.status_code, answer.content) == (200, files.PDF)


async def test_a_voice_note_says_so(browser: httpx.AsyncClient, team: Team, talk: int) -> None:
    browser.headers["cookie"] = team.signed_in(team.agent)
    told = (await give(browser, talk, files.ogg(), "voice.ogg")).json()
    assert (told["kind"], told["voice"]) == ("audio", True)


async def test_what_whatsapp_refuses_is_told_and_not_kept(
    browser: httpx.AsyncClient,
    team: Team,
    talk: int,
) -> None:
    browser.headers["cookie"] = team.signed_in(team.agent)
    before = kept()
    answer = await give(browser, talk, files.GIF, "a.gif")
    assert answer.status_code == 422
    assert "JPEG or PNG" in answer.json()["error"]
    assert kept() == before


@pytest.mark.parametrize("who", ["stranger", None])
async def test_nobody_else_gives_files(
    browser: httpx.AsyncClient,
    team: Team,
    talk: int,
    who: str | None,
) -> None:
    if who:
        browser.headers["cookie"] = team.signed_in(getattr(team, who))
    before = kept()
    answer = await give(browser, talk)
    assert answer.status_code == (404 if who else 401)
    assert kept() == before


@pytest.mark.parametrize("talk_id", ["", "x", "-1", "9" * 30, "999999", "1; DROP"])
async def test_a_conversation_that_is_none(
    browser: httpx.AsyncClient,
    team: Team,
    talk: int,
    talk_id: str,
) -> None:
    browser.headers["cookie"] = team.signed_in(team.agent)
    assert (await give(browser, talk_id)).status_code == 404


async def test_another_sites_form_is_refused(
    browser: httpx.AsyncClient,
    team: Team,
    talk: int,
) -> None:
    browser.headers["cookie"] = team.signed_in(team.agent)
    browser.headers.update({"origin": "https://evil.test", "sec-fetch-site": "cross-site"})
    assert (await give(browser, talk)).status_code == 403


async def test_a_channel_that_is_off_takes_none(
    browser: httpx.AsyncClient,
    team: Team,
    talk: int,
) -> None:
    browser.headers["cookie"] = team.signed_in(team.agent)
    with db.transaction() as session:
        session.get_one(Channel, 1).enabled = False
    answer = await give(browser, talk)
    assert (answer.status_code, "switched off" in answer.json()["error"]) == (409, True)


async def test_a_form_without_a_file(browser: httpx.AsyncClient, team: Team, talk: int) -> None:
    browser.headers["cookie"] = team.signed_in(team.agent)
    answer = await browser.post("/api/media", data={"conversation": str(talk), "file": "text"})
    assert (answer.status_code, answer.json()["error"]) == (422, "Choose a file first.")


async def test_a_form_that_breaks_off(browser: httpx.AsyncClient, team: Team, talk: int) -> None:
    browser.headers["cookie"] = team.signed_in(team.agent)
    kind = {"content-type": "multipart/form-data; boundary=x"}
    answer = await browser.post("/api/media", content=b"--y\r\nrubbish", headers=kind)
    assert answer.status_code == 422


class TestTooLarge:
    @pytest.fixture(autouse=True)
    def _small(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(media_routes.file_kinds, "LARGEST_BYTES", 1000)
        monkeypatch.setattr(media_routes, "FORM_BYTES", 500)

    async def test_announced(self, browser: httpx.AsyncClient, team: Team, talk: int) -> None:
        browser.headers["cookie"] = team.signed_in(team.agent)
        answer = await give(browser, talk, files.PDF + bytes(2000))
        assert (answer.status_code, "100 MB" in answer.json()["error"]) == (413, True)

    async def test_unannounced(self, browser: httpx.AsyncClient, team: Team, talk: int) -> None:
        browser.headers["cookie"] = team.signed_in(team.agent)

        async def endless() -> AsyncIterator[bytes]:
            yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
            for _ in range(100):
                yield bytes(100)

        kind = {"content-type": "multipart/form-data; boundary=x"}
        before = kept()
        answer = await browser.post("/api/media", content=endless(), headers=kind)
        assert answer.status_code == 413
        assert kept() == before
