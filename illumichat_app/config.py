"""Every setting, in one frozen object that refuses to start half-configured."""

from functools import cache
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

T = TypeVar("T", bound=BaseSettings)
LogFormat = Literal["text", "json"]
SHORTEST_TOKEN = 16


class _HowToLog(BaseSettings):
    """Apart from the rest: what refuses to start half-configured must be able to say so."""

    model_config = SettingsConfigDict(
        env_file=".env", frozen=True, extra="ignore", env_ignore_empty=True
    )

    log_format: LogFormat = "text"


class Settings(_HowToLog):
    """Read from the environment, then from `.env`. `make run` supplies the embedded defaults."""

    database_url: str
    redis_url: str
    public_url: str
    encryption_keys: Annotated[tuple[SecretStr, ...], NoDecode]
    meta_graph_url: str = "https://graph.facebook.com"
    meta_graph_version: str = "v26.0"
    meta_connections: int = Field(default=50, ge=1, le=500)
    meta_app_id: str = ""
    meta_app_secret: SecretStr = SecretStr("")
    meta_config_id: str = ""
    meta_sdk_url: str = "https://connect.facebook.net/en_US/sdk.js"
    meta_webhook_verify_token: SecretStr
    ai_model: str = "offline"
    ai_base_url: str = ""
    openai_api_key: SecretStr = SecretStr("")
    anthropic_api_key: SecretStr = SecretStr("")
    google_api_key: SecretStr = SecretStr("")
    data_dir: Path = Path(".data")
    clock_file: str = ""
    demo: bool = False
    demo_password: str = "demo-demo-demo"  # noqa: S105  the demo listens on loopback only
    reply_debounce_seconds: float = Field(default=1.5, ge=0, le=30)
    webhook_max_bytes: int = 3 * 1024 * 1024
    keep_events_days: int = Field(default=90, ge=0, le=3650)
    metrics_token: SecretStr = SecretStr("")

    @field_validator("encryption_keys", mode="before")
    @classmethod
    def _split_keys(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(key.strip() for key in value.split(",") if key.strip())
        return value

    @field_validator("encryption_keys")
    @classmethod
    def _need_a_key(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if not value:
            raise ValueError("needs at least one Fernet key, the newest first")
        return value

    @field_validator("meta_graph_url", "meta_sdk_url", "public_url")
    @classmethod
    def _no_slash(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("needs an address that starts with http:// or https://")
        return value.rstrip("/")

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        if not value.startswith(("sqlite:///", "postgresql+psycopg://")):
            raise ValueError("needs sqlite:///… or postgresql+psycopg://…")
        return value

    @field_validator("keep_events_days")
    @classmethod
    def _longer_than_meta_repeats(cls, value: int) -> int:
        """A delivery that is gone would count as a new one when Meta sends it again."""
        if 0 < value < 8:
            raise ValueError("needs 8 days or more: Meta repeats deliveries for 7. 0 is for ever")
        return value

    @field_validator("metrics_token")
    @classmethod
    def _not_to_be_guessed(cls, value: SecretStr) -> SecretStr:
        if 0 < len(value.get_secret_value()) < SHORTEST_TOKEN:
            raise ValueError(f"needs at least {SHORTEST_TOKEN} characters, or none to be off")
        return value

    @model_validator(mode="after")
    def _platform_app_is_whole(self) -> "Settings":
        """An app id without its secret could connect numbers but never verify their webhooks."""
        if self.meta_app_id and not self.meta_app_secret.get_secret_value():
            raise ValueError("META_APP_SECRET is needed when META_APP_ID is set")
        return self

    @property
    def embedded_signup(self) -> bool:
        """Whether this deployment can offer Connect with WhatsApp."""
        return bool(self.meta_app_id and self.meta_config_id)

    @property
    def secure_cookies(self) -> bool:
        return self.public_url.startswith("https://")


@cache
def settings() -> Settings:
    """The settings of this process. Raises SystemExit that names what is missing or wrong."""
    return _read(Settings)


def log_format() -> LogFormat:
    """How to log. Raises SystemExit for a word that it does not know."""
    return _read(_HowToLog).log_format


def _read(kind: type[T]) -> T:
    try:
        return kind()
    except ValidationError as error:
        raise SystemExit(f"IllumiChat cannot start:\n{_in_words(error)}") from None


def _in_words(error: ValidationError) -> str:
    lines: list[str] = []
    for problem in error.errors(include_input=False):
        name = ".".join(str(part) for part in problem["loc"]).upper()
        words = "is missing" if problem["type"] == "missing" else problem["msg"]
        lines.append(f"  {name} {words}".replace("  Value error, ", "  "))
    return "\n".join(lines)
