"""An independent client speaks to the simulator as a process, and takes its webhooks."""

import os
import queue
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from pywa import WhatsApp
from pywa.errors import WhatsAppError
from pywa.types import Button, MessageStatusType
from pywa.types import templates as t

from meta_simulator import seed
from tests.simulator.conftest import JORGE_ID, LUCIA, NUMBER, WABA

ROOT = Path(__file__).parents[2]
PATIENCE = 20.0
PICTURE = b"\xff\xd8\xff\xe0picture"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Live:
    """pywa as a client and as a server, and the simulator's control API."""

    wa: WhatsApp
    sim: httpx.Client
    messages: "queue.Queue[Any]" = field(default_factory=queue.Queue)
    statuses: "queue.Queue[Any]" = field(default_factory=queue.Queue)
    reviews: "queue.Queue[Any]" = field(default_factory=queue.Queue)

    def customer(self, customer: str, **fields: Any) -> Any:
        """A customer sends something; what pywa's server made of it."""
        made = self.sim.post(f"/sim/customers/{customer}/messages", json=fields)
        made.raise_for_status()
        message = self.messages.get(timeout=PATIENCE)
        assert message.id == made.json()["id"]
        return message

    def until_read(self, wamid: str) -> list[MessageStatusType]:
        seen: list[MessageStatusType] = []
        while MessageStatusType.READ not in seen:
            status = self.statuses.get(timeout=PATIENCE)
            if status.id == wamid:
                seen.append(status.status)
        return seen


@contextmanager
def served(app: FastAPI, port: int) -> Iterator[None]:
    config = uvicorn.Config(app, port=port, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def simulator_process(port: int, callback: str, folder: Path) -> Iterator[None]:
    settings = {
        "SIMULATOR_PORT": str(port),
        "SIMULATOR_CALLBACK_URL": callback,
        "SIMULATOR_APP_SECRET": "a-live-secret",
        "SIMULATOR_DATA_DIR": str(folder / "data"),
        "SIMULATOR_CLOCK_FILE": str(folder / "clock"),
    }
    command = [sys.executable, "-m", "meta_simulator"]
    process = subprocess.Popen(
        command, cwd=ROOT, env=os.environ | settings, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout
        assert f"http://127.0.0.1:{port}" in process.stdout.readline()
        yield
    finally:
        process.terminate()
        assert process.wait(timeout=PATIENCE) == 0
        assert process.stdout
        process.stdout.close()


def ready(url: str) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            if httpx.get(f"{url}/health").status_code == 200:
                return
        except httpx.ConnectError:
            continue
    raise AssertionError("the simulator did not start")


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    port, hook = free_port(), free_port()
    url = f"http://127.0.0.1:{port}"
    app = FastAPI()
    session = httpx.Client()
    wa = WhatsApp(
        phone_id=NUMBER,
        token=seed.TOKEN,
        waba_id=WABA,
        session=session,
        server=app,
        verify_token=seed.VERIFY_TOKEN,
        app_secret="a-live-secret",
        validate_updates=True,
    )
    session.base_url = f"{url}/v25.0"
    folder = tmp_path_factory.mktemp("simulator")
    with (
        session,
        httpx.Client(base_url=url) as sim,
        served(app, hook),
        simulator_process(port, f"http://127.0.0.1:{hook}/", folder),
    ):
        ready(url)
        found = Live(wa, sim)
        wa.on_message(lambda _, message: found.messages.put(message))
        wa.on_callback_button(lambda _, button: found.messages.put(button))
        wa.on_message_status(lambda _, status: found.statuses.put(status))
        wa.on_template_status_update(lambda _, update: found.reviews.put(update))
        yield found


def test_it_accepts_the_signed_webhooks(live: Live) -> None:
    message = live.customer("lucia", text="é 😀 a/b")
    assert message.text == "é 😀 a/b"
    assert message.from_user.wa_id == "34612555014"
    hidden = live.customer("jorge", text="Hola")
    assert hidden.from_user.bsuid == JORGE_ID
    assert hidden.from_user.username == "jorge.ortiz"


def test_it_sends_a_text_and_sees_it_read(live: Live) -> None:
    live.customer("lucia", text="Hi")
    sent = live.wa.send_message(LUCIA, "Hello é", tracker="try-1")
    assert live.until_read(sent.id) == [
        MessageStatusType.SENT,
        MessageStatusType.DELIVERED,
        MessageStatusType.READ,
    ]


def test_it_replies_to_a_hidden_number_and_shows_typing(live: Live) -> None:
    message = live.customer("jorge", text="Hi")
    assert message.mark_as_read()
    assert message.indicate_typing()
    live.until_read(message.reply("Hello").id)


def test_it_sends_buttons_and_hears_the_tap(live: Live) -> None:
    live.customer("lucia", text="Hi")
    buttons = [Button(title="Yes", callback_data="y"), Button(title="No", callback_data="n")]
    sent = live.wa.send_message(LUCIA, "Well?", buttons=buttons)
    live.until_read(sent.id)
    tap = live.customer("lucia", type="interactive", id="y", message_id=sent.id, reply_to=sent.id)
    assert (tap.data, tap.title, tap.reply_to_message.id) == ("y", "Yes", sent.id)


def test_it_sends_a_template_with_values(live: Live) -> None:
    sent = live.wa.send_template(
        "+48 512 555 210",
        name="we_missed_you",
        language=t.TemplateLanguage.SPANISH,
        params=[t.BodyText.params("Tomasz", "4471")],
    )
    live.until_read(sent.id)
    with pytest.raises(WhatsAppError) as refused:
        live.wa.send_template(
            LUCIA,
            name="we_missed_you",
            language=t.TemplateLanguage.SPANISH,
            params=[t.BodyText.params("only one")],
        )
    assert refused.value.code == 132000


def test_it_reads_the_templates(live: Live) -> None:
    found = {template.name: template for template in live.wa.get_templates()}
    assert found["we_missed_you"].status == t.TemplateStatus.APPROVED
    assert found["free_gift"].status == t.TemplateStatus.REJECTED
    assert found["order_update"].parameter_format == t.ParamFormat.NAMED
    assert "Hola {{1}}" in str(found["we_missed_you"].components)


def test_it_creates_a_template_and_hears_the_review(live: Live) -> None:
    template = t.Template(
        name="from_pywa",
        category=t.TemplateCategory.UTILITY,
        language=t.TemplateLanguage.ENGLISH_US,
        components=[t.BodyText("Dear {{1}}, your parcel is here.", "Ana")],
    )
    created = live.wa.create_template(template)
    assert created.status == t.TemplateStatus.PENDING
    review = live.reviews.get(timeout=PATIENCE)
    assert (review.template_id, review.new_status) == (created.id, t.TemplateStatus.APPROVED)
    assert live.wa.delete_template(template_name="from_pywa")


def test_it_moves_files_both_ways(live: Live) -> None:
    message = live.customer("lucia", type="image", data_base64="/9j/4HBpY3R1cmU=", caption="Look")
    assert message.caption == "Look"
    assert message.image.get_bytes() == PICTURE
    uploaded = live.wa.upload_media(PICTURE, mime_type="image/jpeg", filename="a.jpg")
    assert live.wa.get_media_url(uploaded.id).get_bytes() == PICTURE
    sent = live.wa.send_image(LUCIA, uploaded.id, caption="Here")
    live.until_read(sent.id)


def test_it_reads_the_account_and_the_number(live: Live) -> None:
    assert live.wa.get_business_phone_number().verified_name == "Harbour Support"
    assert live.wa.get_business_account().name == "Harbour Supplies"
    assert [n.id for n in live.wa.get_business_phone_numbers()] == [NUMBER]


def test_its_errors_are_typed(live: Live) -> None:
    live.sim.post("/sim/faults", json={"token_expired": 1}).raise_for_status()
    with pytest.raises(WhatsAppError) as refused:
        live.wa.send_message(LUCIA, "x")
    assert refused.value.code == 190


def test_a_wrong_signature_is_refused_by_its_server(live: Live) -> None:
    live.sim.post("/sim/faults", json={"corrupt_signature": 1}).raise_for_status()
    live.customer("lucia", text="comes again with the right one")
    entries = live.sim.get("/sim/traffic").json()["entries"]
    tries = [e["status"] for e in entries if "comes again" in str(e["request"])]
    assert tries == [403, 200]
