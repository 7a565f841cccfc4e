"""The analytics page as a file, for the admins of its own workspace only."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from domain import analytics_csv, sessions
from domain.analytics import Scope
from domain.analytics_period import Asked
from illumichat_app import db
from illumichat_app.errors import AppError, NotFound, NotSignedIn


async def export(request: Request) -> Response:
    """GET /api/analytics.csv?assistant=…&channel=…&days=…&from=…&to=…: what the page shows."""
    asked = request.query_params
    try:
        who = await run_in_threadpool(sessions.principal, request.headers.get("cookie", ""))
        if who is None:
            raise NotSignedIn
        scope = Scope(_number(asked.get("assistant", "")), _number(asked.get("channel", "")))
        period = Asked(asked.get("days", ""), asked.get("from", ""), asked.get("to", ""))
        name, lines = await db.read(analytics_csv.export, who, scope, period)
    except AppError as error:
        return PlainTextResponse(error.message, error.status)
    return StreamingResponse(
        lines,
        media_type="text/csv; charset=utf-8",
        headers={
            "content-disposition": f'attachment; filename="{name}"',
            "cache-control": "private, no-store",
        },
    )


def _number(words: str) -> int:
    """A number of the address, 0 for none. Raises NotFound."""
    if not words:
        return 0
    if not (words.isascii() and words.isdecimal() and len(words) < 19 and int(words)):
        raise NotFound
    return int(words)


routes = [Route("/api/analytics.csv", export, methods=["GET"])]
