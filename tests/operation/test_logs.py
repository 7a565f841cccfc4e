"""The log: who can be followed through it, and what it never says."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from illumichat_app import log
from illumichat_app.config import log_format
from illumichat_app.edge import correlated, unexpected
from tests.accounts.conftest import Team
from tests.flows.stack import Stack
from tests.security import pipeline
from workers import lane

pytestmark = pytest.mark.anyio
LOGGER = logging.getLogger("tests.operation")


class Written:
    """The lines that were logged meanwhile."""

    def __init__(self, chosen: Any) -> None:
        self.stream = io.StringIO()
        self.handler = logging.StreamHandler(self.stream)
        self.handler.setFormatter(log.formatter(chosen))

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]

    def find(self, start: str) -> dict[str, Any]:
        """The one line that begins so."""
        (found,) = [line for line in self.lines if line["message"].startswith(start)]
        return found


@pytest.fixture(params=["json", "text"])
def written(request: pytest.FixtureRequest) -> Iterator[Written]:
    yield from _written(request.param)


@pytest.fixture
def json_lines() -> Iterator[Written]:
    yield from _written("json")


def _written(chosen: str) -> Iterator[Written]:
    found, root = Written(chosen), logging.getLogger()
    level = root.level
    root.addHandler(found.handler)
    root.setLevel(logging.INFO)
    yield found
    root.removeHandler(found.handler)
    root.setLevel(level)


# ---- what a line says


def test_a_line_of_json(json_lines: Written) -> None:
    with log.about(correlation_id="ab12", lane="outbox"):
        LOGGER.warning("sent %s", "it", extra={"message_id": 12345678901})
    (line,) = json_lines.lines
    assert line.pop("timestamp").endswith("+00:00")
    assert line == {
        "level": "WARNING",
        "logger": "tests.operation",
        "message": "sent it",
        "correlation_id": "ab12",
        "lane": "outbox",
        "message_id": 12345678901,  # an id of ours is no phone number
    }


def test_a_line_of_text() -> None:
    for found in _written("text"):
        with log.about(correlation_id="ab12"):
            LOGGER.warning("sent", extra={"message_id": 7})
        LOGGER.warning("alone")
        with_fields, alone = found.text.splitlines()
        assert with_fields.endswith("tests.operation sent [correlation_id=ab12 message_id=7]")
        assert alone.endswith("tests.operation alone")


def test_what_is_bound_ends_with_its_work(json_lines: Written) -> None:
    with log.about(correlation_id="outer"):
        with log.about(correlation_id="inner"):
            LOGGER.info("1")
        LOGGER.info("2")
    LOGGER.info("3")
    assert [line.get("correlation_id") for line in json_lines.lines] == ["inner", "outer", None]


SECRETS = ("EAAG1234567890", "canary-session", "34612555014")


def _in_words() -> None:
    LOGGER.error("Bearer EAAG1234567890 for 34612555014, {'cookie': 'canary-session'}")


def _in_arguments() -> None:
    LOGGER.error("%s", {"cookie": "canary-session", "token": "EAAG1234567890"})


def _in_fields() -> None:
    given = {"token": "EAAG1234567890", "who": ["+34612555014"], "headers": {"Cookie": SECRETS[1]}}
    LOGGER.error("x", extra=given)


def _in_what_is_bound() -> None:
    with log.about(customer="34612555014", of=object.__new__(_Shown)):
        LOGGER.error("x")


class _Shown:
    def __str__(self) -> str:
        return "access_token=EAAG1234567890"


def _in_a_trace() -> None:
    try:
        raise RuntimeError("Bearer EAAG1234567890 of 34612555014 {'cookie': 'canary-session'}")
    except RuntimeError:
        LOGGER.exception("failed")


@pytest.mark.parametrize(
    "plant", [_in_words, _in_arguments, _in_fields, _in_what_is_bound, _in_a_trace]
)
def test_no_secret_is_written(written: Written, plant: Any) -> None:
    plant()
    assert "***" in written.text or "••5014" in written.text
    for secret in SECRETS:
        assert secret not in written.text


def test_a_trace_of_json_is_one_line(json_lines: Written) -> None:
    _in_a_trace()
    (line,) = json_lines.lines
    assert line["exc_info"].startswith("Traceback")
    assert "\n" in line["exc_info"]


def test_the_setting_chooses(monkeypatch: pytest.MonkeyPatch) -> None:
    assert log_format() == "text"
    monkeypatch.setenv("LOG_FORMAT", "json")
    assert log_format() == "json"
    monkeypatch.setenv("LOG_FORMAT", "xml")
    with pytest.raises(SystemExit, match="LOG_FORMAT"):
        log_format()


# ---- whom it lets follow


async def test_a_message_is_followed_from_the_webhook_to_its_status(
    stack: Stack, json_lines: Written
) -> None:
    stack.says("When are you open?")
    await stack.settle()
    applied = [each for each in json_lines.lines if each["message"].startswith("delivery applied")]
    came = next(each for each in applied if each.get("messages"))
    stored = [each for each in json_lines.lines if each["message"].startswith("deliveries stored")]
    assert came["correlation_id"] in stored[0]["deliveries"]
    answered = json_lines.find("assistant: answered")
    assert answered["message"]
    assert answered["of"] in came["messages"]
    sent = json_lines.find("send: accepted")
    assert sent["conversation_id"] == answered["conversation_id"]
    assert any(sent["attempt"] in each.get("attempts", []) for each in applied)
    assert "When are you open" not in json_lines.text


async def test_a_repeated_delivery_keeps_its_id(stack: Stack, json_lines: Written) -> None:
    await stack.receive("03_text", "03_text")
    ids = [line["deliveries"] for line in json_lines.lines if "deliveries" in line]
    assert ids[0] == ids[1]


def test_a_job_that_fails_is_named_and_counted(
    redis: None, counts: Callable[[], dict[tuple[str, str], float]], json_lines: Written
) -> None:
    def broken() -> bool:
        LOGGER.info("on the way")
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError):
        lane.drain("inbound", broken)
    failed = json_lines.find("a job of lane inbound failed: RuntimeError")
    assert failed["correlation_id"] == json_lines.find("on the way")["correlation_id"]
    assert failed["lane"] == "inbound"
    assert counts()["illumichat_unexpected_errors_total", "job"] == 1


async def test_a_request_that_fails_tells_its_id(json_lines: Written) -> None:
    async def broken(_request: object) -> None:
        raise RuntimeError("a bug")

    app = Starlette(routes=[Route("/x", broken)], exception_handlers={Exception: unexpected})
    answer = await _get(correlated(app))
    line = json_lines.find("request failed: GET /x")
    assert answer.status_code == 500
    assert line["correlation_id"] == answer.headers["x-request-id"]
    assert f"the number {line['correlation_id']}." in answer.text
    assert "a bug" in line["exc_info"]
    assert "a bug" not in answer.text


async def test_one_that_fails_before_any_route_does_as_well(json_lines: Written) -> None:
    async def broken(_scope: object, _receive: object, _send: object) -> None:
        raise RuntimeError("a bug")

    answer = await _get(correlated(broken))
    assert answer.status_code == 500
    assert json_lines.find("request failed")["correlation_id"] in answer.text


async def _get(app: Any) -> httpx.Response:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://app.test") as client:
        return await client.get("/x")


async def test_an_event_that_fails_tells_its_id(
    team: Team, json_lines: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        LOGGER.info("on the way")
        raise RuntimeError("a bug")

    monkeypatch.setattr("domain.accounts.rename", broken)
    async with pipeline.server() as server:
        tab = server.tab(team.signed_in(team.agent), "/settings")
        name = next(each for each in pipeline.own_handlers() if each.endswith(".save_name"))
        await tab.send(name, form_data={"name": "Sam"})
        failed = json_lines.find("event failed")
        told = "".join(server.wire.events)
    assert f"the number {failed['correlation_id']}." in told
    assert json_lines.find("on the way")["correlation_id"] == failed["correlation_id"]
    assert json_lines.find("on the way")["event"].endswith("save_name")
    assert "a bug" not in told
    assert "a bug" in failed["exc_info"]
