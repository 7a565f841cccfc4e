"""One way to ask any model."""

import asyncio
from dataclasses import replace
from importlib import import_module
from time import monotonic
from typing import TYPE_CHECKING

from integrations.llm import offline
from integrations.llm.question import Answer, Question

if TYPE_CHECKING:
    from pydantic_ai.models import Model

OFFLINE = "offline"
TIMEOUT = 20.0  # seconds, the whole call with its one correction included


def load(model: str) -> None:
    """Import what asking this model needs. The providers' libraries take 100 MB, and seconds, or
    half a minute from a cold disk; offline needs none of them."""
    if model != OFFLINE:
        import_module("integrations.llm.agent")
        import_module("integrations.llm.providers")


async def answer(question: Question, model: "str | Model") -> Answer:
    """What to tell the customer. `model` is "offline", "provider:model" or a pydantic-ai model.

    Raises ModelFailure.
    """
    started = monotonic()
    found = await _ask(question, model)
    return replace(found, milliseconds=round((monotonic() - started) * 1000))


async def _ask(question: Question, model: "str | Model") -> Answer:
    if model == OFFLINE:
        return replace(offline.answer(question), model=OFFLINE)
    await asyncio.to_thread(load, str(model))  # other conversations go on meanwhile
    from integrations.llm import agent, providers

    chosen = providers.model_for(model) if isinstance(model, str) else model
    return await agent.ask(question, chosen, TIMEOUT)
