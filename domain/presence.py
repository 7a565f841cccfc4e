"""Who looks at a conversation, and who of them writes. Kept in Redis: nothing here outlives a tab.

Each tab is an entry of its own, so that closing one of two does not make a person disappear. A tab
that died without a word is left out once it has not been heard for a while.
"""

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from redis import RedisError

from domain import labels
from domain.access import Actor
from illumichat_app import jobs, nudges
from illumichat_app.clock import now

# An open thread reads itself anew at least once a minute.
GONE_AFTER = timedelta(seconds=90)
TYPING_LASTS = timedelta(seconds=6)

# user, name, when the tab was last heard, until when its person counts as typing
Entry = dict[str, Any]


@dataclass(frozen=True)
class Present:
    """A colleague at the same conversation."""

    user_id: int = 0
    name: str = ""
    initials: str = ""
    typing: bool = False


@dataclass(frozen=True)
class Company:
    """The colleagues at a conversation, by name, and when the next of them stops typing."""

    people: list[Present]
    changes_at: datetime | None


def here(actor: Actor, conversation_id: int, tab: str) -> Company:
    """This tab shows the conversation; returns who else does. The others are told of a new one."""
    with suppress(RedisError):  # without Redis nobody is seen, and the work goes on
        before = _entry(_redis().hget(_place(actor, conversation_id), tab))
        _keep(actor, conversation_id, tab, float(before.get("typing", 0)))
        if not before:
            nudges.publish({(actor.workspace_id, conversation_id)})
    return company(actor, conversation_id)


def typing(actor: Actor, conversation_id: int, tab: str) -> None:
    """This tab's person writes; said again every few seconds while it lasts."""
    moment = now().timestamp()
    with suppress(RedisError):
        before = _entry(_redis().hget(_place(actor, conversation_id), tab))
        _keep(actor, conversation_id, tab, moment + TYPING_LASTS.total_seconds())
        if float(before.get("typing", 0)) <= moment:
            nudges.publish({(actor.workspace_id, conversation_id)})


def away(actor: Actor, conversation_id: int, tab: str) -> None:
    """This tab shows the conversation no longer."""
    with suppress(RedisError):
        if _redis().hdel(_place(actor, conversation_id), tab):
            nudges.publish({(actor.workspace_id, conversation_id)})


def company(actor: Actor, conversation_id: int) -> Company:
    """Who else is at this conversation."""
    try:
        entries = _redis().hvals(_place(actor, conversation_id))
    except RedisError:
        return Company([], None)
    return _company(actor, [_entry(entry) for entry in entries])


def _company(actor: Actor, entries: list[Entry]) -> Company:
    moment = now().timestamp()
    oldest = moment - GONE_AFTER.total_seconds()
    fresh = [each for each in entries if each["seen"] > oldest and each["user"] != actor.user_id]
    writing = {each["user"]: each["typing"] for each in fresh if each["typing"] > moment}
    names = {each["user"]: str(each["name"]) for each in fresh}
    people = [
        Present(int(user), name, labels.initials(name), user in writing)
        for user, name in sorted(names.items(), key=lambda named: named[1])
    ]
    ends = min(writing.values(), default=None)
    return Company(people, datetime.fromtimestamp(ends, UTC) if ends else None)


def _keep(actor: Actor, conversation_id: int, tab: str, typing_until: float) -> None:
    place = _place(actor, conversation_id)
    entry = {
        "user": actor.user_id,
        "name": actor.name,
        "seen": now().timestamp(),
        "typing": typing_until,
    }
    with _redis().pipeline() as pipe:
        pipe.hset(place, tab, json.dumps(entry))
        pipe.expire(place, GONE_AFTER)
        pipe.execute()


def _redis() -> Any:
    """Its answers are typed as awaitable or not."""
    return jobs.redis()


def _place(actor: Actor, conversation_id: int) -> str:
    return f"presence:{actor.workspace_id}:{conversation_id}"


def _entry(stored: Any) -> Entry:
    return json.loads(stored) if stored else {}
