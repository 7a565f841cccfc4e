"""Who looks at a conversation, and who of them writes. Kept in Redis: nothing here outlives a tab.

Each tab is an entry of its own, so that closing one of two does not make a person disappear. A tab
that died without a word is left out once it has not been heard for a while.
"""

import json
import os
import socket
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from redis import RedisError

from domain import labels
from domain.access import Actor
from illumichat_app import jobs, nudges
from illumichat_app.clock import now

SAY_AGAIN = timedelta(seconds=45)  # an open thread says `here` as often
GONE_AFTER = 2 * SAY_AGAIN
TYPING_LASTS = timedelta(seconds=6)

# user, name, the process that keeps the tab, when it was last heard, until when its person types
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
    """The colleagues at a conversation, by name, and when time alone makes that untrue."""

    people: list[Present]
    changes_at: datetime | None

    @property
    def sentence(self) -> str:
        """Sam is typing…, Sam and Lee are looking: who writes counts more than who looks."""
        writing = [person for person in self.people if person.typing]
        names = [labels.first_name(person.name) for person in writing or self.people]
        if not names:
            return ""
        *others, last = names
        who = f"{', '.join(others)} and {last}" if others else last
        return f"{who} {'are' if others else 'is'} {'typing…' if writing else 'looking'}"


def here(actor: Actor, conversation_id: int, tab: str) -> Company:
    """This tab shows the conversation; returns who else does. The others are told of a new one.

    To be said again every SAY_AGAIN.
    """
    with suppress(RedisError):  # without Redis nobody is seen, and the work goes on
        before = _entry(_redis().hget(_place(actor, conversation_id), tab))
        _keep(actor, conversation_id, tab, float(before.get("typing", 0)))
        if not _is_fresh(before):
            nudges.company_changed(actor.workspace_id, conversation_id)
    return company(actor, conversation_id)


def typing(actor: Actor, conversation_id: int, tab: str) -> None:
    """This tab's person writes; said again every few seconds while it lasts."""
    moment = now().timestamp()
    with suppress(RedisError):
        before = _entry(_redis().hget(_place(actor, conversation_id), tab))
        _keep(actor, conversation_id, tab, moment + TYPING_LASTS.total_seconds())
        if float(before.get("typing", 0)) <= moment:
            nudges.company_changed(actor.workspace_id, conversation_id)


def away(actor: Actor, conversation_id: int, tab: str) -> None:
    """This tab shows the conversation no longer."""
    with suppress(RedisError):
        if _redis().hdel(_place(actor, conversation_id), tab):
            nudges.company_changed(actor.workspace_id, conversation_id)


def lost(actor: Actor, conversation_id: int, tab: str) -> None:
    """This tab's connection ended. It may have come back to another process, and then it stays."""
    with suppress(RedisError):
        kept = _entry(_redis().hget(_place(actor, conversation_id), tab))
        if kept.get("process") == _process():
            away(actor, conversation_id, tab)


def company(actor: Actor, conversation_id: int) -> Company:
    """Who else is at this conversation."""
    try:
        entries = _redis().hvals(_place(actor, conversation_id))
    except RedisError:
        return Company([], None)
    return _company(actor, [_entry(entry) for entry in entries])


def _company(actor: Actor, entries: list[Entry]) -> Company:
    moment = now().timestamp()
    fresh = [each for each in entries if _is_fresh(each) and each["user"] != actor.user_id]
    writing = {each["user"]: each["typing"] for each in fresh if each["typing"] > moment}
    names = {each["user"]: str(each["name"]) for each in fresh}
    people = [
        Present(int(user), name, labels.initials(name), user in writing)
        for user, name in sorted(names.items(), key=lambda named: named[1])
    ]
    gone = [each["seen"] + GONE_AFTER.total_seconds() for each in fresh]
    ends = min([*writing.values(), *gone], default=None)
    return Company(people, datetime.fromtimestamp(ends, UTC) if ends else None)


def _is_fresh(entry: Entry) -> bool:
    oldest = now().timestamp() - GONE_AFTER.total_seconds()
    return float(entry.get("seen", 0)) > oldest


def _keep(actor: Actor, conversation_id: int, tab: str, typing_until: float) -> None:
    place = _place(actor, conversation_id)
    entry = {
        "user": actor.user_id,
        "name": actor.name,
        "process": _process(),
        "seen": now().timestamp(),
        "typing": typing_until,
    }
    with _redis().pipeline() as pipe:
        pipe.hset(place, tab, json.dumps(entry))
        pipe.expire(place, GONE_AFTER)
        pipe.execute()


def _process() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


def _redis() -> Any:
    """Its answers are typed as awaitable or not."""
    return jobs.redis()


def _place(actor: Actor, conversation_id: int) -> str:
    return f"presence:{actor.workspace_id}:{conversation_id}"


def _entry(stored: Any) -> Entry:
    return json.loads(stored) if stored else {}
