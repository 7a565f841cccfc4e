"""Asking a real model for a structured answer."""

from typing import Self

from pydantic import BaseModel, Field, model_validator
from pydantic_ai import Agent
from pydantic_ai.exceptions import (
    AgentRunError,
    ModelAPIError,
    ModelHTTPError,
    ModelQuotaExceededError,
    ModelRequestRejectedError,
    UserError,
)
from pydantic_ai.models import Model
from pydantic_ai.settings import ModelSettings

from integrations.llm import prompt
from integrations.llm.phrases import Phrase, phrase
from integrations.llm.question import Answer, HandOverCode, ModelFailure, Question


class Reply(BaseModel):
    """What the customer reads next, and whether a person must go on."""

    text: str = Field("", description="The message to the customer, plain text in their language.")
    hand_over: HandOverCode | None = Field(
        None,
        description="asked_for_person if the customer wants a person in any wording, no_answer if "
        "the passages and instructions do not hold the answer; else null.",
    )
    reason: str = Field("", description="A few words for the team: why this reply.")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.text.strip() and self.hand_over is None:
            raise ValueError("give the customer a text, or hand over")
        return self


_AGENT = Agent(output_type=Reply, retries=1, name="assistant")


async def ask(question: Question, model: Model, timeout: float) -> Answer:  # noqa: ASYNC109
    """The model's answer within `timeout` seconds. Raises ModelFailure."""
    try:
        result = await _AGENT.run(
            prompt.conversation(question),
            instructions=prompt.instructions(question),
            model=model,
            # A failed call is tried again by the replies lane, after a pause and with a trace.
            model_settings=ModelSettings(max_retries=0, timeout=timeout),
            timeout=timeout,
        )
    except (AgentRunError, UserError) as error:
        raise _failure(error) from error
    reply, usage = result.output, result.usage
    return Answer(
        text=reply.text.strip() or _sentence(question, reply.hand_over),
        hand_over=reply.hand_over,
        reason=reply.reason[:500],
        model=f"{model.system}:{model.model_name}",
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
    )


def _sentence(question: Question, hand_over: HandOverCode | None) -> str:
    """The customer learns that a person comes, even if the model found no words for it."""
    wanted = Phrase.PERSON if hand_over is HandOverCode.ASKED_FOR_PERSON else Phrase.NO_ANSWER
    return phrase(wanted, question.language)


def _failure(error: AgentRunError | UserError) -> ModelFailure:
    """The kind of failure only: provider messages may repeat keys, prompts and customers' words."""
    status = f" (HTTP {error.status_code})" if isinstance(error, ModelHTTPError) else ""
    for kind, (words, retryable) in _FAILURES.items():
        if isinstance(error, kind):
            return ModelFailure(words + status, retryable=retryable)
    return ModelFailure("The AI model could not be asked.", retryable=False)


# In order: the first class that fits wins.
_FAILURES: dict[type[Exception], tuple[str, bool]] = {
    ModelQuotaExceededError: ("The AI provider's quota is used up", False),
    ModelRequestRejectedError: ("The AI provider refused the request", False),
    TimeoutError: ("The AI model did not answer in time", True),
    ModelAPIError: ("The AI provider could not answer", True),
    AgentRunError: ("The AI model gave no usable answer", True),
}
