"""From a model's name to a pydantic-ai model with the deployment's key."""

from collections.abc import Callable
from functools import cache

from pydantic import SecretStr
from pydantic_ai.models import Model
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.google import GoogleModel
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.google import GoogleProvider
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

from illumichat_app.config import settings
from integrations.llm.question import ModelFailure


@cache
def model_for(name: str) -> Model:
    """The model named "provider:model"; kept, because it holds the connections.

    With AI_BASE_URL any name that does not start with another known provider is asked there, so
    that "llama3.2:3b" works. Raises ModelFailure when the name or its key is missing.
    """
    provider, _, model = name.partition(":")
    if settings().ai_base_url and (provider == "openai" or provider not in _PROVIDERS):
        return _compatible(model if provider == "openai" else name)
    if provider not in _PROVIDERS or not model:
        known = ", ".join(f"{known}:…" for known in _PROVIDERS)
        raise ModelFailure(f"AI_MODEL {name} is none of offline, {known}.", retryable=False)
    return _PROVIDERS[provider](model)


def _compatible(model: str) -> Model:
    key = settings().openai_api_key.get_secret_value() or None
    provider = OpenAICompatibleProvider(
        "openai-compatible", base_url=settings().ai_base_url, api_key=key
    )
    return OpenAIChatModel(model, provider=provider)


def _openai(model: str) -> Model:
    key = _key("OPENAI_API_KEY", settings().openai_api_key)
    # Named, because the library would else read OPENAI_BASE_URL from the environment.
    provider = OpenAIProvider(base_url="https://api.openai.com/v1", api_key=key)
    return OpenAIChatModel(model, provider=provider)


def _anthropic(model: str) -> Model:
    key = _key("ANTHROPIC_API_KEY", settings().anthropic_api_key)
    return AnthropicModel(model, provider=AnthropicProvider(api_key=key))


def _google(model: str) -> Model:
    key = _key("GOOGLE_API_KEY", settings().google_api_key)
    return GoogleModel(model, provider=GoogleProvider(api_key=key))


_PROVIDERS: dict[str, Callable[[str], Model]] = {
    "openai": _openai,
    "anthropic": _anthropic,
    "google": _google,
}


def _key(name: str, value: SecretStr) -> str:
    if not value.get_secret_value():
        raise ModelFailure(f"{name} is not set, so this model cannot be asked.", retryable=False)
    return value.get_secret_value()
