"""What the parts are told, and what is refused before anything starts."""

import stat
from pathlib import Path

import pytest

from illumichat_app.ops.environment import (
    Plan,
    WrongSetting,
    api_url,
    child_environment,
    plan,
    queue_address,
    user_settings,
)

OWN_QUEUE = "redis://:word@127.0.0.1:6400/0"


def told(tmp_path: Path, **user: str) -> dict[str, str]:
    user = {"DATA_DIR": str(tmp_path)} | user
    return child_environment(user, plan(user), OWN_QUEUE)


def test_nothing_set_is_a_whole_demo(tmp_path: Path) -> None:
    environment = told(tmp_path)

    assert environment["DEMO"] == "1"
    assert environment["DATABASE_URL"] == f"sqlite:///{tmp_path}/illumichat.db"
    assert environment["REDIS_URL"] == OWN_QUEUE
    assert environment["PUBLIC_URL"] == "http://localhost:3000"
    assert environment["META_GRAPH_URL"] == "http://127.0.0.1:4000"
    assert environment["AI_MODEL"] == "offline"
    assert environment["CLOCK_FILE"] == environment["SIMULATOR_CLOCK_FILE"]
    assert environment["SIMULATOR_CALLBACK_URL"].startswith("http://127.0.0.1:3000/api/")


@pytest.mark.parametrize(
    "name",
    ["DATABASE_URL", "REDIS_URL", "PUBLIC_URL", "META_GRAPH_URL", "AI_MODEL", "ENCRYPTION_KEYS"],
)
def test_a_value_of_the_user_stays(tmp_path: Path, name: str) -> None:
    assert told(tmp_path, DEMO="1", **{name: "theirs"})[name] == "theirs"


def test_ports_reach_the_addresses(tmp_path: Path) -> None:
    environment = told(tmp_path, PORT="3100", SIMULATOR_PORT="4100")

    assert environment["PUBLIC_URL"] == "http://localhost:3100"
    assert environment["META_GRAPH_URL"] == "http://127.0.0.1:4100"
    assert environment["SIMULATOR_PORT"] == "4100"


@pytest.mark.parametrize("name", ["META_APP_SECRET", "SIMULATOR_APP_SECRET"])
def test_simulator_and_product_share_a_secret_set_by_either_name(tmp_path: Path, name: str) -> None:
    environment = told(tmp_path, **{name: "theirs"})

    assert environment["META_APP_SECRET"] == environment["SIMULATOR_APP_SECRET"] == "theirs"


def test_a_database_of_the_user_ends_the_demo_and_its_known_secrets(tmp_path: Path) -> None:
    environment = told(tmp_path, DATABASE_URL="postgresql+psycopg://db/x")

    assert not {"DEMO", "META_APP_SECRET", "META_WEBHOOK_VERIFY_TOKEN"} & environment.keys()
    assert not {"ENCRYPTION_KEYS", "CLOCK_FILE", "META_GRAPH_URL"} & environment.keys()


@pytest.mark.parametrize(
    ("user", "demo"),
    [
        ({}, True),
        ({"DEMO": "0"}, False),
        ({"DEMO": "false"}, False),
        ({"DATABASE_URL": "x"}, False),
        ({"DATABASE_URL": "x", "DEMO": "1"}, True),
    ],
)
def test_when_it_is_the_demo(user: dict[str, str], demo: bool) -> None:
    assert plan(user).demo is demo


def test_the_key_is_made_once_and_private(tmp_path: Path) -> None:
    first = told(tmp_path)["ENCRYPTION_KEYS"]

    assert told(tmp_path)["ENCRYPTION_KEYS"] == first
    assert len(first) == 44  # a Fernet key
    assert stat.S_IMODE((tmp_path / "encryption.key").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("name", "value"),
    [("PORT", "abc"), ("PORT", "0"), ("PORT", "65536"), ("PORT", "-1"), ("SIMULATOR_PORT", "4e3")],
)
def test_a_port_that_is_none_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(WrongSetting, match=f"{name} must be a whole number.*{value}"):
        plan({name: value})


def test_the_demo_does_not_listen_for_others() -> None:
    with pytest.raises(WrongSetting, match="this computer only"):
        plan({"HOST": "0.0.0.0"})
    assert plan({"HOST": "0.0.0.0", "DEMO": "0"}).host == "0.0.0.0"


def test_the_environment_wins_over_the_file_and_empty_is_not_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / ".env"
    file.write_text("PORT=3111\nSIMULATOR_PORT=4111\nDATABASE_URL=\n")
    monkeypatch.setenv("PORT", "3222")
    monkeypatch.setenv("SIMULATOR_PORT", "")
    monkeypatch.delenv("DATABASE_URL", raising=False)

    user = user_settings(file)

    assert user["PORT"] == "3222"
    assert user["SIMULATOR_PORT"] == "4111"
    assert "DATABASE_URL" not in user


def test_the_makefiles_own_variables_stay_out(tmp_path: Path) -> None:
    assert "MAKEFLAGS" not in told(tmp_path, MAKEFLAGS="-j2")


def test_the_address_in_the_front_end() -> None:
    public = {"PUBLIC_URL": "https://inbox.example.com"}

    assert api_url(public, plan({"PORT": "3100"})) == "http://localhost:3100"
    assert api_url(public, plan({"DEMO": "0"})) == "https://inbox.example.com"


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("redis://queue.example.com", "queue.example.com:6379"),
        ("redis://:secret@127.0.0.1:6400/0", "127.0.0.1:6400"),
        ("unix:///run/redis.sock", "-"),
    ],
)
def test_where_the_queue_listens(url: str, address: str) -> None:
    assert queue_address(url) == address


def test_a_folder_the_supervisor_would_misread_is_refused() -> None:
    with pytest.raises(WrongSetting, match="percent sign"):
        plan({"DATA_DIR": "100%s"})


def test_a_relative_data_folder_is_made_absolute() -> None:
    wanted: Plan = plan({"DATA_DIR": ".elsewhere"})

    assert wanted.data_dir.is_absolute()
    assert wanted.lock.parent == wanted.data_dir
