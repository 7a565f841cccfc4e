"""Telling the browsers of a workspace that something changed: ids only, never data."""

import json
import logging

from redis import RedisError
from sqlmodel import Session

from illumichat_app import jobs

PATTERN = "workspace:*"
COMPANY = "company:*"  # who looks at a conversation; nothing of it is in the database

_log = logging.getLogger(__name__)


def after(session: Session, workspace_id: int, conversation_id: int | None = None) -> None:
    """Nudge once this transaction is committed."""
    session.info.setdefault("nudges", set()).add((workspace_id, conversation_id))


def publish(changes: set[tuple[int, int | None]]) -> None:
    """Nudge now. A lost nudge is repaired by the next one or by the browser's own refresh."""
    by_workspace: dict[int, list[int]] = {}
    for workspace_id, conversation_id in changes:
        ids = by_workspace.setdefault(workspace_id, [])
        if conversation_id is not None:
            ids.append(conversation_id)
    try:
        for workspace_id, ids in by_workspace.items():
            jobs.redis().publish(f"workspace:{workspace_id}", json.dumps(ids))
    except RedisError:
        _log.warning("could not nudge: Redis does not answer")


def company_changed(workspace_id: int, conversation_id: int) -> None:
    """Nudge those who look at this conversation: somebody came, went, or began to type."""
    try:
        jobs.redis().publish(f"company:{workspace_id}", json.dumps([conversation_id]))
    except RedisError:
        _log.warning("could not nudge: Redis does not answer")
