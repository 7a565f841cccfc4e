"""Each change by an admin leaves one line in words; a refusal, or a change of nothing, none."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from domain import (
    accounts,
    assistants,
    audit,
    connections,
    invitations,
    messaging_settings,
    passages,
)
from domain.access import Actor
from domain.connections import Facts
from domain.messaging_settings import MessagingSettings
from illumichat_app import db
from illumichat_app.errors import AppError, Conflict, Invalid, NotAllowed, NotFound
from integrations.whatsapp.management import NumberFacts
from models import (
    Assistant,
    AuditAction,
    ConnectMethod,
    Invitation,
    Role,
    User,
    WhatsAppConnection,
    Workspace,
)
from tests.accounts.conftest import password_hash
from tests.audit.conftest import Office, does, trail
from tests.flows.stack import rows

CANARY = "canary5e1d"
NUMBER = "+44 20 7946 0991"
HELPER = "Harbour assistant"
DEFAULTS = MessagingSettings()

Act = Callable[[Office, Actor], Any]


def facts(method: ConnectMethod = ConnectMethod.MANUAL) -> Facts:
    number = NumberFacts(
        "310000000000050", "+44 20 7946 0050", "Blue Kite", "GREEN", "TIER_250", "APPROVED",
        "STANDARD", "CONNECTED", "VERIFIED", "CLOUD_API", False, "", "",
    )  # fmt: skip
    return Facts(method, "21", number, f"EAA{CANARY}", f"secret{CANARY}")


def connect(office: Office, who: Actor, method: ConnectMethod = ConnectMethod.MANUAL) -> Any:
    with db.transaction() as session:
        place = session.get_one(Workspace, office.admin.workspace_id)
        spare = Assistant(workspace_id=place.id, name="Night shift")
        session.add(spare)
        session.flush()
    return does(connections.save, who, spare.id, facts(method))


def disconnect(office: Office, who: Actor) -> Any:
    return does(connections.disconnect, who, office.channel)


def settings(**changes: Any) -> Act:
    def act(office: Office, who: Actor) -> Any:
        given = replace(DEFAULTS, **changes)
        return does(messaging_settings.save, who, office.channel, given, began_from=DEFAULTS)

    return act


def assistant(**changes: str) -> Act:
    stored = {"name": HELPER, "instructions": "", "model": ""}
    return lambda office, who: does(assistants.save, who, office.helper, **stored | changes)


def passage(**changes: str) -> Act:
    stored = {"title": "Returns", "body": "Within 30 days."}
    return lambda office, who: does(
        passages.save, who, office.helper, office.passage, **stored | changes
    )


def add_passage(office: Office, who: Actor) -> Any:
    words = {"title": "Payment", "body": f"Cards. {CANARY}"}
    return does(passages.save, who, office.helper, 0, **words)


def delete_passage(office: Office, who: Actor) -> Any:
    return does(passages.delete, who, office.helper, office.passage)


def invite(email: str = "") -> Act:
    return lambda _, who: does(invitations.invite, who, role=Role.ADMIN, email=email)


def role(given: Role) -> Act:
    return lambda office, who: does(accounts.change_role, who, office.agent.user_id, given)


def remove(office: Office, who: Actor) -> Any:
    return does(accounts.remove_member, who, office.agent.user_id)


def workspace(name: str = "Harbour Supplies", time_zone: str = "UTC") -> Act:
    return lambda _, who: does(accounts.save_workspace, who, name=name, time_zone=time_zone)


DONE = {
    "connected by hand": (
        connect,
        ("number_connected", "+44 20 7946 0050", "To Night shift, with Advanced Setup"),
    ),
    "connected by signup": (
        lambda office, who: connect(office, who, ConnectMethod.EMBEDDED),
        ("number_connected", "+44 20 7946 0050", "To Night shift, with Connect with WhatsApp"),
    ),
    "disconnected": (disconnect, ("number_disconnected", NUMBER, f"From {HELPER}")),
    "one setting": (
        settings(ai_replies=False),
        ("channel_changed", f"{NUMBER} ({HELPER})", "AI replies from on to off"),
    ),
    "all settings": (
        settings(
            enabled=False,
            ai_replies=False,
            match_contacts=True,
            auto_create_contacts=True,
            max_message_length=1000,
        ),
        (
            "channel_changed",
            f"{NUMBER} ({HELPER})",
            "Channel from on to off, AI replies from on to off, matching contacts from off to on, "
            "creating contacts from off to on, maximum message length from 4096 to 1000",
        ),
    ),
    "assistant created": (
        lambda _, who: does(assistants.create, who, "Night shift"),
        ("assistant_created", "Night shift", ""),
    ),
    "assistant renamed": (
        assistant(name="Deck hand"),
        ("assistant_changed", "Deck hand", f"Name from “{HELPER}” to “Deck hand”"),
    ),
    "assistant's instructions": (
        assistant(instructions=f"Be kind. {CANARY}"),
        ("assistant_changed", HELPER, "Instructions rewritten"),
    ),
    "assistant's model": (
        assistant(model="openai:gpt-x", instructions=CANARY),
        (
            "assistant_changed",
            HELPER,
            "Model from offline (default) to openai:gpt-x, instructions rewritten",
        ),
    ),
    "passage added": (add_passage, ("passage_saved", "Payment", f"Of {HELPER}: added")),
    "passage rewritten": (
        passage(body=CANARY),
        ("passage_saved", "Returns", f"Of {HELPER}: text rewritten"),
    ),
    "passage retitled": (
        passage(title="Refunds", body=CANARY),
        ("passage_saved", "Refunds", f"Of {HELPER}: title was “Returns”, text rewritten"),
    ),
    "passage deleted": (delete_passage, ("passage_deleted", "Returns", f"Of {HELPER}")),
    "invited by e-mail": (
        invite("Lee@demo.test"),
        ("member_invited", "lee@demo.test", "As admin"),
    ),
    "invited by link": (invite(), ("member_invited", "anyone with the link", "As admin")),
    "role": (role(Role.ADMIN), ("role_changed", "Sam Okoro", "From agent to admin")),
    "workspace": (
        workspace("Harbour & Co", "Asia/Tokyo"),
        (
            "workspace_changed",
            "Harbour & Co",
            "Name from “Harbour Supplies” to “Harbour & Co”, time zone from UTC to Asia/Tokyo",
        ),
    ),
    "workspace's time zone": (
        workspace(time_zone="Asia/Tokyo"),
        ("workspace_changed", "Harbour Supplies", "Time zone from UTC to Asia/Tokyo"),
    ),
}


@pytest.mark.parametrize(("act", "line"), DONE.values(), ids=DONE)
def test_a_change_leaves_one_line(office: Office, act: Act, line: tuple[str, ...]) -> None:
    act(office, office.admin)
    assert trail() == [("Ana Ruiz", *line)]
    (row,) = rows(audit.AuditEntry)
    assert (row.workspace_id, row.actor_id) == (office.admin.workspace_id, office.admin.user_id)


@pytest.mark.parametrize("act", [act for act, _ in DONE.values()], ids=DONE)
def test_an_agent_is_refused_and_leaves_no_line(office: Office, act: Act) -> None:
    with pytest.raises(NotAllowed):
        act(office, office.agent)
    assert trail() == []


OWN_ROWS = {name: case for name, case in DONE.items() if case[1][0] not in (
    # What a stranger makes is made in their own workspace.
    "assistant_created", "member_invited", "workspace_changed",
)}  # fmt: skip


@pytest.mark.parametrize("act", [act for act, _ in OWN_ROWS.values()], ids=OWN_ROWS)
def test_another_workspaces_admin_is_refused_and_leaves_no_line(office: Office, act: Act) -> None:
    with pytest.raises(NotFound):
        act(office, office.stranger)
    assert trail() == []


NOTHING = {
    "settings": settings(),
    "assistant": assistant(),
    "passage": passage(),
    "role": role(Role.AGENT),
    "workspace": workspace(),
}


@pytest.mark.parametrize("act", NOTHING.values(), ids=NOTHING)
def test_a_change_of_nothing_leaves_no_line(office: Office, act: Act) -> None:
    act(office, office.admin)
    assert trail() == []


WRONG = {
    "settings": (settings(max_message_length=7), Invalid),
    "assistant without a name": (assistant(name=" "), Invalid),
    "an unknown model": (assistant(name="Deck hand", model="parrot:1"), Invalid),
    "an empty passage": (passage(title="Refunds", body=" "), Invalid),
    "not an e-mail": (invite("lee"), Invalid),
    "an unknown time zone": (workspace("Harbour & Co", "Mars/Base"), Invalid),
    "a number held elsewhere": (
        lambda office, who: (
            connect(office, who),
            does(connections.save, who, office.helper, facts()),
        ),
        Conflict,
    ),
    "oneself": (lambda _, who: does(accounts.remove_member, who, who.user_id), Conflict),
}


@pytest.mark.parametrize(("act", "refusal"), WRONG.values(), ids=WRONG)
def test_a_refused_change_leaves_no_line(office: Office, act: Act, refusal: type[AppError]) -> None:
    with pytest.raises(refusal):
        act(office, office.admin)
    # The number held elsewhere was connected there first.
    assert [line for line in trail() if line[1] != "number_connected"] == []
    assert len(trail()) <= 1


def test_a_change_that_fails_later_takes_its_line_along(office: Office) -> None:
    def work(session: Any) -> None:
        assistants.create(session, office.admin, "Night shift")
        raise TimeoutError

    with pytest.raises(TimeoutError):
        does(work)
    assert trail() == []


# ---- people


def test_a_removed_person_is_named_with_the_role_they_had(office: Office) -> None:
    email = office.email(office.agent)
    remove(office, office.admin)
    assert trail() == [("Ana Ruiz", "member_removed", f"Sam Okoro ({email})", "Was an agent")]


@pytest.mark.parametrize("who", ["agent", "stranger"])
def test_who_may_not_remove_leaves_no_line(office: Office, who: str) -> None:
    with pytest.raises((NotAllowed, NotFound)):
        remove(office, getattr(office, who))
    assert trail() == []


def test_the_invitations_that_end_with_an_admin_are_counted(office: Office) -> None:
    role(Role.ADMIN)(office, office.admin)
    sam = replace(office.agent, role=Role.ADMIN)
    for email in ("", "lee@demo.test"):
        invite(email)(office, sam)
    role(Role.AGENT)(office, office.admin)
    assert trail()[-1][1:] == (
        "role_changed",
        "Sam Okoro",
        "From admin to agent, unused invitations cancelled: 2",
    )


@pytest.mark.parametrize(
    ("email", "named"), [("lee@demo.test", "lee@demo.test"), ("", "anyone with the link")]
)
def test_a_cancelled_invitation_is_named(office: Office, email: str, named: str) -> None:
    invite(email)(office, office.admin)
    (row,) = rows(Invitation)
    for who, refusal in ((office.agent, NotAllowed), (office.stranger, NotFound)):
        with pytest.raises(refusal):
            does(invitations.cancel, who, row.id)
    does(invitations.cancel, office.admin, row.id)
    assert trail()[1:] == [("Ana Ruiz", "invitation_cancelled", named, "As admin")]
    with pytest.raises(NotFound):
        does(invitations.cancel, office.admin, row.id)
    assert len(trail()) == 2


def test_the_person_who_joins_is_the_one_who_did_it(office: Office) -> None:
    token = invite()(office, office.admin)
    user_id, _ = join(token, "lee@demo.test")
    row = rows(audit.AuditEntry)[-1]
    assert (row.actor_id, row.workspace_id) == (user_id, office.admin.workspace_id)
    assert trail()[1:] == [
        ("Lee Moss", "member_joined", "lee@demo.test", "As admin, invited by Ana Ruiz")
    ]
    with pytest.raises(NotFound):
        join(token, "late@demo.test")
    assert len(trail()) == 2


def join(token: str, email: str) -> tuple[int, int]:
    facts = {"email": email, "name": "Lee Moss", "password_hash": password_hash()}
    return does(invitations.join_as_new, token, **facts)


def test_the_first_line_of_a_workspace_is_who_set_it_up(
    database: str, redis: None, noon: object
) -> None:
    token = does(invitations.setup_token)
    given = {"workspace": "Harbour", "time_zone": "UTC", "email": "ana@demo.test", "name": "Ana"}
    does(invitations.set_up, token, **given, password_hash=password_hash())
    assert trail() == [("Ana", "member_joined", "ana@demo.test", "Set up the workspace")]


# ---- what stays true, and what never enters


def test_a_line_outlives_the_account_of_its_person(office: Office) -> None:
    does(assistants.create, office.admin, "Night shift")
    with db.transaction() as session:
        session.delete(session.get_one(User, office.admin.user_id))
    (row,) = rows(audit.AuditEntry)
    assert (row.actor_id, row.actor_name, row.subject) == (None, "Ana Ruiz", "Night shift")


def test_no_secret_enters(office: Office) -> None:
    """Tokens, app secrets, PINs, link tokens, password hashes and whole texts stay out."""
    told: tuple[Act, ...] = (
        connect,
        disconnect,
        assistant(instructions=CANARY),
        add_passage,
        passage(body=CANARY),
    )
    for act in told:
        act(office, office.admin)
    secrets = {CANARY, password_hash(), invite()(office, office.admin)}
    join(used := invite()(office, office.admin), "lee@demo.test")
    secrets |= {used} | {row.pin for row in rows(WhatsAppConnection) if row.pin}
    secrets |= {row.token_digest for row in rows(Invitation)}
    written = [str(row.model_dump()) for row in rows(audit.AuditEntry)]
    assert len(written) == len(told) + 3
    assert [word for word in secrets if word in "\n".join(written)] == []


def test_every_kind_of_line_has_words_and_a_filter() -> None:
    assert set(audit.VERBS) == set(AuditAction)
    grouped = [action for actions in audit.KINDS.values() for action in actions]
    assert sorted(grouped) == sorted(AuditAction)
