"""Secrets at rest, and keys that rotate."""

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import text

from domain import encryption
from illumichat_app import db
from illumichat_app.config import settings
from illumichat_app.errors import SecretLost
from models import WhatsAppConnection
from tests.flows.stack import rows, seed


@pytest.fixture
def connected(database: str, redis: None) -> None:
    with db.transaction() as session:
        seed(session)


def stored() -> str:
    with db.reading() as session:
        return session.scalar(text("SELECT access_token FROM whatsapp_connection"))


def use(monkeypatch: pytest.MonkeyPatch, *keys: str) -> None:
    monkeypatch.setenv("ENCRYPTION_KEYS", ",".join(keys))
    settings.cache_clear()


def test_a_token_is_never_stored_readable(connected: None) -> None:
    assert "EAASIMULATOR" not in stored()
    assert rows(WhatsAppConnection)[0].access_token == "EAASIMULATOR"


def test_keys_rotate(connected: None, monkeypatch: pytest.MonkeyPatch) -> None:
    old = settings().encryption_keys[0].get_secret_value()
    new = Fernet.generate_key().decode()
    before = stored()
    use(monkeypatch, new, old)
    with db.transaction() as session:
        assert encryption.reencrypt(session) == 1
    assert stored() != before
    use(monkeypatch, new)
    assert rows(WhatsAppConnection)[0].access_token == "EAASIMULATOR"


def test_a_lost_key_is_said_plainly(connected: None, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, Fernet.generate_key().decode())
    with pytest.raises(SecretLost, match="none of the ENCRYPTION_KEYS"):
        rows(WhatsAppConnection)


@pytest.fixture(autouse=True)
def _settings_are_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    yield
    monkeypatch.undo()
    settings.cache_clear()
