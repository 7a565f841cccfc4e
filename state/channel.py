"""The WhatsApp page of an assistant: its number as it is stored, kept fresh while it is open."""

from dataclasses import dataclass, field
from typing import Any

import reflex as rx
from reflex.event import EventSpec

from domain import channel_card, connection_check
from domain.access import Actor
from domain.channel_card import Card, Fact, Mark
from illumichat_app.config import settings
from illumichat_app.errors import NotFound
from integrations.whatsapp import signup
from state import live
from state.guard import actor, allow, look

__all__ = ["FIELDS", "Card", "Channel", "Fact", "Mark", "Offer"]

# What the app must be subscribed to at Meta, as its dashboard names it: `messages` carries the
# conversations, the others the news of templates, number and account.
FIELDS = (
    "messages",
    "message_template_status_update",
    "message_template_quality_update",
    "template_category_update",
    "phone_number_quality_update",
    "phone_number_name_update",
    "account_update",
    "business_capability_update",
)


@dataclass
class Offer:
    """What the browser needs for Meta's signup window; all of it is public. Empty: not offered."""

    app_id: str = ""
    config_id: str = ""
    version: str = ""
    sdk_url: str = ""
    origins: list[str] = field(default_factory=list)


class Channel(rx.State):
    """The page; only its assistant's id comes from the browser, and is looked up as the admin."""

    assistant: int = 0
    channel: int = 0
    loaded: bool = False
    missing: bool = False
    card: Card = Card()
    offer: Offer = Offer()
    callback_url: str = ""

    @rx.var
    def connected(self) -> bool:
        """Whether there is a number, working or not."""
        return self.card.status in ("connected", "issue")

    @rx.event
    @allow("agent")
    async def load(self) -> None:
        """The page opened, its address changed, or the browser came back."""
        wanted = _number(self.rx_router_page.params.get("assistant"))
        if wanted != self.assistant:
            self.reset()
            self.assistant = wanted
        who = await actor(self)
        if who.is_admin:
            self.offer, self.callback_url = _offer(), connection_check.callback_url()
            await self._read(who)
        self.loaded = True

    @rx.event
    @allow("admin")
    async def refresh(self) -> None:
        """Something in the workspace changed, or an age moved on."""
        if self.loaded and not self.missing:
            await self._read(await actor(self))

    @rx.event
    @allow("agent")
    def leave(self) -> None:
        """Another page opened."""
        live.leave(self, "channel")
        self.reset()

    @rx.event
    @allow("admin")
    def copy_verify_token(self) -> list[EventSpec]:
        """Hand the token to the admin's clipboard; it is in no var and on no page."""
        token = settings().meta_webhook_verify_token.get_secret_value()
        return [rx.set_clipboard(token), rx.toast.success("The verify token is copied.")]

    async def _read(self, who: Actor) -> None:
        try:
            card = await look(self, channel_card.read, self.assistant)
        except NotFound:
            self.missing = True
            return
        self.card, self.channel, self.missing = card, card.channel, False
        live.watch(self, who.workspace_id, "channel", Channel.refresh, card.changes_at)


def _offer() -> Offer:
    chosen = settings()
    if not chosen.embedded_signup:
        return Offer()
    return Offer(
        chosen.meta_app_id,
        chosen.meta_config_id,
        chosen.meta_graph_version,
        chosen.meta_sdk_url,
        list(signup.window_origins(chosen.meta_sdk_url)),
    )


def _number(given: Any) -> int:
    """The assistant of the address, 0 for none; the address is the browser's to forge."""
    words = str(given or "")
    return int(words) if words.isascii() and words.isdecimal() and len(words) < 19 else 0
