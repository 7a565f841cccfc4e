"""`make chaos`: on which databases."""

import pytest

from illumichat_app.ops import chaos, services


def test_a_named_database_is_the_only_one() -> None:
    assert chaos.databases(["seed=1", "database=postgresql"]) == ["postgresql"]


@pytest.mark.parametrize(
    ("programs", "found"), [(None, ["sqlite"]), ("/usr/lib/pg", ["sqlite", "postgresql"])]
)
def test_all_there_are(
    monkeypatch: pytest.MonkeyPatch, programs: str | None, found: list[str]
) -> None:
    monkeypatch.setattr(services, "postgres_programs", lambda: programs)
    assert chaos.databases(["seed=1"]) == found
