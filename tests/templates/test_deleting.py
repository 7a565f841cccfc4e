"""Deleting a template, in one language or all, and the lock on its name."""

from datetime import timedelta
from typing import Any

import pytest

from domain import (
    template_accounts,
    template_deletion,
    template_writing,
)
from illumichat_app import clock, db
from illumichat_app.errors import Conflict, Invalid, NotFound
from models import AuditAction, Template
from tests.connecting.conftest import Shop, away, wired
from tests.flows.stack import rows
from tests.templates.conftest import (
    add_at_meta,
    at_meta,
    create,
    draft,
    lines,
    lost_after,
    read_all,
    stored,
)

pytestmark = pytest.mark.anyio


async def delete(shop: Shop, name: str, *, whole: bool = False, **where: Any) -> str:
    return await template_deletion.delete(
        shop.client, shop.ana, shop.assistant.id, stored(name, **where).id, whole=whole
    )


async def test_one_language_is_deleted_and_its_name_locked(account: Shop) -> None:
    add_at_meta(account, "hello_world", "es")
    clock.freeze(clock.now() + timedelta(hours=7))
    await read_all()
    with db.reading() as session:
        doomed = template_deletion.preview(
            session, account.ana, account.assistant.id, stored("hello_world", language="es").id
        )
    assert (doomed.language, doomed.languages) == ("Spanish", ["English (US)", "Spanish"])
    assert await delete(account, "hello_world", language="es") == "hello_world"
    assert [each.language for each in at_meta(account, "hello_world")] == ["en_US"]
    assert stored("hello_world").language == "en_US"
    detail = "In Spanish. Locked at Meta for 30 days: Spanish."
    assert lines(AuditAction.TEMPLATE_DELETED) == [("hello_world", detail)]
    again = draft(name="hello_world", language="es")
    with db.reading() as session:
        (warned,) = template_writing.examine(session, account.ana, account.assistant.id, again)
    assert (warned.part, warned.blocking, warned.fix) == ("name", False, "Use hello_world_2")
    result = await create(account, again)
    assert result.problem is not None
    assert "locked" in result.problem.sentence


async def test_the_warning_ends_with_the_lock(account: Shop) -> None:
    await delete(account, "hello_world")
    clock.freeze(clock.now() + template_accounts.LOCK + timedelta(days=1))
    with db.reading() as session:
        given = draft(name="hello_world")
        assert template_writing.examine(session, account.ana, account.assistant.id, given) == []
    assert (await create(account, given)).state == "done"


async def test_all_languages_are_deleted(account: Shop) -> None:
    add_at_meta(account, "free_gift", "es", status="PENDING")
    clock.freeze(clock.now() + timedelta(hours=7))
    await read_all()
    await delete(account, "free_gift", whole=True, language="es")
    assert at_meta(account, "free_gift") == rows(Template, name="free_gift") == []
    assert lines(AuditAction.TEMPLATE_DELETED) == [("free_gift", "In English (UK), Spanish.")]
    with db.reading() as session:
        known = draft(name="free_gift")
        assert template_writing.examine(session, account.ana, account.assistant.id, known) == []


async def test_what_is_gone_at_meta_goes_here_too(account: Shop) -> None:
    account.simulator.world.templates.pop(at_meta(account, "hello_world")[0].id)
    await delete(account, "hello_world")
    assert rows(Template, name="hello_world") == []


async def test_meta_is_away_and_nothing_is_deleted(account: Shop) -> None:
    async with wired(account, away("DELETE")):
        with pytest.raises(Conflict, match="Try again in a minute"):
            await delete(account, "hello_world")
    assert stored("hello_world").status == "APPROVED"
    assert lines(AuditAction.TEMPLATE_DELETED) == []


async def test_an_unconfirmed_one_is_not_deleted_blindly(account: Shop) -> None:
    async with wired(account, lost_after(account, list_too=True)):
        await create(account)
    with pytest.raises(Invalid, match="Press Sync"):
        await delete(account, "order_ready")


@pytest.mark.parametrize("number", [0, -1, 2**63, 424242])
async def test_a_template_that_is_not_there(account: Shop, number: int) -> None:
    with pytest.raises(NotFound), db.reading() as session:
        template_deletion.preview(session, account.ana, account.assistant.id, number)
