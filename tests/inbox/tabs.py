"""A browser tab at the inbox page, through the real processor and guard."""

from dataclasses import dataclass, field
from typing import Any

from reflex_base.event import Event
from reflex_base.utils.format import format_event_handler

from domain.access import Actor
from illumichat_app.errors import AppError
from state.bulk import Bulk
from state.inbox import Inbox
from state.thread import Thread
from tests.accounts.conftest import Team
from tests.security import pipeline

PAGE = "/inbox/[[view]]/[[conversation]]"


@dataclass
class InboxTab:
    """One person's tab; `query` is what its address says."""

    server: pipeline.Server
    cookie: str
    query: dict[str, str]
    path: str = PAGE
    address: str = "/inbox/"
    token: str = field(default="")

    def __post_init__(self) -> None:
        self.token = self.server.tab().token

    async def do(self, state: Any, handler: str, **payload: Any) -> None:
        event = self._event(state, handler, payload)
        await (await self.server.processor.enqueue(self.token, event)).wait_all()

    def _event(self, state: Any, handler: str, payload: dict[str, Any]) -> Event:
        return Event(
            name=format_event_handler(state.event_handlers[handler]),
            payload=payload,
            router_data={
                "pathname": self.path,
                "asPath": self.address,
                "token": self.token,
                "query": self.query,
                "headers": {"cookie": self.cookie},
            },
        )

    async def refused(self, state: Any, handler: str, words: str, **payload: Any) -> None:
        """Send an event that is answered with a sentence and changes nothing."""
        before = pipeline.database_rows()
        said = len(self.server.wire.events)
        told = ""
        try:
            await self.do(state, handler, **payload)
        except AppError as refusal:  # the app turns it into a toast
            told = refusal.message
        assert any(words in each for each in [told, *self.server.wire.events[said:]])
        assert pipeline.database_rows() == before

    async def open(self, **query: str) -> None:
        self.query = query
        await self.do(Inbox, "load")
        await self.do(Bulk, "load")
        await self.do(Thread, "open")

    def var(self, state: Any, name: str) -> Any:
        """The value this browser saw last."""
        own = state.get_full_name().rpartition(".")[2]
        heard = [update for update in self.server.wire.updates if update[0] == self.token]
        return pipeline.Wire(heard).var_values[f"{own}.{name}_rx_state_"]

    def titles(self) -> list[str]:
        parts = ("rows", "below", "further")
        return [row.title for part in parts for row in self.var(Inbox, part)]

    @property
    def told(self) -> str:
        """The last thing the server told the browsers to do."""
        return "\n".join(self.server.wire.events)


def tab(server: pipeline.Server, team: Team, who: Actor) -> InboxTab:
    return InboxTab(server, team.signed_in(who), {})
