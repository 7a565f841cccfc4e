"""Reading all templates of an account because somebody asked."""

from datetime import timedelta

import pytest

from domain import (
    template_sync,
)
from illumichat_app import clock
from illumichat_app.errors import Conflict
from models import AuditAction, Template
from tests.connecting.conftest import Shop, away, wired
from tests.flows.stack import rows
from tests.templates.conftest import (
    add_at_meta,
    at_meta,
    lines,
)

pytestmark = pytest.mark.anyio


async def test_the_sync_reads_every_page_and_takes_the_gone_away(account: Shop) -> None:
    for number in range(250):
        add_at_meta(account, f"bulk_{number:03d}")
    seen = [
        progress
        async for progress in template_sync.run(account.client, account.ana, account.assistant.id)
    ]
    assert [(each.read, each.total) for each in seen] == [(100, 256), (200, 256), (256, 256)]
    assert len(rows(Template)) == 256
    for name in ("bulk_000", "bulk_249", "hello_world"):
        account.simulator.world.templates.pop(at_meta(account, name)[0].id)
    clock.freeze(clock.now() + timedelta(seconds=1))
    async for _ in template_sync.run(account.client, account.ana, account.assistant.id):
        pass
    names = {row.name for row in rows(Template)}
    assert len(names) == 253
    assert not names & {"bulk_000", "bulk_249", "hello_world"}
    details = [detail for _, detail in lines(AuditAction.TEMPLATES_SYNCED)]
    assert details == ["256 templates at Meta", "253 templates at Meta"]


async def test_a_sync_that_breaks_off_changes_nothing(account: Shop) -> None:
    for number in range(150):
        add_at_meta(account, f"bulk_{number:03d}")
    async with wired(account, away("after=")):
        with pytest.raises(Conflict, match="Try again in a minute"):
            async for _ in template_sync.run(account.client, account.ana, account.assistant.id):
                pass
    assert len(rows(Template)) == 6
    assert lines(AuditAction.TEMPLATES_SYNCED) == []
