"""How the workspace works: an admin decides, everybody may know."""

from typing import Any

import pytest

from domain import ways_of_working
from domain.ways_of_working import WaysOfWorking
from illumichat_app.errors import Invalid, NotAllowed
from models import AuditEntry, Workspace
from tests.flows.stack import rows
from tests.handling.conftest import Team, do


def place(team: Team) -> Workspace:
    return rows(Workspace, id=team.place.id)[0]


def test_admins_set_how_the_workspace_works(team: Team) -> None:
    for _ in range(2):  # saved twice, changed once
        do(ways_of_working.save, team.ana, WaysOfWorking(240, only_claimer_replies=True))
    kept = place(team)
    assert (kept.only_claimer_replies, kept.auto_resume_minutes) == (True, 240)
    told = [entry.detail for entry in rows(AuditEntry)]
    assert told == [
        "Who replies from everybody to the claimer only, AI resumes after from never to 4 hours"
    ]
    for who in (team.ana, team.sam):
        assert do(ways_of_working.read, who) == WaysOfWorking(240, only_claimer_replies=True)


def test_an_agent_does_not(team: Team) -> None:
    with pytest.raises(NotAllowed):
        do(ways_of_working.save, team.sam, WaysOfWorking(only_claimer_replies=True))
    assert rows(AuditEntry) == []


@pytest.mark.parametrize("minutes", [1, 4, 10_081, -5, True, "15", None])
def test_a_length_out_of_bounds_is_refused(team: Team, minutes: Any) -> None:
    with pytest.raises(Invalid):
        do(ways_of_working.save, team.ana, WaysOfWorking(minutes))
    assert place(team).auto_resume_minutes == 0


def test_another_workspace_keeps_its_own(team: Team) -> None:
    do(ways_of_working.save, team.ana, WaysOfWorking(60))
    others = [each for each in rows(Workspace) if each.id != team.place.id]
    assert {each.auto_resume_minutes for each in others} <= {0}
