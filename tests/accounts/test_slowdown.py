import pytest
from redis import RedisError

from illumichat_app import slowdown


def test_the_sentence_says_how_long(redis: None) -> None:
    for _ in range(slowdown.PERSON.amount):
        slowdown.count_person("ana@demo.test", "203.0.113.7")
    with pytest.raises(slowdown.TooManyTries, match="Wait 15 minutes") as refused:
        slowdown.count_person("ana@demo.test", "203.0.113.7")
    assert refused.value.status == 429


def test_one_minute_is_singular() -> None:
    assert slowdown.TooManyTries(1).message == "Too many tries. Wait 1 minute, then try again."


def test_the_same_person_elsewhere_is_not_locked_out(redis: None) -> None:
    for _ in range(slowdown.PERSON.amount):
        slowdown.count_person("ana@demo.test", "203.0.113.7")
    with pytest.raises(slowdown.TooManyTries):
        slowdown.count_person("ana@demo.test", "203.0.113.7")
    slowdown.count_person("ana@demo.test", "198.51.100.1")


def test_without_redis_each_process_counts_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    class Away:
        def __getattr__(self, name: str) -> object:
            raise RedisError

    monkeypatch.setattr(slowdown, "_shared", Away)
    for _ in range(slowdown.ADDRESS.amount):
        slowdown.check_address("203.0.113.99")
        slowdown.count_address("203.0.113.99")
    with pytest.raises(slowdown.TooManyTries):
        slowdown.check_address("203.0.113.99")
