"""The peer: a plain FastAPI route that stores each message with SQLModel before its 200."""

import os
from typing import Any

from fastapi import FastAPI, HTTPException, Request

from bench.peer_store import StoredMessage, store
from illumichat_app.webhook import PATH
from integrations.whatsapp import signature

app = FastAPI()


@app.post(PATH)
async def receive(request: Request) -> str:
    body = await request.body()
    header = request.headers.get("x-hub-signature-256")
    if not signature.verify(os.environ["META_APP_SECRET"], body, header):
        raise HTTPException(401)
    for message in _messages(await request.json()):
        store(
            StoredMessage(wamid=message["id"], wa_id=message["from"], text=message["text"]["body"])
        )
    return "OK"


def _messages(payload: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        message
        for entry in payload["entry"]
        for change in entry["changes"]
        for message in change["value"].get("messages", [])
    ]
