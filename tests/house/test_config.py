"""Half-configured does not start, and says what is missing."""

import pytest
from cryptography.fernet import Fernet

from illumichat_app.config import Settings, settings

WHOLE = {
    "DATABASE_URL": "sqlite:///x.db",
    "REDIS_URL": "redis://127.0.0.1/0",
    "PUBLIC_URL": "https://inbox.example",
    "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
    "META_WEBHOOK_VERIFY_TOKEN": "verify",
    "META_APP_ID": "",
    "META_APP_SECRET": "",
    "META_CONFIG_ID": "",
    "META_GRAPH_URL": "",
    "META_GRAPH_VERSION": "",
}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.chdir(tmp_path)  # no .env of this folder
    for name, value in WHOLE.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.mark.parametrize(
    "name",
    ["DATABASE_URL", "REDIS_URL", "PUBLIC_URL", "ENCRYPTION_KEYS", "META_WEBHOOK_VERIFY_TOKEN"],
)
def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.delenv(name)
    with pytest.raises(SystemExit, match=f"{name} is missing"):
        settings()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("DATABASE_URL", "mysql://x", "postgresql"),
        ("PUBLIC_URL", "inbox.example", "https://"),
        ("META_APP_ID", "1", "META_APP_SECRET"),
        ("ENCRYPTION_KEYS", " , ", "at least one Fernet key"),
    ],
)
def test_what_is_wrong_is_explained(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit, match=words):
        settings()


def test_a_refusal_shows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "mysql://root:canary@host/db")
    with pytest.raises(SystemExit) as refusal:
        settings()
    assert "canary" not in str(refusal.value)


def test_keys_are_split_newest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (Fernet.generate_key().decode() for _ in range(2))
    monkeypatch.setenv("ENCRYPTION_KEYS", f"{first}, {second}")
    assert [key.get_secret_value() for key in settings().encryption_keys] == [first, second]


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        settings().ai_model = "other"  # type: ignore[misc]


def test_secrets_stay_out_of_the_repr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("META_APP_SECRET", "canary-secret")
    assert "canary" not in repr(Settings())


def test_a_dotenv_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.delenv("AI_MODEL", raising=False)
    (tmp_path / ".env").write_text("AI_MODEL=openai:gpt-5-mini\n")
    assert settings().ai_model == "openai:gpt-5-mini"
