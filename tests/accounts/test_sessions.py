from datetime import timedelta

import pytest
from sqlmodel import select

from domain import accounts, sessions
from illumichat_app import clock, db
from illumichat_app.errors import NotFound, NotSignedIn
from models import LoginSession, Membership, Role
from tests.accounts.conftest import Team
from tests.conftest import NOON


def test_the_cookie_names_the_person_and_the_workspace(team: Team) -> None:
    assert sessions.principal(f"theme=dark; {team.signed_in(team.agent)}; a=b") == team.agent


@pytest.mark.parametrize("header", ["", "nonsense", "illumichat_session=", "other=token"])
def test_no_cookie_is_nobody(team: Team, header: str) -> None:
    assert sessions.principal(header) is None


def test_a_made_up_token_is_nobody(team: Team) -> None:
    assert sessions.principal(f"{sessions.cookie_name()}=guess") is None


def test_only_the_digest_of_the_token_is_stored(team: Team) -> None:
    token = team.signed_in(team.agent).partition("=")[2]
    with db.reading() as session:
        stored = session.exec(select(LoginSession.token_digest)).one()
    assert stored == sessions.digest(token)
    assert token not in stored


def test_a_session_ends_after_14_days_without_use(team: Team, noon: object) -> None:
    cookie = team.signed_in(team.agent)
    clock.freeze(NOON + sessions.LIFETIME - timedelta(seconds=1))
    assert sessions.principal(cookie) == team.agent
    clock.freeze(clock.now() + sessions.LIFETIME)
    assert sessions.principal(cookie) is None


def test_a_remembered_session_ends_on_time_too(team: Team, noon: object) -> None:
    cookie = team.signed_in(team.agent)
    assert sessions.principal(cookie) == team.agent
    clock.freeze(NOON + sessions.LIFETIME)
    assert sessions.is_cached(cookie)
    assert sessions.principal(cookie) is None


def test_use_moves_the_end_but_writes_at_most_every_five_minutes(team: Team, noon: object) -> None:
    cookie = team.signed_in(team.agent)
    assert _seen_after(cookie, timedelta(minutes=4)) == NOON
    assert _seen_after(cookie, timedelta(minutes=6)) == NOON + timedelta(minutes=6)


def _seen_after(cookie: str, later: timedelta) -> object:
    clock.freeze(NOON + later)
    sessions.forget_cached()
    sessions.principal(cookie)
    with db.reading() as session:
        row = session.exec(select(LoginSession)).one()
    assert row.expires_at == row.last_seen_at + sessions.LIFETIME
    return row.last_seen_at


def test_the_cache_answers_without_the_database_and_is_bounded(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "CACHE_SIZE", 1)
    first, second = team.signed_in(team.agent), team.signed_in(team.admin)
    assert not sessions.is_cached(first)
    sessions.principal(first)
    assert sessions.is_cached(first)
    sessions.principal(second)
    assert not sessions.is_cached(first)


def test_an_old_answer_is_asked_again(team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    cookie = team.signed_in(team.agent)
    sessions.principal(cookie)
    monkeypatch.setattr(sessions, "CACHE_SECONDS", 0.0)
    assert not sessions.is_cached(cookie)


def test_a_new_role_counts_at_once(team: Team) -> None:
    cookie = team.signed_in(team.agent)
    assert sessions.principal(cookie) == team.agent
    with db.transaction() as session:
        accounts.change_role(session, team.admin, team.agent.user_id, Role.ADMIN)
    who = sessions.principal(cookie)
    assert who
    assert who.is_admin


def test_a_removed_member_is_nobody_at_once(team: Team) -> None:
    cookie = team.signed_in(team.agent)
    assert sessions.principal(cookie) == team.agent
    with db.transaction() as session:
        accounts.remove_member(session, team.admin, team.agent.user_id)
    assert sessions.principal(cookie) is None


def test_a_membership_lost_elsewhere_counts_once_the_cache_is_old(team: Team) -> None:
    cookie = team.signed_in(team.agent)
    with db.transaction() as session:
        session.delete(_membership(session, team.agent.user_id))
    sessions.forget_cached()
    assert sessions.principal(cookie) is None


def _membership(session: db.Session, user_id: int) -> Membership:
    return session.exec(select(Membership).where(Membership.user_id == user_id)).one()


def test_without_a_workspace_nobody_signs_in(team: Team) -> None:
    with db.transaction() as session:
        accounts.remove_member(session, team.admin, team.agent.user_id)
    with pytest.raises(NotFound, match="no workspace"), db.transaction() as session:
        sessions.start(session, team.agent.user_id)


def test_signing_out_ends_this_browser_only(team: Team) -> None:
    here, there = team.signed_in(team.agent), team.signed_in(team.agent)
    assert sessions.principal(here)
    with db.transaction() as session:
        sessions.sign_out(session, here)
    assert sessions.principal(here) is None
    assert sessions.principal(there) == team.agent


def test_own_sessions_are_listed_the_last_used_first(team: Team, noon: object) -> None:
    team.signed_in(team.admin, browser="not mine")
    team.signed_in(team.agent, browser="phone", address="203.0.113.9")
    clock.freeze(NOON + timedelta(hours=1))
    here = team.signed_in(team.agent, browser="desk")
    with db.reading() as session:
        found = sessions.of_person(session, team.agent, here)
    assert [(each.browser, each.current) for each in found] == [("desk", True), ("phone", False)]
    assert found[1].address == "203.0.113.9"


def test_ended_sessions_are_not_listed(team: Team, noon: object) -> None:
    cookie = team.signed_in(team.agent)
    with db.transaction() as session:
        sessions.sign_out(session, cookie)
    team.signed_in(team.agent)
    clock.freeze(NOON + sessions.LIFETIME)
    with db.reading() as session:
        assert sessions.of_person(session, team.agent, cookie) == []


def test_one_session_can_be_revoked_by_its_owner(team: Team) -> None:
    cookie = team.signed_in(team.agent)
    sessions.principal(cookie)
    with db.transaction() as session:
        number = sessions.of_person(session, team.agent, cookie)[0].id
        sessions.revoke(session, team.agent, number)
    assert sessions.principal(cookie) is None


def test_nobody_else_can_revoke_it_not_even_an_admin(team: Team) -> None:
    cookie = team.signed_in(team.agent)
    with db.reading() as session:
        number = sessions.of_person(session, team.agent, cookie)[0].id
    with pytest.raises(NotFound), db.transaction() as session:
        sessions.revoke(session, team.admin, number)
    assert sessions.principal(cookie) == team.agent


def test_all_others_can_be_revoked(team: Team) -> None:
    here, there = team.signed_in(team.agent), team.signed_in(team.agent)
    colleague = team.signed_in(team.admin)
    with db.transaction() as session:
        assert sessions.revoke_others(session, team.agent, here) == 1
    assert sessions.principal(here) == team.agent
    assert sessions.principal(there) is None
    assert sessions.principal(colleague) == team.admin


def test_switching_gives_a_new_token_and_ends_the_old_one(team: Team) -> None:
    cookie = team.signed_in(team.agent)
    sessions.principal(cookie)
    with db.transaction() as session:
        session.add(_also_in(team))
        session.flush()
        token = sessions.switch(session, cookie, team.stranger.workspace_id)
    assert sessions.principal(cookie) is None
    who = sessions.principal(f"{sessions.cookie_name()}={token}")
    assert who
    assert (who.workspace_id, who.role) == (team.stranger.workspace_id, Role.ADMIN)


def _also_in(team: Team) -> Membership:
    return Membership(
        workspace_id=team.stranger.workspace_id, user_id=team.agent.user_id, role=Role.ADMIN
    )


def test_switching_to_a_foreign_workspace_is_refused(team: Team) -> None:
    cookie = team.signed_in(team.agent)
    with pytest.raises(NotFound), db.transaction() as session:
        sessions.switch(session, cookie, team.stranger.workspace_id)
    assert sessions.principal(cookie) == team.agent


def test_switching_needs_a_session(team: Team) -> None:
    with pytest.raises(NotSignedIn), db.transaction() as session:
        sessions.switch(session, "", team.admin.workspace_id)
