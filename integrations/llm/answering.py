"""One way to ask any model."""

from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING

from integrations.llm import offline
from integrations.llm.question import Answer, Question

if TYPE_CHECKING:
    from pydantic_ai.models import Model

OFFLINE = "offline"
TIMEOUT = 20.0  # seconds, the whole call with its one correction included


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
    # The providers' libraries take seconds and 100 MB to import; offline needs none of them.
    from integrations.llm import agent, providers

    chosen = providers.model_for(model) if isinstance(model, str) else model
    return await agent.ask(question, chosen, TIMEOUT)
