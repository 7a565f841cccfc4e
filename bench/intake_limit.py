"""The limit to compare with: the same route, which reads and verifies and stores nothing."""

import os

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from integrations.whatsapp import signature


async def receive(request: Request) -> PlainTextResponse:
    body = await request.body()
    header = request.headers.get("x-hub-signature-256")
    right = signature.verify(os.environ["META_APP_SECRET"], body, header)
    return PlainTextResponse("OK", 200 if right else 401)


app = Starlette(routes=[Route("/api/channels/webhook/whatsapp", receive, methods=["POST"])])
