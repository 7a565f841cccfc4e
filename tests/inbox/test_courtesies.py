"""Typing and having read, which colleagues and the customer see."""

import pytest
from sqlmodel import select

from domain import presence, receipts
from illumichat_app import db
from models import Channel, Conversation, Message, ReadReceipts
from state import courtesies
from state.reply import Reply
from tests.accounts.conftest import Team, _nobody_is_remembered, _quick_hashes, team
from tests.inbox.boxes import change, foreign, tab
from tests.inbox.test_state import KEY, Browser, server, stored, talk

__all__ = ["_nobody_is_remembered", "_quick_hashes", "foreign", "server", "tab", "talk", "team"]

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("redis")]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[receipts.Receipt]:
    """What would have been told to Meta."""
    made: list[receipts.Receipt] = []

    async def tell(_client: object, receipt: receipts.Receipt) -> None:
        made.append(receipt)

    async def graph() -> None:
        return None

    monkeypatch.setattr(courtesies.receipts, "tell", tell)
    monkeypatch.setattr(courtesies.process_client, "graph", graph)
    return made


def waiting(talk: int) -> str:
    """The customer's last words, which Meta can name."""
    with db.transaction() as session:
        row = session.get_one(Conversation, talk)
        last = session.exec(select(Message).order_by(Message.id.desc())).first()
        row.last_customer_message_id = last.id
        return last.wamid


async def test_typing_is_seen_by_colleagues_and_the_customer(
    tab: Browser, team: Team, talk: int, calls: list[receipts.Receipt]
) -> None:
    wamid = waiting(talk)
    for _ in range(2):  # at most one call in 20 seconds
        await tab.do(Reply, "typing", to_customer=True)
    await courtesies.settled()
    assert [(call.wamid, call.typing) for call in calls] == [(wamid, True)]
    (seen,) = presence.company(team.agent, talk).people
    assert (seen.name, seen.typing) == (team.admin.name, True)


async def test_a_note_in_the_making_is_not_told_to_the_customer(
    tab: Browser, team: Team, talk: int, calls: list[receipts.Receipt]
) -> None:
    waiting(talk)
    await tab.do(Reply, "typing", to_customer=False)
    await courtesies.settled()
    assert calls == []
    assert presence.company(team.agent, talk).people[0].typing


async def test_a_stranger_is_not_seen_typing(
    foreign: Browser, team: Team, talk: int, calls: list[receipts.Receipt]
) -> None:
    waiting(talk)
    await foreign.do(Reply, "typing", to_customer=True)
    await courtesies.settled()
    assert (calls, presence.company(team.agent, talk).people) == ([], [])


@pytest.mark.parametrize(("policy", "told"), [(ReadReceipts.ON_REPLY, 1), (ReadReceipts.NEVER, 0)])
async def test_a_reply_says_that_it_was_read(
    tab: Browser, talk: int, calls: list[receipts.Receipt], policy: ReadReceipts, told: int
) -> None:
    waiting(talk)
    change(Channel, stored(talk).channel_id, read_receipts=policy)
    await tab.do(Reply, "send", text="Of course", send_key=KEY)
    await courtesies.settled()
    assert [call.typing for call in calls] == [False] * told
