"""First paint in a real browser: the list of 100,000 conversations and a thread of 20,000 messages.

Beside the same pages of a company with a hundred conversations, on the same server and in turns.
"""

import statistics
import time
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from bench import processes
from bench.inbox import SIZES
from bench.inbox_seed import seed

ROUNDS = 3
VIEWPORT = {"width": 1440, "height": 900}
PATIENCE = 30_000  # ms
ROW = "main li[data-conversation]"
BUBBLE = "main [data-message]"


def measure(database_url: str, redis_url: str, size: str = "10x") -> dict[str, object]:
    """Milliseconds until rows and messages stand on the screen, and what was transferred."""
    environment = processes.environment(database_url, redis_url) | processes.reflex()
    processes.migrate(environment)
    return _run(environment, size)


def table(result: dict[str, Any]) -> str:
    lines = [f"{result['database']}, {result['size']}: ms in Chromium, beside 100 conversations"]
    lines += [
        f"  {name:24}{row['ms']:8.0f}{row['beside_ms']:8.0f}{row['ratio']:8.2f}"
        for name, row in result["figures"].items()
    ]
    return "\n".join([*lines, f"  JavaScript of the first visit: {result['script_kb']} KB"])


def _run(environment: dict[str, str], size: str) -> dict[str, object]:
    from illumichat_app import db
    from illumichat_app.ops import frontend
    from illumichat_app.ops.browser import chromium_path

    seed(db.engine(), SIZES[size])
    large, small = _cookie(101, 1), _cookie(201, 2)
    port = processes.page_port()
    address = f"http://localhost:{port}"
    environment["SERVE_FRONTEND"] = "1"
    environment["REFLEX_WEB_WORKDIR"] = str(frontend.ensure(environment, address)[0])
    with processes.server(processes.APP, environment, port), sync_playwright() as pw:
        chromium = pw.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
        first = SIZES[size].conversations + 1
        rounds = [
            (_visit(chromium, address, large, 1), _visit(chromium, address, small, first))
            for _ in range(ROUNDS + 1)
        ][1:]
        script_kb = _script_kb(chromium, address, large)
        chromium.close()
    return {
        "database": db.engine().dialect.name,
        "size": size,
        "figures": {name: _beside(rounds, name) for name in rounds[0][0]},
        "script_kb": script_kb,
    }


def _beside(rounds: list[tuple[dict[str, float], dict[str, float]]], name: str) -> dict[str, float]:
    return {
        "ms": round(statistics.median(one[name] for one, _ in rounds)),
        "beside_ms": round(statistics.median(other[name] for _, other in rounds)),
        "ratio": round(statistics.median(one[name] / other[name] for one, other in rounds), 2),
    }


def _cookie(user_id: int, workspace_id: int) -> dict[str, Any]:
    from domain import sessions
    from illumichat_app import db

    with db.transaction() as session:
        token = sessions.start(session, user_id, workspace_id=workspace_id)
    return {"name": sessions.cookie_name(), "value": token, "domain": "localhost", "path": "/"}


def _visit(
    chromium: Browser, address: str, cookie: dict[str, Any], number: int
) -> dict[str, float]:
    """A browser that was never here: nothing is in its cache."""
    with chromium.new_context(viewport=VIEWPORT) as context:  # type: ignore[arg-type]
        context.add_cookies([cookie])  # type: ignore[list-item]
        page = context.new_page()
        took = {"list, first visit": _until(page, f"{address}/inbox/open/", ROW)}
        took["list, again"] = _until(page, f"{address}/inbox/open/", ROW)
        began = time.perf_counter()
        page.locator(ROW).nth(3).click()
        page.locator(BUBBLE).first.wait_for(timeout=PATIENCE)
        took["a row clicked"] = (time.perf_counter() - began) * 1000
        took["thread by address"] = _until(page, f"{address}/inbox/open/{number}/", BUBBLE)
        return took


def _until(page: Page, address: str, sign: str) -> float:
    began = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.locator(sign).first.wait_for(timeout=PATIENCE)
    return (time.perf_counter() - began) * 1000


def _script_kb(chromium: Browser, address: str, cookie: dict[str, Any]) -> int:
    with chromium.new_context() as context:
        context.add_cookies([cookie])  # type: ignore[list-item]
        page = context.new_page()
        _until(page, f"{address}/inbox/open/", ROW)
        sizes = page.evaluate(
            "performance.getEntriesByType('resource')"
            ".filter(e => e.name.endsWith('.js')).map(e => e.transferSize)"
        )
        return round(sum(sizes) / 1024)
