"""Who may call what.

Any websocket client can call any public method of any state by its name and with any arguments,
so every event passes here first, and what is not marked is refused.
"""

import asyncio
import inspect
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Concatenate, Literal, ParamSpec, TypeVar, get_type_hints

import reflex as rx
from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.errors import PydanticUserError
from reflex.state import BaseState, StateUpdate
from reflex_base.event import Event, EventSpec
from reflex_base.event.context import EventContext
from reflex_base.registry import RegistrationContext
from reflex_base.utils.form import transform_form_data
from reflex_base.utils.format import format_event_handler
from sqlmodel import Session

from domain import sessions
from domain.access import Actor
from illumichat_app import db, log
from illumichat_app.errors import NotSignedIn
from state import together

Need = Literal["public", "agent", "admin"]
P = ParamSpec("P")
T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])

TO_SIGN_IN = (
    "window.location.assign('/sign-in?next=' + "
    "encodeURIComponent(window.location.pathname + window.location.search))"
)
_log = logging.getLogger(__name__)


# ---- for handlers


def allow(need: Need) -> Callable[[F], F]:
    """Mark a handler, under @rx.event, with who may call it."""

    def mark(handler: F) -> F:
        handler._acl = need  # pyright: ignore[reportFunctionMemberAccess]
        return handler

    return mark


async def actor(state: rx.State) -> Actor:
    """The person behind this event, from the cookie and never from a var. Raises NotSignedIn."""
    who = await visitor(state)
    if who is None:
        raise NotSignedIn
    return who


async def visitor(state: BaseState) -> Actor | None:
    """Like actor, for the pages that people without a session may open."""
    return await _person(cookie(state))


async def perform(
    state: rx.State,
    work: Callable[Concatenate[Session, Actor, P], T],
    *args: P.args,
    **kwargs: P.kwargs,
) -> T:
    """Do `work(session, actor, …)` in one transaction as the person behind this event."""
    who = await actor(state)
    try:
        return await db.run(work, who, *args, **kwargs)
    finally:
        together.forget(who.workspace_id)


async def look(
    state: rx.State,
    work: Callable[Concatenate[Session, Actor, P], T],
    *args: P.args,
    **kwargs: P.kwargs,
) -> T:
    """Like perform, for work that only reads."""
    return await db.read(work, await actor(state), *args, **kwargs)


def cookie(state: BaseState) -> str:
    """The Cookie header of the browser's websocket handshake."""
    return str(state.router_data.get("headers", {}).get("cookie", ""))


async def _person(cookie_header: str) -> Actor | None:
    if sessions.is_cached(cookie_header):
        return sessions.principal(cookie_header)
    return await asyncio.to_thread(sessions.principal, cookie_header)


def to_sign_in() -> EventSpec:
    """Leave by a full page load, so that nothing of the last person stays on the screen."""
    return rx.call_script(TO_SIGN_IN)


# ---- the gate


class Owner(rx.State):
    """Whose data this browser tab's state holds."""

    _user_id: int = 0
    _workspace_id: int = 0
    _role: str = ""


class AuthGuard(rx.Middleware):
    """Default-deny: runs before every event of every kind, under the state's lock."""

    async def preprocess(self, app: rx.App, state: BaseState, event: Event) -> StateUpdate | None:  # noqa: ARG002
        """None lets the event through; a StateUpdate refuses it."""
        log.bind(correlation_id=id_of(EventContext.get()), event=event.name)
        who = await _person(cookie(state))
        handed_on = await _claim(state, who)
        if event.name in _internal():
            return None
        need = _need(event.name)
        if need == "public":
            return _check_arguments(event)
        if who is None:
            return await _refuse(state, to_sign_in())
        if handed_on:
            return await _refuse(state, rx.call_script("window.location.assign('/')"))
        if need is None or (need == "admin" and not who.is_admin):
            _log.warning("refused %s for user %s", event.name, who.user_id)
            return await _refuse(state, rx.toast.error("Your role does not allow this."))
        return _check_arguments(event)


def id_of(context: EventContext) -> str:
    """What an event is called in the log, and to the person when it fails."""
    return context.txid[:8]


async def _claim(state: BaseState, who: Actor | None) -> bool:
    """Wipe a tab's state that belongs to someone else; True if there was anything of theirs."""
    owner = await state.get_state(Owner)
    now = (who.user_id, who.workspace_id, who.role.value) if who else (0, 0, "")
    before = (owner._user_id, owner._workspace_id, owner._role)
    if now == before:
        return False
    root = state._get_root_state()
    # Redis may have let go of the owner's row alone; a page on the screen then starts over too.
    shown = bool(getattr(root, "is_hydrated", False))
    await _load_whole_tree(root)
    root.reset()
    owner = await root.get_state(Owner)
    owner._user_id, owner._workspace_id, owner._role = now
    return before[0] != 0 or shown


async def _load_whole_tree(root: BaseState) -> None:
    # Redis loads substates lazily: one that is not loaded would keep the last person's data.
    waiting = list(type(root).get_substates())
    while waiting:
        kind = waiting.pop()
        await root.get_state(kind)
        waiting += kind.get_substates()


async def _refuse(state: BaseState, answer: Any) -> StateUpdate:
    root = state._get_root_state()
    delta = await root._get_resolved_delta()
    root._clean()
    return StateUpdate(delta=delta, events=Event.from_event_type(answer))


@cache
def _internal() -> frozenset[str]:
    """Reflex's own events: hydration, page loads, browser storage, front end errors."""
    from reflex import state as own

    handlers = (
        own.State.event_handlers["hydrate"],
        own.State.event_handlers["hydrate_and_load"],
        own.State.event_handlers["set_is_hydrated"],
        own.OnLoadInternalState.event_handlers["on_load_internal"],
        own.OnLoadInternalState.event_handlers["set_is_hydrated"],
        own.UpdateVarsInternalState.event_handlers["update_vars_internal"],
        own.FrontendEventExceptionState.event_handlers["handle_frontend_exception"],
    )
    return frozenset(format_event_handler(handler) for handler in handlers)


def _need(name: str) -> Need | None:
    return getattr(_function(name), "_acl", None)


def _function(name: str) -> Callable[..., Any]:
    return RegistrationContext.get().event_handlers[name].handler.fn


# ---- arguments: Reflex hands over whatever the client sent


def _check_arguments(event: Event) -> StateUpdate | None:
    expected = _parameters(_function(event.name))
    try:
        _match(expected, event.payload)
    except (ValidationError, TypeError):
        _log.warning("refused %s: its arguments are of the wrong kind", event.name)
        sentence = "The page sent something unexpected, so nothing was done. Reload it and retry."
        return StateUpdate(events=Event.from_event_type(rx.toast.error(sentence)))
    return None


@dataclass(frozen=True, slots=True)
class _Parameter:
    hint: Any
    adapter: TypeAdapter[Any]
    required: bool


def _match(expected: dict[str, _Parameter], given: Mapping[str, Any]) -> None:
    if unknown := given.keys() - expected.keys():
        raise TypeError(f"unknown arguments {sorted(unknown)}")
    for name, parameter in expected.items():
        if name in given:
            parameter.adapter.validate_python(transform_form_data(given[name], parameter.hint))
        elif parameter.required:
            raise TypeError(f"missing argument {name}")


@cache
def _parameters(handler: Callable[..., Any]) -> dict[str, _Parameter]:
    hints = get_type_hints(handler)
    return {
        each.name: _parameter(hints.get(each.name, Any), each.default is each.empty)
        for each in list(inspect.signature(handler).parameters.values())[1:]
    }


def _parameter(hint: Any, required: bool) -> _Parameter:
    return _Parameter(hint, _adapter(hint), required)


def _adapter(hint: Any) -> TypeAdapter[Any]:
    try:
        return TypeAdapter(hint, config=ConfigDict(arbitrary_types_allowed=True))
    except PydanticUserError:  # dataclasses and models bring their own config
        return TypeAdapter(hint)
