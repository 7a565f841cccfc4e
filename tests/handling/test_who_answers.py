"""Claims, the rule that only the claimer replies, and the switch of a conversation's AI."""

from datetime import timedelta
from typing import Any

import pytest

from domain import conversations, outbox, thread
from domain.composer import Composer
from illumichat_app import db
from illumichat_app.errors import BadTransition, Conflict, NotAllowed, NotFound
from models import Channel, Conversation, Direction, Message, State, Workspace
from tests import factories
from tests.conftest import NOON
from tests.flows.stack import rows
from tests.handling.conftest import Team, do, kinds, now


def only_the_claimer(team: Team) -> None:
    team.set(Workspace, team.place.id, only_claimer_replies=True)


def reply(team: Team, actor: Any, number: int) -> Message:
    return do(outbox.queue_text, actor, number, "Hello", "key-00001")


def composer(team: Team, number: int) -> Composer:
    with db.reading() as session:
        return thread.thread(session, team.ana, number).composer


def who(team: Team, number: int) -> str:
    with db.reading() as session:
        return thread.thread(session, team.ana, number).details.who_sentence


# ---- who may reply


def test_without_the_rule_a_colleagues_reply_takes_over(team: Team, held: int) -> None:
    reply(team, team.ana, held)
    assert now(held).claimed_by == team.ana.user_id
    assert kinds(held) == ["taken_over"]


def test_with_it_only_the_claimer_replies(team: Team, held: int) -> None:
    only_the_claimer(team)
    with pytest.raises(NotAllowed, match=r"Sam Okafor has claimed .* Take over first"):
        reply(team, team.ana, held)
    assert (rows(Message), kinds(held)) == ([], [])
    reply(team, team.sam, held)
    assert len(rows(Message)) == 1


def test_a_take_over_is_the_way_to_reply(team: Team, held: int) -> None:
    only_the_claimer(team)
    do(conversations.take_over, team.ana, held)
    reply(team, team.ana, held)
    with pytest.raises(NotAllowed, match="Ana Ruiz has claimed"):
        reply(team, team.sam, held)


@pytest.mark.parametrize("state", State)
def test_what_nobody_claimed_anybody_may_answer(team: Team, state: State) -> None:
    only_the_claimer(team)
    number = team.talk(state=state)
    reply(team, team.ana, number)
    assert now(number).claimed_by == team.ana.user_id


def test_a_claim_counts_while_the_assistant_still_answers(team: Team) -> None:
    only_the_claimer(team)
    number = team.talk()
    do(conversations.claim, team.sam, number)
    shown = composer(team, number)
    assert (shown.mode, shown.can_write) == ("claimed_by_other", False)
    assert shown.sentence == (
        "Sam Okafor has claimed this since 13:00. Only the person who claimed it may reply."
    )
    with pytest.raises(NotAllowed):
        reply(team, team.ana, number)


def test_without_the_rule_a_claim_leaves_the_composer_open(team: Team) -> None:
    number = team.talk()
    do(conversations.claim, team.sam, number)
    assert composer(team, number).mode == "assistant_answers"


def test_the_rule_is_told_where_a_colleague_answers(team: Team, held: int) -> None:
    only_the_claimer(team)
    assert composer(team, held).sentence == (
        "Sam Okafor answers here since 13:00. Only the person who claimed it may reply."
    )


# ---- claims


def test_of_two_claims_one_wins_and_the_other_is_told_who(team: Team) -> None:
    number = team.talk()
    actors = (team.ana, team.sam, team.lee)
    results = team.at_once(
        *(lambda actor=actor: do(conversations.claim, actor, number) for actor in actors)
    )
    refused = [result for result in results if isinstance(result, Conflict)]
    (winner,) = [a for a in actors if a.user_id == now(number).claimed_by]
    told = f"{winner.name} has already claimed this. You can still take over."
    assert [refusal.message for refusal in refused] == [told, told]
    assert kinds(number) == ["claimed"]


def test_a_closed_conversation_is_not_claimed(team: Team) -> None:
    number = team.talk(state=State.CLOSED)
    with pytest.raises(BadTransition, match="Reopen it first"):
        do(conversations.claim, team.sam, number)


def test_claiming_ones_own_changes_nothing(team: Team, held: int) -> None:
    do(conversations.claim, team.sam, held)
    assert kinds(held) == []


def test_a_reply_while_a_colleague_claims_ends_in_one_holder(team: Team) -> None:
    only_the_claimer(team)
    number = team.talk()
    team.at_once(
        lambda: do(conversations.claim, team.sam, number),
        lambda: reply(team, team.ana, number),
    )
    sent = rows(Message)
    holder = team.ana if sent else team.sam
    assert now(number).claimed_by == holder.user_id


# ---- the AI of one conversation


def test_off_and_on_again(team: Team) -> None:
    number = team.talk(needs_reply=True)
    do(conversations.set_ai, team.sam, number, False)
    do(conversations.set_ai, team.sam, number, False)
    assert (now(number).ai_enabled, now(number).needs_reply) == (False, False)
    do(conversations.set_ai, team.sam, number, True)
    assert now(number).ai_enabled
    assert team.lines(number) == [
        "Sam switched the AI off for this conversation",
        "Sam switched the AI on again",
    ]


@pytest.mark.parametrize(
    ("state", "answers"),
    [(State.ASSISTANT, True), (State.NEEDS_HUMAN, False), (State.HUMAN, False)],
)
def test_on_again_it_answers_who_waits(team: Team, state: State, answers: bool) -> None:
    number = team.talk(state=state, ai_enabled=False)
    team.says(number)
    do(conversations.set_ai, team.sam, number, True)
    assert now(number).needs_reply is answers


def test_a_reaction_of_ours_answers_nobody(team: Team) -> None:
    number = team.talk(ai_enabled=False)
    team.says(number, sent_at=NOON - timedelta(minutes=1))
    with db.transaction() as session:
        row = session.get_one(Conversation, number)
        factories.message(session, row, "", direction=Direction.OUT, kind="reaction")
    do(conversations.set_ai, team.sam, number, True)
    assert now(number).needs_reply


def test_a_stranger_switches_nothing(team: Team) -> None:
    number = team.talk()
    with pytest.raises(NotFound):
        do(conversations.set_ai, team.stranger, number, False)
    assert now(number).ai_enabled


OFF = "The AI is off for this conversation."


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (State.ASSISTANT, f"{OFF} Nobody answers until a person does."),
        (State.NEEDS_HUMAN, f"{OFF} Nobody answers until a person does."),
        (State.HUMAN, f"People answer. {OFF}"),
        (State.CLOSED, "Closed. It opens again when the customer writes."),
    ],
)
def test_that_it_is_off_is_told(team: Team, state: State, sentence: str) -> None:
    assert who(team, team.talk(state=state, ai_enabled=False)) == sentence


def test_a_composer_says_that_nobody_answers(team: Team) -> None:
    shown = composer(team, team.talk(ai_enabled=False))
    assert (shown.mode, shown.can_write) == ("human", True)
    assert shown.sentence == f"{OFF} Nobody answers until you do."


def test_off_for_the_channel_is_told_too(team: Team) -> None:
    team.set(Channel, team.channel.id, ai_replies=False)
    number = team.talk()
    told = "The AI is off for this channel. Nobody answers until"
    assert composer(team, number).sentence == f"{told} you do."
    assert who(team, number) == f"{told} a person does."


def test_the_second_a_pause_ends_is_told(team: Team) -> None:
    number = team.talk(state=State.HUMAN, ai_resumes_at=NOON)
    assert who(team, number) == "The AI resumes now."
