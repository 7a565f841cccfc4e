import asyncio
import hashlib
import hmac
import json
import socket
import traceback
from contextlib import asynccontextmanager

import httpx
import pytest

from integrations.whatsapp.client import Credentials, GraphClient, Sent
from integrations.whatsapp.errors import GraphError, Outcome
from tests.payloads import encode

pytestmark = pytest.mark.anyio

BASE = "https://graph.test"
TOKEN = "EAAGshoptoken12345"
SECRET = "very-secret-app-secret"
SHOP = Credentials("310000000000007", TOKEN, SECRET)
PROOF = hmac.new(SECRET.encode(), TOKEN.encode(), hashlib.sha256).hexdigest()
HELLO = {"to": "+4477", "type": "text", "text": {"body": "Hé"}}
ACCEPTED = {
    "messaging_product": "whatsapp",
    "contacts": [{"input": "+4477", "wa_id": "4477", "user_id": "GB.2088"}],
    "messages": [{"id": "wamid.OUT1", "message_status": "accepted"}],
}


class Meta:
    """Answers in turn, and keeps what was asked."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []

    async def __call__(self, request):
        await request.aread()
        self.asked.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def answer(body, status=200, **headers):
    return httpx.Response(status, content=encode(body), headers=headers)


@asynccontextmanager
async def graph(meta, **options):
    transport = httpx.MockTransport(meta)
    async with GraphClient(BASE, "v26.0", slots=2, transport=transport, **options) as client:
        yield client


async def send(meta, credentials=SHOP):
    async with graph(meta) as client:
        return await client.send(credentials, HELLO, callback_data="attempt-1")


async def failure(coroutine) -> GraphError:
    """The GraphError of a call, after looking for secrets in everything it shows."""
    with pytest.raises(GraphError) as caught:
        await coroutine
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    for secret in (TOKEN, SECRET, PROOF):
        assert secret not in shown
    return caught.value


# Sending


async def test_a_send_in_full():
    meta = Meta(answer(ACCEPTED))
    assert await send(meta) == Sent("wamid.OUT1", "4477", "GB.2088", "accepted")
    [request] = meta.asked
    assert request.method == "POST"
    assert str(request.url) == f"{BASE}/v26.0/310000000000007/messages?appsecret_proof={PROOF}"
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.headers["user-agent"].startswith("IllumiChat/")
    assert json.loads(request.content) == HELLO | {"biz_opaque_callback_data": "attempt-1"}


async def test_a_send_to_a_user_id_brings_no_phone():
    contacts = [{"input": "GB.2088", "user_id": "GB.2088"}]
    meta = Meta(answer({"contacts": contacts, "messages": [{"id": "w"}]}))
    assert await send(meta) == Sent("w", None, "GB.2088", None)


async def test_without_the_app_secret_no_proof_is_sent():
    meta = Meta(answer(ACCEPTED))
    await send(meta, Credentials("31", TOKEN))
    assert meta.asked[0].url.query == b""


async def test_text_that_cannot_be_encoded_is_cleaned():
    meta = Meta(answer(ACCEPTED))
    async with graph(meta) as client:
        await client.send(SHOP, {"text": {"body": "a\ud83d"}}, callback_data="x")
    assert json.loads(meta.asked[0].content)["text"] == {"body": "a"}


def meta_error(code, status=400, **error):
    return answer(
        {"error": {"code": code, "message": f"about {TOKEN} and {PROOF}", **error}}, status
    )


@pytest.mark.parametrize(
    ("given", "outcome", "code"),
    [
        (meta_error(131047), Outcome.REFUSED, 131047),
        (meta_error(190, 401), Outcome.REFUSED, 190),
        (meta_error(131056), Outcome.RETRY, 131056),
        (meta_error(131016, 500), Outcome.UNKNOWN, 131016),
        (httpx.Response(502, text="<html>Bad gateway"), Outcome.UNKNOWN, None),
        (httpx.Response(200, text="<html>"), Outcome.UNKNOWN, None),
        (answer({}), Outcome.UNKNOWN, None),
        (answer({"messages": [{}]}), Outcome.UNKNOWN, None),
        (answer({"messages": "none"}), Outcome.UNKNOWN, None),
        (httpx.ConnectError("no route"), Outcome.RETRY, None),
        (httpx.ConnectTimeout("slow"), Outcome.RETRY, None),
        (httpx.PoolTimeout("busy"), Outcome.RETRY, None),
        (httpx.ProxyError("no proxy"), Outcome.RETRY, None),
        (httpx.ReadTimeout("slow"), Outcome.UNKNOWN, None),
        (httpx.WriteTimeout("slow"), Outcome.UNKNOWN, None),
        (httpx.ReadError("cut"), Outcome.UNKNOWN, None),
        (httpx.WriteError("cut"), Outcome.UNKNOWN, None),
        (httpx.RemoteProtocolError(f"cut {TOKEN}"), Outcome.UNKNOWN, None),
    ],
    ids=str,
)
async def test_what_became_of_a_send(given, outcome, code):
    error = await failure(send(Meta(given)))
    assert (error.outcome, error.code) == (outcome, code)


async def test_a_failed_call_gives_its_connection_back():
    failing = [httpx.ReadTimeout("slow"), meta_error(131047), httpx.Response(200, text="<")]
    meta = Meta(*failing, answer(ACCEPTED))
    async with graph(meta) as client:
        for _ in failing:
            await failure(client.send(SHOP, HELLO, callback_data="x"))
        assert (await client.send(SHOP, HELLO, callback_data="x")).wamid == "wamid.OUT1"


@pytest.mark.parametrize("token", ["EAAG\nEAAG", "EAAGé"])
async def test_a_token_with_foreign_characters_is_refused_unsent(token):
    meta = Meta()
    error = await failure(send(meta, Credentials("31", token)))
    assert (error.outcome, error.token_problem, meta.asked) == (Outcome.REFUSED, True, [])
    assert token not in str(error)


def test_credentials_hide_their_secrets():
    assert repr(SHOP) == "Credentials(phone_number_id='310000000000007')"


async def test_an_id_cannot_leave_its_place_in_the_path():
    meta = Meta(answer(ACCEPTED))
    await send(meta, Credentials("31/../me", TOKEN))
    assert meta.asked[0].url.raw_path == b"/v26.0/31%2F..%2Fme/messages"


@asynccontextmanager
async def served(*answers):
    """A client of one slot and a real server that answers in turn; None hangs up."""
    left, connections = list(answers), []

    async def serve(reader, writer):
        connections.append(writer)
        while left:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(x for x in head.lower().split(b"\r\n") if x.startswith(b"content-length"))
            await reader.readexactly(int(length.split(b":")[1]))
            given = left.pop(0)
            if given is None:
                break
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(given) + given)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, GraphClient(address, "v26.0", slots=1) as client:
        yield client, connections


async def test_a_connection_is_kept_and_a_cut_one_replaced():
    accepted = encode(ACCEPTED)
    async with served(accepted, accepted, None, accepted) as (client, connections):
        for _ in range(2):
            assert (await client.send(SHOP, HELLO, callback_data="x")).wamid == "wamid.OUT1"
        assert len(connections) == 1
        error = await failure(client.send(SHOP, HELLO, callback_data="x"))
        assert error.outcome is Outcome.UNKNOWN
        assert (await client.send(SHOP, HELLO, callback_data="x")).wamid == "wamid.OUT1"
        assert len(connections) == 2


async def test_a_closed_port_was_surely_not_reached():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        async with GraphClient(f"http://127.0.0.1:{port}", "v26.0", slots=1) as client:
            error = await failure(client.send(SHOP, HELLO, callback_data="x"))
    assert error.outcome is Outcome.RETRY
    assert error.message == "Meta was not reached: ConnectError"


# Reading


@pytest.mark.parametrize("typing", [True, False])
async def test_marking_as_read(typing):
    meta = Meta(answer({"success": True}))
    async with graph(meta) as client:
        await client.mark_read(SHOP, "wamid.IN1", typing=typing)
    body = json.loads(meta.asked[0].content)
    assert (body["status"], body["message_id"]) == ("read", "wamid.IN1")
    assert body.get("typing_indicator") == ({"type": "text"} if typing else None)


async def test_marking_as_read_may_be_tried_again():
    async with graph(Meta(httpx.ReadTimeout("slow"))) as client:
        error = await failure(client.mark_read(SHOP, "wamid.IN1"))
    assert error.outcome is Outcome.RETRY


def template_page(names, after=None, *, last=False):
    paging = {"cursors": {"before": "a", "after": after}} | ({} if last else {"next": "https://x"})
    return answer({"data": [{"name": name} for name in names], "paging": paging})


async def listed(meta):
    async with graph(meta) as client:
        return [item["name"] async for item in client.templates(SHOP, "21")]


async def test_templates_are_read_page_by_page():
    meta = Meta(template_page("ab", "c1"), template_page("cd", "c2"), template_page("e", last=True))
    assert await listed(meta) == ["a", "b", "c", "d", "e"]
    assert [request.url.params.get("after") for request in meta.asked] == [None, "c1", "c2"]
    assert meta.asked[0].url.path == "/v26.0/21/message_templates"


async def test_a_list_without_paging_is_one_page():
    assert await listed(Meta(answer({"data": [{"name": "a"}]}))) == ["a"]


async def test_a_cursor_that_stands_still_ends_the_list():
    assert await listed(Meta(template_page("a", "c1"), template_page("b", "c1"))) == ["a", "b"]


async def test_a_page_that_fails_raises():
    meta = Meta(template_page("a", "c1"), meta_error(80007))
    assert (await failure(listed(meta))).outcome is Outcome.RETRY


# Uploads


@pytest.mark.parametrize("as_file", [True, False])
async def test_uploading(tmp_path, as_file):
    file = tmp_path / "x"
    file.write_bytes(b"%PDF")
    meta = Meta(answer({"id": 990000000000001}))
    async with graph(meta) as client:
        source = file if as_file else b"%PDF"
        media_id = await client.upload(SHOP, source, "application/pdf", "bill\ud83d.pdf")
    assert media_id == "990000000000001"
    [request] = meta.asked
    assert request.url.path == "/v26.0/310000000000007/media"
    for part in (
        b'name="messaging_product"\r\n\r\nwhatsapp',
        b'name="type"\r\n\r\napplication/pdf',
        b'filename="bill.pdf"\r\nContent-Type: application/pdf\r\n\r\n%PDF',
    ):
        assert part in request.content


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (answer({}), Outcome.RETRY),
        (httpx.ReadTimeout("slow"), Outcome.RETRY),
        (meta_error(131053), Outcome.REFUSED),
    ],
    ids=str,
)
async def test_uploads_that_fail(given, outcome):
    async with graph(Meta(given)) as client:
        error = await failure(client.upload(SHOP, b"x", "image/png", "x.png"))
    assert error.outcome is outcome
