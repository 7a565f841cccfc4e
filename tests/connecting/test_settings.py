"""The messaging settings: the spec's table, saved by admins only."""

from dataclasses import replace

import pytest

from domain import messaging_settings
from domain.access import Actor
from domain.messaging_settings import MessagingSettings
from illumichat_app import db
from illumichat_app.errors import Invalid, NotAllowed, NotFound
from models import Channel, ReadReceipts
from tests import factories
from tests.connecting.conftest import Shop, competitor
from tests.flows.stack import rows

pytestmark = pytest.mark.anyio


@pytest.fixture
def channel(shop: Shop) -> Channel:
    with db.transaction() as session:
        return factories.channel(session, shop.workspace, shop.assistant)


def save(actor: Actor, channel: Channel, given: MessagingSettings) -> None:
    with db.transaction() as session:
        messaging_settings.save(session, actor, channel.id, given, began_from=MessagingSettings())


def read(actor: Actor, channel: Channel) -> MessagingSettings:
    with db.reading() as session:
        return messaging_settings.read(session, actor, channel.id)


async def test_a_new_channel_has_the_tables_defaults(shop: Shop, channel: Channel) -> None:
    assert read(shop.ana, channel) == MessagingSettings(
        enabled=True,
        ai_replies=True,
        match_contacts=False,
        auto_create_contacts=False,
        max_message_length=4096,
        read_receipts=ReadReceipts.ON_REPLY,
    )


@pytest.mark.parametrize("length", [1000, 2000, 3000, 4096])
async def test_what_is_saved_is_read_again(shop: Shop, channel: Channel, length: int) -> None:
    given = MessagingSettings(
        enabled=False,
        ai_replies=False,
        match_contacts=True,
        auto_create_contacts=True,
        max_message_length=length,
        read_receipts=ReadReceipts.NEVER,
    )
    save(shop.ana, channel, given)
    assert read(shop.ana, channel) == given


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"auto_create_contacts": True}, "needs matching"),
        ({"max_message_length": 999}, "1000, 2000, 3000 or 4096"),
        ({"max_message_length": True}, "1000, 2000, 3000 or 4096"),
        ({"max_message_length": "4096"}, "1000, 2000, 3000 or 4096"),
        ({"max_message_length": None}, "1000, 2000, 3000 or 4096"),
        ({"enabled": 1}, "on or off"),
        ({"ai_replies": "yes"}, "on or off"),
        ({"match_contacts": None}, "on or off"),
        ({"read_receipts": "sometimes"}, "when customers see"),
        ({"read_receipts": True}, "when customers see"),
    ],
)
async def test_what_does_not_fit_is_refused_in_words(
    shop: Shop, channel: Channel, change: dict[str, object], words: str
) -> None:
    with pytest.raises(Invalid, match=words):
        save(shop.ana, channel, replace(MessagingSettings(), **change))
    assert read(shop.ana, channel) == MessagingSettings()


async def test_agents_and_strangers_are_refused(shop: Shop, channel: Channel) -> None:
    rival, _ = competitor()
    for actor, refusal in ((shop.sam, NotAllowed), (rival, NotFound)):
        with pytest.raises(refusal):
            save(actor, channel, MessagingSettings(enabled=False))
        with pytest.raises(refusal):
            read(actor, channel)
    assert rows(Channel)[0].enabled
