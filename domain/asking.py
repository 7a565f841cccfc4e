"""The person in a query that is built once: a parameter stands for them until it is run.

Naming tables and columns takes several times as long as running such a query, and every browser
that shows the inbox reads it again at every change. What several people of one company ask at once
is asked by one query over `EACH` of them.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, bindparam
from sqlalchemy.orm import aliased
from sqlmodel import col

from domain.access import Actor
from models import Membership, Role

# Stands for whoever asks; `asked_by` fills it in.
ASKER = Actor(bindparam("asker"), bindparam("place"), Role.AGENT, "")  # pyright: ignore[reportArgumentType]

# A row for each of the people, to select from and to narrow with `among`.
MEMBER = aliased(Membership, name="member")
# Stands for each of them; `asked_of` fills it in.
EACH = Actor(col(MEMBER.user_id), ASKER.workspace_id, Role.AGENT, "")  # pyright: ignore[reportArgumentType]


def asked_by(actor: Actor, **more: Any) -> dict[str, Any]:
    """The parameters of a query over ASKER, and whatever else it leaves open."""
    return {"asker": actor.user_id, "place": actor.workspace_id, **more}


def among() -> tuple[Any, Any]:
    """Narrows MEMBER to the people who ask."""
    people = bindparam("people", type_=BigInteger(), expanding=True)
    return col(MEMBER.workspace_id) == EACH.workspace_id, col(MEMBER.user_id).in_(people)


def asked_of(people: Sequence[Actor], **more: Any) -> dict[str, Any]:
    """The parameters of a query over EACH of the people, who are of one company."""
    [place] = {who.workspace_id for who in people}
    return {"people": sorted({who.user_id for who in people}), "place": place, **more}
