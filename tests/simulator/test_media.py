"""Files: upload, look up, download, expiry, deletion."""

import hashlib

import httpx
import pytest

from meta_simulator import Simulator, seed
from tests.simulator.conftest import NUMBER, Graph, Inbox, error

pytestmark = pytest.mark.anyio
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


async def upload(graph: Graph, data: bytes = PICTURE, mime: str = "image/png") -> httpx.Response:
    form = {"messaging_product": "whatsapp", "type": mime}
    files = {"file": ("a.png", data, mime)}
    return await graph.http.post(f"/v26.0/{NUMBER}/media", data=form, files=files)


async def test_upload_look_up_download_delete(graph: Graph) -> None:
    media_id = (await upload(graph)).json()["id"]
    facts = (await graph.get(media_id)).json()
    assert facts["mime_type"] == "image/png"
    assert facts["file_size"] == len(PICTURE)
    assert facts["sha256"] == hashlib.sha256(PICTURE).hexdigest()
    answer = await graph.http.get(facts["url"])
    assert (answer.content, answer.headers["content-type"]) == (PICTURE, "image/png")
    assert (await graph.delete(media_id)).json() == {"success": True}
    assert error(await graph.get(media_id)) == (400, 100, 33)
    assert (await graph.http.get(facts["url"])).status_code == 404


async def test_the_url_lives_five_minutes(simulator: Simulator, graph: Graph) -> None:
    media_id = (await upload(graph)).json()["id"]
    url = (await graph.get(media_id)).json()["url"]
    simulator.clock.advance(300)
    assert (await graph.http.get(url)).status_code == 200
    simulator.clock.advance(1)
    assert (await graph.http.get(url)).status_code == 404
    fresh = (await graph.get(media_id)).json()["url"]
    assert (await graph.http.get(fresh)).status_code == 200


async def test_the_url_needs_the_token_and_cannot_be_stretched(
    simulator: Simulator, graph: Graph
) -> None:
    media_id = (await upload(graph)).json()["id"]
    url = (await graph.get(media_id)).json()["url"]
    expires = str(int(simulator.clock.now()) + 300)
    longer = url.replace(expires, str(int(expires) + 9999))
    assert (await graph.http.get(longer)).status_code == 404
    anonymous = {"Authorization": ""}
    assert (await graph.http.get(url, headers=anonymous)).status_code == 401


async def test_ids_expire(simulator: Simulator, inbox: Inbox, graph: Graph) -> None:
    uploaded = (await upload(graph)).json()["id"]
    simulator.customer_sends("lucia", type="image", data=PICTURE, mime_type="image/png")
    await simulator.settle()
    received = inbox.items("messages")[0]["image"]["id"]
    simulator.clock.advance(7 * 86400 + 1)
    assert error(await graph.get(received)) == (400, 100, 33)
    assert (await graph.get(uploaded)).status_code == 200
    simulator.clock.advance(23 * 86400)
    assert error(await graph.get(uploaded)) == (400, 100, 33)


@pytest.mark.parametrize(
    ("mime", "size", "expected"),
    [
        ("image/gif", 10, 100),
        ("image/heic", 10, 100),
        ("audio/webm", 10, 100),
        ("image/png", 5 * 1024 * 1024 + 1, 131053),
        ("image/webp", 512 * 1024 + 1, 131053),
    ],
)
async def test_wrong_files_are_refused(graph: Graph, mime: str, size: int, expected: int) -> None:
    assert error(await upload(graph, b"x" * size, mime))[:2] == (400, expected)


@pytest.mark.parametrize("mime", ["application/pdf", "text/plain", "audio/ogg; codecs=opus"])
async def test_good_files_are_taken(graph: Graph, mime: str) -> None:
    assert (await upload(graph, b"x", mime)).status_code == 200


async def test_another_numbers_file_is_unknown(simulator: Simulator, graph: Graph) -> None:
    tenant = simulator.add_tenant(name="Blue Kite")
    foreign = simulator.add_media(b"x", "image/png", number_id=tenant["phone_number_id"])
    assert error(await graph.get(foreign)) == (400, 100, 33)
    own = (await upload(graph)).json()["id"]
    asked = await graph.get(own, phone_number_id=tenant["phone_number_id"])
    assert error(asked) == (400, 100, 33)


async def test_an_uploaded_file_can_be_sent(
    simulator: Simulator, inbox: Inbox, graph: Graph
) -> None:
    simulator.customer_sends("lucia", "Hi")
    media_id = (await upload(graph)).json()["id"]
    answer = await graph.send(type="image", image={"id": media_id, "caption": "Here"})
    assert answer.status_code == 200
    await simulator.settle()
    assert inbox.statuses() == ["sent", "delivered", "read"]


async def test_a_resumable_upload_gives_a_handle(graph: Graph) -> None:
    session = (await graph.post(f"{seed.APP_ID}/uploads")).json()["id"]
    answer = await graph.http.post(f"/v26.0/{session}", content=PICTURE)
    assert answer.json()["h"].startswith("4::")
    missing = await graph.http.post("/v26.0/upload:1", content=PICTURE)
    assert error(missing) == (400, 100, 33)
