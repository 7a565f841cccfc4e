"""Erasing a customer: nothing of them is left, nothing of others goes, and the counts agree."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from domain import erasure, recount, retention, rollup
from illumichat_app import clock, db
from illumichat_app.config import settings
from illumichat_app.errors import Conflict, NotAllowed, NotFound
from models import (
    AuditEntry,
    Author,
    Contact,
    Conversation,
    ConversationEvent,
    CustomerIdentity,
    Direction,
    Media,
    MediaState,
    Message,
    MessageStatus,
    ParkedUpdate,
    Workspace,
)
from tests import factories
from tests.analytics.recounting import stored, truth
from tests.contacts.conftest import Shop
from tests.flows.stack import rows
from workers import retention as nightly
from workers import upkeep

S = MessageStatus


@pytest.fixture(autouse=True)
def folder(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


def said(talk: Conversation, text: str, **facts: Any) -> Message:
    with db.transaction() as session:
        made = factories.message(session, session.get_one(Conversation, talk.id), text, **facts)
        rollup.added(session, made)
    return made


def ours(talk: Conversation, status: MessageStatus) -> Message:
    return said(
        talk, "Hi", direction=Direction.OUT, author=Author.ASSISTANT, status=status, waited=3
    )


def file_of(message: Message, **facts: Any) -> Path:
    path = settings().data_dir / "media" / "1" / str(message.id)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    with db.transaction() as session:
        session.add(
            Media(
                workspace_id=1, channel_id=message.channel_id, message_id=message.id, meta_id="1",
                path=f"1/{message.id}", **({"state": MediaState.READY} | facts),
            )
        )  # fmt: skip
    return path


def erase(shop: Shop, contact: int) -> erasure.Erased:
    with db.transaction() as session:
        return erasure.erase(session, shop.admin, contact)


def test_nothing_of_the_customer_is_left(shop: Shop) -> None:
    ana, ben = shop.contact("Ana"), shop.contact("Ben")
    first, second, other = shop.talk(ana), shop.talk(ana), shop.talk(ben)
    upkeep.count_anew()
    file, theirs = file_of(said(first, "secret")), file_of(said(other, "kept"))
    ours(first, S.DELIVERED)
    said(second, "more")
    ours(other, S.READ)
    with db.transaction() as session:
        session.add(ConversationEvent(workspace_id=1, conversation_id=first.id, kind="handed_over"))
        wamid = rows(Message)[0].wamid
        for name in (wamid, "wamid.other"):
            session.add(ParkedUpdate(channel_id=first.channel_id, wamid=name, kind="edit"))
    upkeep.count_anew()
    assert erase(shop, ana) == erasure.Erased(2, 3)
    assert [row.name for row in rows(Contact)] == ["Ben"]
    assert [row.id for row in rows(Conversation)] == [other.id]
    assert [row.text for row in rows(Message)] == ["kept", "Hi"]
    assert [row.contact_id for row in rows(CustomerIdentity)] == [ben]
    assert rows(ConversationEvent) == []
    assert [row.wamid for row in rows(ParkedUpdate)] == ["wamid.other"]
    assert (file.exists(), theirs.exists()) == (False, True)
    line = rows(AuditEntry)[-1]
    assert (line.subject, "Ana" in line.detail) == (f"number {ana}", False)
    assert "2 conversations and 3 messages" in line.detail
    assert stored() == truth()
    with db.reading() as session:
        assert recount.check(session) == {}


def test_counts_of_days_that_are_gone_stay(shop: Shop) -> None:
    ana = shop.contact("Ana")
    talk = shop.talk(ana)
    old = clock.now() - timedelta(days=60)
    said(talk, "old", sent_at=old, day=old.date())
    ours(talk, S.DELIVERED)
    upkeep.count_anew()
    with db.transaction() as session:
        retention.save(session, shop.admin, 30)
    clock.freeze((clock.now() + timedelta(days=1)).replace(hour=2))
    nightly.delete_old()
    assert rows(Workspace)[0].messages_gone_before
    erase(shop, ana)
    left = stored()
    assert left[("inbound", old.date())] == 1
    assert all(old.date() in cell for cell in left)
    with db.reading() as session:
        assert recount.check(session) == {}


def test_a_contact_without_conversations_goes(shop: Shop) -> None:
    assert erase(shop, shop.contact("Ana")) == erasure.Erased(0, 0)
    assert rows(Contact) == []


@pytest.mark.parametrize("what", ["queued", "sending", "fetching", "answering"])
def test_not_while_something_is_under_way(shop: Shop, what: str) -> None:
    ana = shop.contact("Ana")
    talk = shop.talk(ana)
    soon = clock.now() + timedelta(seconds=30)
    if what == "fetching":
        file_of(said(talk, ""), state=MediaState.PENDING, lease_until=soon)
    elif what == "answering":
        with db.transaction() as session:
            session.get_one(Conversation, talk.id).reply_lease_until = soon
    else:
        ours(talk, S(what))
    with pytest.raises(Conflict, match="on its way at this moment"):
        erase(shop, ana)
    assert rows(Contact)
    assert rows(AuditEntry) == []


def test_only_an_admin_of_the_workspace_may(shop: Shop) -> None:
    ana = shop.contact("Ana")
    for who, refusal in ((shop.agent, NotAllowed), (shop.stranger, NotFound)):
        with db.transaction() as session, pytest.raises(refusal):
            erasure.erase(session, who, ana)
    assert rows(Contact)
