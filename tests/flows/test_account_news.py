"""Health follows Meta: bans, restrictions, removals, templates."""

from datetime import timedelta

import pytest

from domain import connection_check
from illumichat_app import clock, db
from integrations.whatsapp import process_client
from models import (
    Author,
    Channel,
    ConnectionStatus,
    Direction,
    EventState,
    Message,
    MessageStatus,
    State,
    Template,
    WebhookEvent,
    WhatsAppConnection,
)
from tests import payloads
from tests.conftest import NOON
from tests.flows.stack import Stack, apply_events, conversation, rows
from workers import connecting

pytestmark = pytest.mark.anyio


def connection() -> WhatsAppConnection:
    (only,) = rows(WhatsAppConnection)
    return only


@pytest.mark.parametrize("name", ["10_partner_removed", "10_app_uninstalled", "12_number_removed"])
async def test_withdrawn_access_breaks_the_connection(stack: Stack, name: str) -> None:
    await stack.receive(name)
    assert connection().status is ConnectionStatus.ISSUE
    assert "Connect the number again" in connection().issue


async def test_a_broken_connection_sends_nothing_and_still_receives(stack: Stack) -> None:
    await stack.receive("10_app_uninstalled")
    stack.says("Anybody there?")
    await stack.settle()
    assert stack.sends() == []
    assert conversation().last_preview == "Anybody there?"


async def test_a_dead_token_breaks_the_connection(stack: Stack) -> None:
    stack.simulator.faults.update({"token_expired": True})
    stack.says("Do you deliver to Spain?")
    await stack.settle()
    assert connection().status is ConnectionStatus.ISSUE
    failed = [m for m in rows(Message) if m.direction is Direction.OUT]
    assert {m.status for m in failed} == {MessageStatus.FAILED}
    assert failed[0].error_code == 190


async def test_a_restriction_of_answers_comes_and_goes(stack: Stack) -> None:
    stack.simulator.account_event(
        "restriction", restrictions=["RESTRICTED_CUSTOMER_INITIATED_MESSAGING"]
    )
    await stack.settle()
    assert connection().status is ConnectionStatus.ISSUE
    await stack.receive("10_restriction_lifted")
    assert connection().status is ConnectionStatus.CONNECTED


@pytest.mark.parametrize("kind", [["X"], {"a": 1}, None, 7], ids=str)
async def test_a_restriction_of_no_known_kind_changes_nothing(stack: Stack, kind: object) -> None:
    news = payloads.load("10_restricted")
    for change in news["entry"][0]["changes"]:
        for each in change["value"]["restriction_info"]:
            each["restriction_type"] = kind
    assert await stack.deliver(news) == 200
    apply_events()
    assert rows(WebhookEvent)[-1].state is EventState.PROCESSED
    assert connection().status is ConnectionStatus.CONNECTED


async def test_a_restriction_of_campaigns_does_not_stop_answers(stack: Stack) -> None:
    await stack.receive("10_restricted")
    assert connection().status is ConnectionStatus.CONNECTED
    assert "ACCOUNT_RESTRICTION" in connection().health


async def test_number_news_finds_its_number_by_digits(stack: Stack) -> None:
    with db.transaction() as session:
        session.get_one(WhatsAppConnection, 1).display_phone_number = "+1 555-010-0200"
    await stack.receive("number_changes")
    assert "phone_number_quality_update" in connection().health


class TestTemplates:
    @pytest.fixture(autouse=True)
    def order_update(self, stack: Stack) -> None:
        with db.transaction() as session:
            session.add(
                Template(
                    workspace_id=stack.workspace.id,
                    waba_id="210000000000001",
                    name="order_update",
                    language="en_US",
                    category="UTILITY",
                    status="PENDING",
                )
            )

    async def test_a_status_finds_its_language_in_any_spelling(self, stack: Stack) -> None:
        await stack.receive("11_template_approved")
        assert rows(Template)[0].status == "APPROVED"

    async def test_archived_and_back(self, stack: Stack) -> None:
        await stack.receive("11_template_archived")
        assert rows(Template)[0].status == "ARCHIVED"
        await stack.receive("11_template_unarchived")
        assert rows(Template)[0].status == "APPROVED"

    async def test_a_planned_category_changes_nothing_yet(self, stack: Stack) -> None:
        await stack.receive("11_category_planned")
        assert rows(Template)[0].category == "UTILITY"
        await stack.receive("11_category_done")
        assert rows(Template)[0].category == "MARKETING"

    async def test_an_unknown_template_makes_us_read_them_all(self, stack: Stack) -> None:
        import workers.upkeep

        await stack.receive("11_template_unknown")
        assert connection().templates_due_at is not None
        await workers.upkeep.read_templates()
        names = {template.name for template in rows(Template)}
        assert "we_missed_you" in names
        assert "order_update" not in {t.name for t in rows(Template, language="en_US")}


class TestEchoes:
    """A colleague answers from the phone app (coexistence)."""

    async def test_an_echo_is_ours_and_takes_over(self, stack: Stack) -> None:
        await stack.receive("03_text", "12_echo", "12_echo")
        _, echo = rows(Message)
        assert (echo.direction, echo.author) == (Direction.OUT, Author.AGENT)
        assert conversation().state is State.HUMAN

    async def test_an_echo_can_be_edited_and_deleted(self, stack: Stack) -> None:
        await stack.receive("12_echo", "12_echo_edit", "12_echo_revoke")
        (echo,) = rows(Message)
        assert echo.text == "Yes, from nine."
        assert echo.deleted_at is not None


async def test_a_channel_that_is_off_still_receives(stack: Stack) -> None:
    with db.transaction() as session:
        session.get_one(Channel, stack.channel.id).enabled = False
    stack.says("Hello")
    await stack.settle()
    assert stack.sends() == []
    assert len(rows(Message)) == 1


async def test_news_of_a_number_have_it_read_from_meta(stack: Stack) -> None:
    assert connection().checked_at is not None
    stack.simulator.account_event("quality", quality="RED", limit="TIER_250")
    await stack.settle()
    assert connection().checked_at is None
    await connecting.check_due()
    assert (connection().health["quality"], connection().health["limit"]) == ("RED", "TIER_250")


async def test_two_changes_within_one_second_are_two_changes(stack: Stack) -> None:
    for quality in ("YELLOW", "GREEN", "RED"):
        stack.simulator.account_event("quality", quality=quality)
        await stack.settle()
        await connecting.check_due()
        assert connection().health["quality"] == quality


class TestNewsDuringACheck:
    """Meta answers a check, changes its mind and says so; only then the check is written down."""

    async def examined(self) -> connection_check.Report:
        with db.reading() as session:
            self.subject = connection_check.subject_of(session.get_one(WhatsAppConnection, 1))
        return await connection_check.examine(await process_client.graph(), self.subject)

    def record(self, report: connection_check.Report) -> None:
        with db.transaction() as session:
            connection_check.record(session, self.subject, report)

    async def test_the_older_answer_is_left_and_meta_asked_again(self, stack: Stack) -> None:
        before = await self.examined()
        stack.simulator.account_event("quality", quality="RED", limit="TIER_250")
        await stack.settle()
        self.record(before)
        assert "quality" not in connection().health
        await connecting.check_due()
        assert (connection().health["quality"], connection().health["limit"]) == ("RED", "TIER_250")

    async def test_a_restriction_is_not_mended_by_an_older_answer(self, stack: Stack) -> None:
        before = await self.examined()
        await stack.receive("10_app_uninstalled")
        self.record(before)
        assert connection().status is ConnectionStatus.ISSUE
        assert connection().checked_at is None

    async def test_a_check_without_news_is_written_down(self, stack: Stack) -> None:
        await stack.receive("03_text")
        self.record(await self.examined())
        assert connection().health["quality"] == "GREEN"
        assert connection().checked_at is not None


class TestTheFirstSignedEvent:
    """It proves that the secret and the callback are right."""

    async def test_a_message_is_one_and_the_first_stays_the_first(self, stack: Stack) -> None:
        assert connection().first_event_at is None
        await stack.receive("03_text")
        assert connection().first_event_at == NOON
        clock.freeze(NOON + timedelta(hours=1))
        await stack.receive("08_forwarded_without_id")
        assert (connection().first_event_at, connection().last_event_at) == (NOON, clock.now())

    async def test_news_of_the_account_is_one(self, stack: Stack) -> None:
        await stack.receive("10_restricted")
        assert connection().first_event_at == NOON

    async def test_what_another_app_signed_is_none(self, stack: Stack) -> None:
        with db.transaction() as session:
            session.get_one(WhatsAppConnection, 1).app_secret = "the app of this number"
        await stack.receive("03_text", "10_restricted")
        assert connection().first_event_at is None
