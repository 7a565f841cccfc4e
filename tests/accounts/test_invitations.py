from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlmodel import select

from domain import accounts, invitations
from illumichat_app import clock, db
from illumichat_app.errors import AppError, Conflict, Invalid, NotAllowed, NotFound
from models import Assistant, Invitation, Membership, Role, User
from tests.accounts.conftest import Team, password_hash
from tests.conftest import NOON


def invited(team: Team, role: Role = Role.AGENT, email: str = "") -> str:
    with db.transaction() as session:
        return invitations.invite(session, team.admin, role=role, email=email)


def accept(token: str, user_id: int) -> int:
    with db.transaction() as session:
        return invitations.accept(session, token, user_id)


def test_a_link_gives_its_role_in_its_workspace(team: Team) -> None:
    accept(invited(team, Role.ADMIN), team.stranger.user_id)
    with db.reading() as session:
        found = {each.user_id: each.role for each in accounts.members(session, team.admin)}
    assert found[team.stranger.user_id] is Role.ADMIN


def test_a_link_works_once(team: Team) -> None:
    token = invited(team)
    accept(token, team.stranger.user_id)
    with pytest.raises(NotFound, match="used already"):
        join(token, "late@demo.test")


def join(token: str, email: str) -> tuple[int, int]:
    with db.transaction() as session:
        return invitations.join_as_new(
            session, token, email=email, name="Lee", password_hash=password_hash()
        )


def test_two_at_the_same_moment_do_not_both_get_in(team: Team) -> None:
    token = invited(team)

    def arrive(number: int) -> bool:
        try:
            join(token, f"lee{number}@demo.test")
        except AppError:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(arrive, range(4))) == 1


def test_a_refused_person_leaves_no_account_behind(team: Team) -> None:
    token = invited(team, email="lee@demo.test")
    with pytest.raises(NotAllowed):
        join(token, "else@demo.test")
    with db.reading() as session:
        assert accounts.by_email(session, "else@demo.test") is None


def test_a_link_ends_after_seven_days(team: Team, noon: object) -> None:
    token = invited(team)
    clock.freeze(NOON + timedelta(days=7) - timedelta(seconds=1))
    with db.reading() as session:
        assert invitations.offer(session, token).workspace == "Harbour Supplies"
    clock.freeze(NOON + timedelta(days=7))
    with pytest.raises(NotFound):
        accept(token, team.stranger.user_id)


def test_a_link_for_an_email_is_for_that_person(team: Team) -> None:
    token = invited(team, email=team.email(team.stranger).upper())
    assert accept(token, team.stranger.user_id) == team.admin.workspace_id


def test_a_members_second_acceptance_does_not_use_the_link_up(team: Team) -> None:
    token = invited(team)
    with pytest.raises(Conflict, match="already in"):
        accept(token, team.agent.user_id)
    accept(token, team.stranger.user_id)


def test_an_invitation_for_nonsense_is_refused(team: Team) -> None:
    with pytest.raises(Invalid):
        invited(team, email="nonsense")


def test_open_links_are_listed_and_can_be_cancelled(team: Team) -> None:
    token = invited(team, email="lee@demo.test")
    with db.transaction() as session:
        (row,) = invitations.open_ones(session, team.admin)
        assert row.email == "lee@demo.test"
        assert invitations.open_ones(session, team.stranger) == []
        invitations.cancel(session, team.admin, row.id)
    with pytest.raises(NotFound):
        accept(token, team.stranger.user_id)


def test_a_foreign_link_cannot_be_cancelled(team: Team) -> None:
    token = invited(team)
    with db.reading() as session:
        number = invitations.open_ones(session, team.admin)[0].id
    with pytest.raises(NotFound), db.transaction() as session:
        invitations.cancel(session, team.stranger, number)
    accept(token, team.stranger.user_id)


def test_a_used_link_cannot_be_cancelled(team: Team) -> None:
    token = invited(team)
    with db.transaction() as session:
        number = invitations.open_ones(session, team.admin)[0].id
        invitations.accept(session, token, team.stranger.user_id)
    with pytest.raises(NotFound), db.transaction() as session:
        invitations.cancel(session, team.admin, number)


def test_the_offer_says_who_invites_and_as_what(team: Team) -> None:
    token = invited(team, Role.ADMIN, "lee@demo.test")
    with db.reading() as session:
        offered = invitations.offer(session, token)
    assert offered == invitations.Offer("Harbour Supplies", "Ana Ruiz", "lee@demo.test", Role.ADMIN)


def test_only_the_digest_of_a_link_is_stored(team: Team) -> None:
    token = invited(team)
    with db.reading() as session:
        assert session.exec(select(Invitation)).one().token_digest != token


# ---- the first start


@pytest.fixture
def empty(database: str) -> None:
    """A deployment that nobody has set up."""


def setup_token() -> str | None:
    with db.transaction() as session:
        return invitations.setup_token(session)


def set_up(token: str, **changes: str) -> int:
    form = {
        "workspace": "Harbour Supplies",
        "time_zone": "Europe/Lisbon",
        "email": "ana@demo.test",
        "name": "Ana Ruiz",
    } | changes
    with db.transaction() as session:
        return invitations.set_up(session, token, password_hash=password_hash(), **form)


def test_the_setup_link_makes_admin_workspace_and_assistant(empty: None) -> None:
    token = setup_token()
    assert token
    admin_id = set_up(token)
    with db.reading() as session:
        membership = session.exec(select(Membership)).one()
        assert session.exec(select(Assistant)).one().workspace_id == membership.workspace_id
    assert (membership.user_id, membership.role) == (admin_id, Role.ADMIN)


def test_processes_that_start_at_once_log_one_link(empty: None) -> None:
    with ThreadPoolExecutor(4) as processes:
        links = list(processes.map(lambda _: setup_token(), range(4)))
    assert len(set(links)) == 1


def test_every_process_logs_the_same_link(empty: None, noon: object) -> None:
    first = setup_token()
    clock.freeze(NOON + timedelta(hours=23))
    assert setup_token() == first


def test_an_ended_link_is_replaced(empty: None, noon: object) -> None:
    first = setup_token()
    assert first
    clock.freeze(NOON + invitations.SETUP_LIFETIME)
    second = setup_token()
    assert second
    assert second != first
    with pytest.raises(NotFound):
        set_up(first)
    set_up(second)


def test_the_setup_link_works_once(empty: None) -> None:
    token = setup_token()
    assert token
    set_up(token)
    assert setup_token() is None
    with pytest.raises(NotFound):
        set_up(token, email="eve@demo.test")


def test_a_second_link_dies_with_the_first_admin(empty: None) -> None:
    with db.transaction() as session:
        other = invitations._new_setup_link(session)
    clock.freeze(clock.now() + timedelta(seconds=1))
    try:
        with db.transaction() as session:
            token = invitations._new_setup_link(session)
    finally:
        clock.freeze(None)
    set_up(token)
    with pytest.raises(NotFound):
        set_up(other, email="eve@demo.test")


def test_a_guessed_setup_link_is_refused(empty: None) -> None:
    setup_token()
    with pytest.raises(NotFound):
        set_up("guess")


def test_an_invitation_is_no_setup_link_and_the_other_way_round(team: Team) -> None:
    token = invited(team)
    with pytest.raises(NotFound):
        set_up(token)
    with db.transaction() as session:
        setup = invitations._new_setup_link(session)
    with pytest.raises(NotFound):
        accept(setup, team.stranger.user_id)
    with pytest.raises(NotFound), db.reading() as session:
        invitations.offer(session, setup)


def test_a_mistake_in_the_form_leaves_the_link_usable(empty: None) -> None:
    token = setup_token()
    assert token
    with pytest.raises(Invalid):
        set_up(token, time_zone="Mars/Base")
    set_up(token)
    with db.reading() as session:
        assert session.exec(select(User.email)).all() == ["ana@demo.test"]
