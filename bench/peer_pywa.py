"""The peer: pywa's own webhook server on FastAPI; its handler stores each message with SQLModel."""

import os

from fastapi import FastAPI
from pywa.client import WhatsApp
from pywa.types.message import Message

from bench.load import PHONE_NUMBER_ID
from bench.peer_store import StoredMessage, store
from illumichat_app.webhook import PATH

app = FastAPI()
whatsapp = WhatsApp(
    phone_id=PHONE_NUMBER_ID,
    token="none",
    server=app,
    webhook_endpoint=PATH,
    verify_token="bench",
    app_secret=os.environ["META_APP_SECRET"],
)


@whatsapp.on_message
def keep(_: WhatsApp, message: Message) -> None:
    sender = message.from_user.wa_id or ""
    store(StoredMessage(wamid=message.id, wa_id=sender, text=message.text or ""))
