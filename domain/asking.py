"""The person in a query that is built once: a parameter stands for them until it is run.

Naming tables and columns takes several times as long as running such a query, and every browser
that shows the inbox reads it again at every change.
"""

from typing import Any

from sqlalchemy import bindparam

from domain.access import Actor
from models import Role

# Stands for whoever asks; `asked_by` fills it in.
ASKER = Actor(bindparam("asker"), bindparam("place"), Role.AGENT, "")  # pyright: ignore[reportArgumentType]


def asked_by(actor: Actor, **more: Any) -> dict[str, Any]:
    """The parameters of a query over ASKER, and whatever else it leaves open."""
    return {"asker": actor.user_id, "place": actor.workspace_id, **more}
