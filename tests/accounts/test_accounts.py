from collections.abc import Callable

import pytest
from argon2 import PasswordHasher
from sqlmodel import Session, select

from domain import accounts, invitations, sessions
from domain.access import Actor
from illumichat_app import db
from illumichat_app.errors import AppError, Conflict, Invalid, NotAllowed, NotFound
from models import Assistant, Conversation, Invitation, Membership, Role, User, Workspace
from tests import factories
from tests.accounts.conftest import PASSWORD, REAL_HASHER, Team


def test_the_right_password_names_the_person(team: Team) -> None:
    email = f"  {team.email(team.agent).upper()} "
    with db.reading() as session:
        found = accounts.check_password(session, email, PASSWORD)
    assert found == accounts.Credentials(team.agent.user_id, stale=False)


@pytest.mark.parametrize("password", ["", "wrong", PASSWORD.upper(), PASSWORD + " "])
def test_a_wrong_password_is_refused(team: Team, password: str) -> None:
    with pytest.raises(NotAllowed), db.reading() as session:
        accounts.check_password(session, team.email(team.agent), password)


def test_an_unknown_email_is_refused_with_the_same_words_and_work(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []
    real = accounts._hasher

    class Counting:
        def verify(self, known: str, password: str) -> bool:
            checked.append(known)
            return real.verify(known, password)

        def hash(self, password: str) -> str:
            return real.hash(password)

    monkeypatch.setattr(accounts, "_hasher", Counting())
    words = {_refusal(team.email(team.agent), "wrong"), _refusal("nobody@demo.test", "wrong")}
    assert len(words) == 1
    assert len(checked) == 2


def _refusal(email: str, password: str) -> str:
    with pytest.raises(NotAllowed) as refused, db.reading() as session:
        accounts.check_password(session, email, password)
    return refused.value.message


def test_nobodys_password_opens_nothing(team: Team) -> None:
    with pytest.raises(NotAllowed), db.reading() as session:
        accounts.check_password(session, "nobody@demo.test", "nobody has this password")


def test_a_damaged_hash_lets_nobody_in(team: Team) -> None:
    with db.transaction() as session:
        session.get_one(User, team.agent.user_id).password_hash = "not a hash"
    with pytest.raises(NotAllowed), db.reading() as session:
        accounts.check_password(session, team.email(team.agent), PASSWORD)


def test_a_hash_of_an_older_strength_is_refreshed(team: Team) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=16, parallelism=1).hash(PASSWORD)
    with db.transaction() as session:
        session.get_one(User, team.agent.user_id).password_hash = weak
    assert _check(team).stale
    with db.transaction() as session:
        accounts.refresh_hash(session, team.agent.user_id, PASSWORD)
    assert not _check(team).stale


def _check(team: Team) -> accounts.Credentials:
    with db.reading() as session:
        return accounts.check_password(session, team.email(team.agent), PASSWORD)


def test_real_hashes_are_as_strong_as_the_library_advises() -> None:
    assert REAL_HASHER.hash(PASSWORD).startswith("$argon2id$v=19$m=65536,t=3,p=4$")


@pytest.mark.parametrize("length", [0, 9, 201])
def test_a_password_has_a_fair_length(length: int) -> None:
    with pytest.raises(Invalid):
        accounts.hash_password("x" * length)


def test_changing_the_password_ends_the_other_browsers(team: Team) -> None:
    here, there = team.signed_in(team.agent), team.signed_in(team.agent)
    new = accounts.hash_password("another good password")
    with db.transaction() as session:
        accounts.confirm_password(session, team.agent, PASSWORD)
        assert accounts.change_password(session, team.agent, new, here) == 1
    assert sessions.principal(here) == team.agent
    assert sessions.principal(there) is None
    _refusal(team.email(team.agent), PASSWORD)


def test_the_current_password_must_be_right(team: Team) -> None:
    with pytest.raises(NotAllowed, match="current password"), db.reading() as session:
        accounts.confirm_password(session, team.agent, "wrong")


@pytest.mark.parametrize(
    ("email", "name"),
    [
        ("no-at.example", "Lee"),
        ("a@b", "Lee"),
        ("a b@c.example", "Lee"),
        ("a@b.example\x00", "Lee"),
        (f"{'a' * 250}@b.example", "Lee"),
        ("lee@demo.test", ""),
        ("lee@demo.test", " \t\x00"),
        ("lee@demo.test", "x" * 81),
    ],
)
def test_a_person_needs_a_real_email_and_name(team: Team, email: str, name: str) -> None:
    with pytest.raises(Invalid), db.transaction() as session:
        accounts.add_person(session, email=email, name=name, password_hash="x")


def test_a_new_person_is_kept_tidily(team: Team) -> None:
    with db.transaction() as session:
        made = accounts.add_person(
            session, email=" Lee@Demo.Test ", name="  Lee \n Park ", password_hash="x"
        )
    assert (made.email, made.name) == ("lee@demo.test", "Lee Park")


def test_an_email_has_one_account(team: Team) -> None:
    email = team.email(team.agent).upper()
    with pytest.raises(Conflict), db.transaction() as session:
        accounts.add_person(session, email=email, name="Twin", password_hash="x")


def test_renaming_oneself_counts_at_once(team: Team) -> None:
    cookie = team.signed_in(team.agent)
    sessions.principal(cookie)
    with db.transaction() as session:
        accounts.rename(session, team.agent, "Sam O.")
    who = sessions.principal(cookie)
    assert who
    assert who.name == "Sam O."


# ---- workspaces


def test_a_new_workspace_has_an_admin_and_an_assistant(team: Team) -> None:
    with db.transaction() as session:
        user = session.get_one(User, team.agent.user_id)
        made = accounts.open_workspace(
            session, name="Second shop", time_zone="Europe/Madrid", admin=user
        )
        role = session.exec(select(Membership.role).where(Membership.workspace_id == made.id)).one()
        helper = session.exec(select(Assistant).where(Assistant.workspace_id == made.id)).one()
        mine = [each.name for each in accounts.workspaces(session, team.agent)]
    assert role is Role.ADMIN
    assert helper.instructions
    assert mine == ["Harbour Supplies", "Second shop"]


def test_an_admin_saves_name_and_time_zone(team: Team) -> None:
    with db.transaction() as session:
        accounts.save_workspace(session, team.admin, name="Harbour", time_zone="Asia/Tokyo")
        place = accounts.profile(session, team.admin)[1]
    assert (place.name, place.time_zone) == ("Harbour", "Asia/Tokyo")


@pytest.mark.parametrize(("name", "zone"), [("", "UTC"), ("Harbour", "Mars/Base"), ("H", "../x")])
def test_a_workspace_needs_a_name_and_a_real_zone(team: Team, name: str, zone: str) -> None:
    with pytest.raises(Invalid), db.transaction() as session:
        accounts.save_workspace(session, team.admin, name=name, time_zone=zone)


def test_members_are_listed_by_name_without_strangers(team: Team) -> None:
    with db.reading() as session:
        found = accounts.members(session, team.admin)
    assert [(each.name, each.role) for each in found] == [
        ("Ana Ruiz", Role.ADMIN),
        ("Sam Okoro", Role.AGENT),
    ]


# ---- roles

ForAdmins = Callable[[Session, Actor, int], object]
FOR_ADMINS: dict[str, ForAdmins] = {
    "members": lambda session, who, _: accounts.members(session, who),
    "change_role": lambda session, who, user: accounts.change_role(session, who, user, Role.ADMIN),
    "remove_member": accounts.remove_member,
    "save_workspace": lambda session, who, _: accounts.save_workspace(
        session, who, name="Mine", time_zone="UTC"
    ),
    "invite": lambda session, who, _: invitations.invite(session, who, role=Role.ADMIN),
    "open_ones": lambda session, who, _: invitations.open_ones(session, who),
    "cancel": invitations.cancel,
}


@pytest.mark.parametrize("action", FOR_ADMINS.values(), ids=FOR_ADMINS.keys())
def test_an_agent_may_not(team: Team, action: ForAdmins) -> None:
    with pytest.raises(NotAllowed), db.transaction() as session:
        action(session, team.agent, team.admin.user_id)


@pytest.mark.parametrize("action", ["change_role", "remove_member"])
def test_an_admin_of_another_workspace_finds_nobody(team: Team, action: str) -> None:
    with pytest.raises(NotFound), db.transaction() as session:
        FOR_ADMINS[action](session, team.stranger, team.agent.user_id)


@pytest.mark.parametrize("action", ["change_role", "remove_member"])
def test_nobody_locks_themselves_out(team: Team, action: str) -> None:
    with pytest.raises(Conflict, match="yourself"), db.transaction() as session:
        FOR_ADMINS[action](session, team.admin, team.admin.user_id)


def test_the_last_admin_stays(team: Team) -> None:
    # As when two admins demote each other at the same moment: the slower one's role is stale.
    stale = Actor(team.agent.user_id, team.agent.workspace_id, Role.ADMIN, "Sam Okoro")
    for change in (
        lambda session: accounts.change_role(session, stale, team.admin.user_id, Role.AGENT),
        lambda session: accounts.remove_member(session, stale, team.admin.user_id),
    ):
        with pytest.raises(Conflict, match="last admin"), db.transaction() as session:
            change(session)


def test_a_second_admin_can_be_demoted(team: Team) -> None:
    user_id = team.agent.user_id
    with db.transaction() as session:
        accounts.change_role(session, team.admin, user_id, Role.ADMIN)
        accounts.change_role(session, team.admin, user_id, Role.AGENT)
        found = {each.user_id: each.role for each in accounts.members(session, team.admin)}
    assert found[user_id] is Role.AGENT


@pytest.mark.parametrize("leave", [True, False], ids=["removed", "demoted"])
def test_who_loses_the_role_loses_their_open_invitations(team: Team, leave: bool) -> None:
    second = Actor(team.agent.user_id, team.agent.workspace_id, Role.ADMIN, "Sam Okoro")
    with db.transaction() as session:
        accounts.change_role(session, team.admin, second.user_id, Role.ADMIN)
        invitations.invite(session, second, role=Role.ADMIN)
        session.flush()
        if leave:
            accounts.remove_member(session, team.admin, second.user_id)
        else:
            accounts.change_role(session, team.admin, second.user_id, Role.AGENT)
        assert session.exec(select(Invitation)).all() == []


def test_a_removed_members_conversations_become_unclaimed(team: Team) -> None:
    with db.transaction() as session:
        place = session.get_one(Workspace, team.admin.workspace_id)
        on = factories.channel(session, place, factories.assistant(session, place))
        theirs = factories.conversation(session, on, claimed_by=team.agent.user_id)
        others = factories.conversation(session, on, claimed_by=team.admin.user_id)
        accounts.remove_member(session, team.admin, team.agent.user_id)
    with db.reading() as session:
        assert session.get_one(Conversation, theirs.id).claimed_by is None
        assert session.get_one(Conversation, others.id).claimed_by == team.admin.user_id


def test_a_removed_member_keeps_the_account_and_other_workspaces(team: Team) -> None:
    with db.transaction() as session:
        token = invitations.invite(session, team.stranger, role=Role.AGENT)
        session.flush()
        invitations.accept(session, token, team.agent.user_id)
        accounts.remove_member(session, team.admin, team.agent.user_id)
        token = sessions.start(session, team.agent.user_id)
    who = sessions.principal(f"{sessions.cookie_name()}={token}")
    assert who
    assert who.workspace_id == team.stranger.workspace_id


def test_every_refusal_is_for_people_to_read(team: Team) -> None:
    with pytest.raises(AppError) as refused, db.transaction() as session:
        accounts.remove_member(session, team.admin, 10**15)
    assert refused.value.message.endswith(".")


@pytest.mark.parametrize("gone", ["person", "workspace"])
def test_a_profile_that_is_gone_is_not_found(team: Team, gone: str) -> None:
    user_id = 10**15 if gone == "person" else team.agent.user_id
    place = 10**15 if gone == "workspace" else team.agent.workspace_id
    with pytest.raises(NotFound), db.reading() as session:
        accounts.profile(session, Actor(user_id, place, Role.AGENT, "Ghost"))
