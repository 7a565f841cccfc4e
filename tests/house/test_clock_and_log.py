from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from illumichat_app import clock, db, log
from illumichat_app.config import settings


def test_the_demo_clock_follows_its_file(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    file = tmp_path / "clock"
    monkeypatch.setenv("CLOCK_FILE", str(file))
    settings.cache_clear()
    assert clock.offset() == timedelta(0)
    file.write_text("90000.0")
    assert clock.offset() == timedelta(hours=25)
    assert clock.now() - datetime.now(UTC) > timedelta(hours=24)
    monkeypatch.setenv("CLOCK_FILE", "")
    settings.cache_clear()
    assert clock.offset() == timedelta(0)


@pytest.mark.parametrize(
    ("written", "logged"),
    [
        ("Authorization: Bearer EAAG1234567890", "Authorization: Bearer ***"),
        ("GET /x?access_token=abc&fields=id", "GET /x?access_token=***&fields=id"),
        ("token EAASIMULATOR refused", "token EAA*** refused"),
        ("message from 34612555014", "message from ••5014"),
        ("event 12 of workspace 7", "event 12 of workspace 7"),
        ('{"cookie": "session=abc; b=c"}', '{"cookie": ***}'),
        ("{'cookie': 'session=abc', 'x': 1}", "{'cookie': ***, 'x': 1}"),
    ],
)
def test_secrets_and_numbers_are_masked(written: str, logged: str) -> None:
    assert log.mask(written) == logged


def test_an_error_of_the_database_names_no_values(database: str) -> None:
    with db.transaction() as session, pytest.raises(sa.exc.DBAPIError) as raised:
        session.execute(sa.text("SELECT :word FROM nowhere"), {"word": "a customer's words"})
    assert "nowhere" in str(raised.value)
    assert "a customer's words" not in f"{raised.value}{raised.value!r}"
