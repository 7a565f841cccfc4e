import base64
import hashlib

import httpx
import pytest

from integrations.whatsapp.client import MediaInfo
from integrations.whatsapp.errors import Outcome
from tests.integrations.whatsapp.test_client import BASE, SHOP, TOKEN, Meta, answer, failure, graph

pytestmark = pytest.mark.anyio

PHOTO = b"\xff\xd8photo" * 1000
DIGEST = hashlib.sha256(PHOTO)
BASE64 = base64.b64encode(DIGEST.digest()).decode()
URL = "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=99"


def info(url=URL, sha256=BASE64, mime_type="image/jpeg"):
    return MediaInfo(url, mime_type, sha256, None)


def photo(**headers):
    return httpx.Response(200, content=PHOTO, headers={"content-type": "image/jpeg"} | headers)


async def download(meta, into, info, limit_bytes=1_000_000):
    async with graph(meta) as client:
        return await client.download(SHOP, info, into, limit_bytes=limit_bytes)


@pytest.mark.parametrize(
    ("size", "read"), [("41213", 41213), (41213, 41213), ("x", None), (None, None)]
)
async def test_where_a_file_lies(size, read):
    meta = Meta(answer({"url": URL, "mime_type": "image/jpeg", "sha256": "s", "file_size": size}))
    async with graph(meta) as client:
        assert await client.media(SHOP, "99") == MediaInfo(URL, "image/jpeg", "s", read)
    [request] = meta.asked
    assert request.url.path == "/v26.0/99"
    assert request.url.params["phone_number_id"] == SHOP.phone_number_id


async def test_a_file_without_an_address_may_be_asked_for_again():
    async with graph(Meta(answer({"id": "99"}))) as client:
        assert (await failure(client.media(SHOP, "99"))).outcome is Outcome.RETRY


@pytest.mark.parametrize(
    "sha256",
    [
        BASE64,
        BASE64.rstrip("="),
        BASE64.replace("+", "-").replace("/", "_"),
        DIGEST.hexdigest(),
        DIGEST.hexdigest().upper(),
        None,
    ],
)
async def test_a_file_is_written_whole(tmp_path, sha256):
    meta = Meta(photo())
    target = tmp_path / "photo"
    assert await download(meta, target, info(sha256=sha256)) == len(PHOTO)
    assert target.read_bytes() == PHOTO
    assert meta.asked[0].headers["authorization"] == f"Bearer {TOKEN}"
    assert "IllumiChat" in meta.asked[0].headers["user-agent"]


@pytest.mark.parametrize(
    "url",
    [
        "https://mmg.whatsapp.net/a",
        "https://scontent.xx.fbcdn.net/a",
        "https://LOOKASIDE.FBSBX.COM/a",
        "https://lookaside.fbsbx.com:443/a",
        f"{BASE}/files/99",
    ],
)
async def test_metas_hosts_are_trusted(tmp_path, url):
    assert await download(Meta(photo()), tmp_path / "photo", info(url)) == len(PHOTO)


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.test/a",
        "https://evilfbsbx.com/a",
        "https://fbsbx.com.evil.test/a",
        "http://lookaside.fbsbx.com/a",
        "https://lookaside.fbsbx.com:8443/a",
        "https://lookaside.fbsbx.com@evil.test/a",
        "https://user:pass@lookaside.fbsbx.com/a",
        "http://graph.test/a",
        "https://graph.test:444/a",
        "http://169.254.169.254/latest",
        "file:///etc/passwd",
        "/relative",
        "",
    ],
)
async def test_the_token_never_goes_elsewhere(tmp_path, url):
    meta = Meta()
    error = await failure(download(meta, tmp_path / "photo", info(url)))
    assert (error.outcome, meta.asked) == (Outcome.REFUSED, [])


async def test_an_address_that_is_none(tmp_path):
    error = await failure(download(Meta(), tmp_path / "photo", info("https://a.fbcdn.net:x/")))
    assert error.outcome is Outcome.RETRY


def redirect(to):
    return httpx.Response(302, headers={"location": to})


async def test_redirects_within_meta_are_followed(tmp_path):
    meta = Meta(redirect("/other"), redirect("https://a.fbcdn.net/b"), photo())
    assert await download(meta, tmp_path / "photo", info()) == len(PHOTO)
    assert [request.url.host for request in meta.asked] == [
        "lookaside.fbsbx.com",
        "lookaside.fbsbx.com",
        "a.fbcdn.net",
    ]


async def test_redirects_elsewhere_are_refused(tmp_path):
    meta = Meta(redirect("https://evil.test/b"))
    error = await failure(download(meta, tmp_path / "photo", info()))
    assert (error.outcome, len(meta.asked)) == (Outcome.REFUSED, 1)


async def test_redirects_in_a_circle_end(tmp_path):
    meta = Meta(*[redirect(URL) for _ in range(9)])
    error = await failure(download(meta, tmp_path / "photo", info()))
    assert (error.outcome, len(meta.asked)) == (Outcome.RETRY, 4)


class Cut(httpx.AsyncByteStream):
    async def __aiter__(self):
        yield PHOTO[:10]
        raise httpx.ReadError("cut")


class Endless(httpx.AsyncByteStream):
    async def __aiter__(self):
        while True:
            yield b"x" * 1024


@pytest.mark.parametrize(
    ("given", "outcome", "words"),
    [
        (httpx.Response(404, text="gone"), Outcome.RETRY, "expired"),
        (httpx.Response(404, json={"error": {"code": 190}}), Outcome.REFUSED, "code 190"),
        (httpx.Response(403, text=TOKEN), Outcome.REFUSED, "HTTP status 403"),
        (httpx.Response(500, stream=Endless()), Outcome.RETRY, "HTTP status 500"),
        (httpx.Response(500, text="oops"), Outcome.RETRY, "HTTP status 500"),
        (httpx.Response(206, content=b"part"), Outcome.REFUSED, "HTTP status 206"),
        (httpx.Response(200, html="<html>Log in"), Outcome.RETRY, "web page"),
        (httpx.Response(200, content=b"other"), Outcome.RETRY, "checksum"),
        (httpx.Response(200, stream=Cut()), Outcome.RETRY, "ReadError"),
        (httpx.Response(200, stream=Endless()), Outcome.REFUSED, "larger than"),
        (photo(**{"content-length": "2000000"}), Outcome.REFUSED, "larger than"),
        (httpx.ConnectError("no route"), Outcome.RETRY, "not reached"),
        (httpx.ReadTimeout("slow"), Outcome.RETRY, "ReadTimeout"),
    ],
    ids=str,
)
async def test_a_failed_download_leaves_no_file(tmp_path, given, outcome, words):
    error = await failure(download(Meta(given), tmp_path / "photo", info()))
    assert error.outcome is outcome
    assert words in str(error)
    assert list(tmp_path.iterdir()) == []


async def test_a_file_just_within_the_limit(tmp_path):
    assert await download(Meta(photo()), tmp_path / "photo", info(), len(PHOTO)) == len(PHOTO)


async def test_a_web_page_that_was_sent_as_a_file(tmp_path):
    page = httpx.Response(200, html="<html>")
    given = info(sha256=None, mime_type="text/html")
    assert await download(Meta(page), tmp_path / "page", given) == 6
