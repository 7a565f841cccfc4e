"""The operator's commands, as typed."""

import sys

import pytest

from domain import connecting
from domain.connecting import ManualOutcome
from illumichat_app import __main__ as commands
from illumichat_app import db
from integrations.whatsapp.manual import Values
from integrations.whatsapp.signup import StepResult
from models import MessageDaily, User, WebhookEvent
from tests import factories
from tests.flows.stack import rows, seed

pytestmark = pytest.mark.usefixtures("database", "redis")


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> None:
    monkeypatch.setattr(sys, "argv", ["illumichat_app", *words])
    monkeypatch.setattr(commands.log, "set_up", lambda: None)
    commands.main()


def test_the_demo_is_made_once(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    run(monkeypatch, "demo")
    run(monkeypatch, "demo")
    assert [user.email for user in rows(User)] == ["admin@demo.test", "agent@demo.test"]
    assert "left as it is" in capsys.readouterr().out


def test_events_are_put_back_in_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    with db.transaction() as session:
        session.add(WebhookEvent(digest="d", signed_by="s", body=b"{}", state="processed"))
    run(monkeypatch, "replay", "1")
    assert rows(WebhookEvent)[0].state == "stored"


def test_the_counts_are_made_anew(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    with db.transaction() as session:
        _, channel, _, _ = seed(session)
        factories.message(session, factories.conversation(session, channel))
    run(monkeypatch, "recount")
    assert [row.inbound for row in rows(MessageDaily)] == [1]
    # The message: of the day, of the hour, of its conversation; the conversation: new, and active.
    assert "5 counters were made anew" in capsys.readouterr().out


class TestConnect:
    @pytest.fixture(autouse=True)
    def meta(self, monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, Values]]:
        """What was to be connected; Meta agrees to everything but a token called wrong."""
        asked: list[tuple[int, Values]] = []

        async def connect(_client, _actor, assistant_id: int, values: Values) -> ManualOutcome:
            asked.append((assistant_id, values))
            if values.access_token == "wrong":
                return ManualOutcome({"access_token": "Meta does not know this token."})
            return ManualOutcome({}, 1, (StepResult("subscribe", "ok", "Subscribed."),))

        monkeypatch.setattr(connecting, "connect_manually", connect)
        return asked

    def type(self, monkeypatch: pytest.MonkeyPatch, token: str, email: str | None = None) -> None:
        with db.transaction() as session:
            _, _, ana, _ = seed(session)
            known = session.get_one(User, ana.user_id).email
        answers = iter([token, "secret"])
        monkeypatch.setattr(commands, "getpass", lambda _prompt: next(answers))
        run(monkeypatch, "connect", email or known, "31", "21")

    def test_it_shows_each_step(self, monkeypatch, capsys, meta) -> None:
        self.type(monkeypatch, "good")
        assert "subscribe: ok. Subscribed." in capsys.readouterr().out
        assert meta == [(1, Values("31", "21", "good", "secret"))]

    def test_a_refusal_names_the_field(self, monkeypatch, capsys, meta) -> None:
        with pytest.raises(SystemExit, match="Nothing was saved"):
            self.type(monkeypatch, "wrong")
        assert "access_token: Meta does not know this token." in capsys.readouterr().out

    def test_nobody_connects_for_a_stranger(self, monkeypatch, meta) -> None:
        with pytest.raises(SystemExit, match=r"Nobody signs in here as x@y\.test"):
            self.type(monkeypatch, "good", "x@y.test")
        assert meta == []
