"""What an assistant knows: who may change it, how often it is used, and a trial of it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import func, select

from domain import passages
from illumichat_app import db
from illumichat_app.clock import now
from illumichat_app.errors import Conflict, Invalid, NotAllowed, NotFound
from models import AssistantTrace, Decision, KnowledgePassage
from tests import factories
from tests.assistants.conftest import Shop


def page(shop: Shop, **more: Any) -> passages.PassagePage:
    return passages.page(shop.session, shop.admin, shop.assistant.id, **more)


def save(shop: Shop, passage_id: int = 0, title: str = "Opening", body: str = "From 9.") -> None:
    passages.save(shop.session, shop.admin, shop.assistant.id, passage_id, title=title, body=body)
    shop.session.flush()


def fill(shop: Shop, count: int) -> None:
    rows = [
        KnowledgePassage(assistant_id=shop.assistant.id, title=f"Title {n}", body=f"Body {n}%")
        for n in range(count)
    ]
    shop.session.add_all(rows)
    shop.session.flush()


def answered(shop: Shop, *titles: str, **facts: Any) -> None:
    on = facts.pop("on", None) or shop.channel
    talk = factories.conversation(shop.session, on)
    trace = AssistantTrace(
        workspace_id=on.workspace_id,
        conversation_id=talk.id,
        passages=[{"title": title, "score": 1.5} for title in titles],
        **{"decision": Decision.ANSWERED} | facts,
    )
    shop.session.add(trace)
    shop.session.flush()


def test_a_passage_is_added_changed_and_deleted(shop: Shop) -> None:
    save(shop, title="  Opening \n hours ", body="From 9\x00.\r\nDaily. ")
    new = page(shop).rows[0]
    assert passages.read(shop.session, shop.admin, shop.assistant.id, new.id) == (
        "Opening hours",
        "From 9.\nDaily.",
    )
    save(shop, new.id, "Opening HOURS", "From 10.")
    assert (page(shop).rows[0].title, page(shop).rows[0].preview) == ("Opening HOURS", "From 10.")
    passages.delete(shop.session, shop.admin, shop.assistant.id, new.id)
    assert [row.title for row in page(shop).rows] == ["Returns"]


def test_the_longest_passage_is_kept(shop: Shop) -> None:
    save(shop, title="t" * 200, body="b" * 10_000)
    assert len(page(shop).rows[0].preview) == passages.PREVIEW


@pytest.mark.parametrize(
    ("words", "refusal", "sentence"),
    [
        ({"title": "t" * 201}, Invalid, "The title may have 200"),
        ({"body": "b" * 10_001}, Invalid, "The text may have 10,000"),
        ({"title": " \x00"}, Invalid, "The title is empty"),
        ({"body": "\n"}, Invalid, "The text is empty"),
        ({"title": "RETURNS"}, Conflict, "already a passage named RETURNS"),
    ],
    ids=["long title", "long text", "no title", "no text", "known title"],
)
def test_passages_that_are_refused(
    shop: Shop, words: dict[str, str], refusal: type[Exception], sentence: str
) -> None:
    with pytest.raises(refusal, match=sentence):
        save(shop, **words)
    assert page(shop).total == 1


def test_there_is_a_most_but_changes_go_on(shop: Shop) -> None:
    fill(shop, passages.MOST_PASSAGES - 1)
    with pytest.raises(Conflict, match="500 passages at most"):
        save(shop)
    save(shop, shop.passage.id, "Returns", "Within 14 days.")


def test_pages_follow_each_other_without_gap(shop: Shop) -> None:
    fill(shop, 120)
    first = page(shop)
    second = page(shop, after=first.next)
    third = page(shop, after=second.next)
    assert [len(each.rows) for each in (first, second, third)] == [50, 50, 21]
    assert (third.next, third.total) == (None, 121)
    ids = [row.id for each in (first, second, third) for row in each.rows]
    assert ids == sorted(set(ids), reverse=True)


@pytest.mark.parametrize(
    ("words", "titles"),
    [("RETURN", ["Returns"]), ("unused items", ["Returns"]), ("0%", ["Title 0"]), ("_", [])],
)
def test_a_search_finds_titles_and_texts(shop: Shop, words: str, titles: list[str]) -> None:
    fill(shop, 2)
    assert [row.title for row in page(shop, search=words).rows] == titles


def test_uses_are_counted_for_30_days_and_this_assistant(shop: Shop) -> None:
    answered(shop, "Returns", "Gone")
    answered(shop, "Returns")
    answered(shop, "Returns", created_at=now() - timedelta(days=31))
    answered(shop, "Returns", decision=Decision.HANDED_OVER)
    answered(shop)
    other = factories.channel(
        shop.session,
        shop.place,
        factories.assistant(shop.session, shop.place),
        phone_number_id="310000000000008",
    )
    answered(shop, "Returns", on=other)
    assert [(row.title, row.used) for row in page(shop).rows] == [("Returns", 2)]


def test_a_page_takes_few_queries(shop: Shop) -> None:
    fill(shop, 60)
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    event.listen(db.engine(), "before_cursor_execute", note)
    page(shop)
    event.remove(db.engine(), "before_cursor_execute", note)
    assert sum("assistant_trace" in statement for statement in seen) == 1
    assert len(seen) <= 6


DEEDS: dict[str, Callable[[Shop, Any, int, int], object]] = {
    "page": lambda shop, who, of, _: passages.page(shop.session, who, of),
    "read": lambda shop, who, of, one: passages.read(shop.session, who, of, one),
    "add": lambda shop, who, of, _: passages.save(
        shop.session, who, of, 0, title="Forged", body="Forged"
    ),
    "change": lambda shop, who, of, one: passages.save(
        shop.session, who, of, one, title="Forged", body="Forged"
    ),
    "delete": lambda shop, who, of, one: passages.delete(shop.session, who, of, one),
    "trial": lambda shop, who, of, _: passages.trial(shop.session, who, of, "Returns?"),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_agents_strangers_and_wrong_ids_are_refused(shop: Shop, deed: str) -> None:
    of, one = shop.assistant.id, shop.passage.id
    cases = [(shop.agent, of, NotAllowed), (shop.stranger, of, NotFound)]
    for who, wanted, refusal in [*cases, (shop.admin, of + 999, NotFound)]:
        with pytest.raises(refusal):
            DEEDS[deed](shop, who, wanted, one)
    assert [row.title for row in page(shop).rows] == ["Returns"]


@pytest.mark.parametrize("deed", ["read", "change", "delete"])
def test_a_passage_of_another_assistant_is_not_found(shop: Shop, deed: str) -> None:
    other = factories.assistant(shop.session, shop.place)
    for number in (shop.passage.id, 999, -1, 2**63):
        with pytest.raises(NotFound):
            DEEDS[deed](shop, shop.admin, other.id, number)


def test_a_trial_asks_what_the_assistant_would_be_asked(shop: Shop) -> None:
    shop.assistant.instructions, shop.assistant.model = "Be kind.", "openai:gpt-5-mini"
    shop.channel.max_message_length = 1000
    shop.session.flush()
    trial = passages.trial(shop.session, shop.admin, shop.assistant.id, " Can I return it? ")
    question = trial.question
    assert trial.model == "openai:gpt-5-mini"
    assert (question.instructions, question.max_length) == ("Be kind.", 4096)
    assert [turn.text for turn in question.history] == ["Can I return it?"]
    assert [passage.title for passage in question.passages] == ["Returns"]


def test_a_trial_leaves_nothing_behind(shop: Shop) -> None:
    passages.trial(shop.session, shop.admin, shop.assistant.id, "Can I return it?")
    assert not shop.session.dirty
    assert not shop.session.new
    assert shop.session.exec(select(func.count()).select_from(AssistantTrace)).one() == 0


@pytest.mark.parametrize("words", ["", " \x00", "q" * 4097], ids=["empty", "nothing", "long"])
def test_questions_that_are_refused(shop: Shop, words: str) -> None:
    with pytest.raises(Invalid):
        passages.trial(shop.session, shop.admin, shop.assistant.id, words)
