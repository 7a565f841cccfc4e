"""What the files in deploy/ name exists: paths, modules, options, settings. Else they would rot."""

import http.server
import importlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from granian.cli import cli as granian

from illumichat_app import __main__ as commands
from illumichat_app import jobs
from illumichat_app.config import Settings
from illumichat_app.ops.bootstrap import ROOT
from illumichat_app.ops.environment import plan, reflex_environment
from illumichat_app.webhook import PATH as WEBHOOK

DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
HOME = "/srv/illumichat"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
DOCKERFILE = (DEPLOY / "Dockerfile").read_text().replace("\\\n", " ")
GUIDE = (ROOT / "docs" / "deploy.md").read_text()
# What the parts read beside Settings: Reflex, and the servers.
OTHERS = {
    "SERVE_FRONTEND",
    "TRUSTED_PROXY_HOPS",
    "REFLEX_WEB_WORKDIR",
    *reflex_environment(plan({})),
}


def python_commands(text: str) -> list[list[str]]:
    """Each `python -m MODULE …` of a file, split as a shell would."""
    flat = re.sub(r"\\?\n\s+(?=--)", " ", text)
    found = re.findall(r"(?:\.venv/bin/|\s|\")python -m ([^\n`'|;]+)", flat)
    return [shlex.split(line.replace('"', "").split("  #")[0]) for line in found]


def check(words: list[str]) -> None:
    """A command line of ours that would start."""
    module, *rest = words
    if module == "granian":
        context = granian.make_context("granian", rest)
        module, _, name = str(context.params["app"]).partition(":")
        assert hasattr(importlib.import_module(module), name), words
    elif module == "workers":
        lane = rest[0]
        assert lane in {*jobs.DRAINS, "cron", "LANE", "$${name%%-*}"}, words
    elif module == "illumichat_app":
        assert rest[0].rstrip(".") in our_commands(), words
    else:
        assert importlib.util.find_spec(module), words


def our_commands() -> set[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["illumichat_app", "no-such-command"])
        patch.setattr(commands.log, "set_up", lambda: None)
        patch.setattr(sys, "stderr", buffer := Lines())
        with pytest.raises(SystemExit):
            commands.main()
    return set(re.findall(r"\w+", buffer.text.rpartition("choose from")[2]))


class Lines:
    text = ""

    def write(self, more: str) -> None:
        self.text += more

    def flush(self) -> None:
        pass


@pytest.mark.parametrize("file", [*UNITS, ROOT / "docs" / "deploy.md"], ids=lambda f: f.name)
def test_every_command_exists(file: Path) -> None:
    found = python_commands(file.read_text())
    assert found or file.suffix == ".timer"
    for words in found:
        check(words)


def test_a_command_that_does_not_exist_is_noticed() -> None:
    for line in ("illumichat_app backups", "workers inbox", "illumichat_app.ops.pages"):
        with pytest.raises(AssertionError):
            check(line.split())
    with pytest.raises(click.NoSuchOption):
        check(["granian", "--processes", "2", "illumichat_app.webhook:app"])


@pytest.mark.parametrize("file", UNITS, ids=lambda f: f.name)
def test_a_unit_lives_where_the_guide_says(file: Path) -> None:
    text = file.read_text()
    if file.suffix == ".service":
        assert f"WorkingDirectory={HOME}\n" in text
        assert "EnvironmentFile=/etc/illumichat.env\n" in text
    assert file.stem.rstrip("@") in GUIDE


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd is not here")
    for file in UNITS:  # the program is to be there, so it is the one of this test
        text = file.read_text().replace(f"{HOME}/.venv/bin/python", sys.executable)
        (tmp_path / file.name).write_text(text)
    ran = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *sorted(map(str, tmp_path.iterdir()))],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (ran.returncode, ran.stderr) == (0, "")


def settings_file() -> dict[str, str]:
    lines = (DEPLOY / "illumichat.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_every_setting_is_known() -> None:
    known = {name.upper() for name in Settings.model_fields} | OTHERS
    assert set(settings_file()) <= known
    configuration = (ROOT / "docs" / "configuration.md").read_text()
    for name in Settings.model_fields:
        assert f"`{name.upper()}`" in configuration


def test_both_ways_run_reflex_alike() -> None:
    """Whatever `make run` tells the parts, the units and the image tell them as well."""
    told = reflex_environment(plan({})) | {"REFLEX_WEB_WORKDIR": f"{HOME}/.build/web"}
    for name in ("PORT", "PYTHONUNBUFFERED"):  # of no concern to a unit
        told.pop(name)
    assert told.items() <= settings_file().items()
    image = dict(re.findall(r"(\w+)=(\S+)", DOCKERFILE.partition("\nENV ")[2].split("\n")[0]))
    assert told.items() <= image.items()
    assert image["DATA_DIR"] == settings_file()["DATA_DIR"]


def test_the_proxy_knows_our_addresses() -> None:
    caddy = (DEPLOY / "Caddyfile").read_text()
    assert WEBHOOK in caddy
    assert "health_uri /health" in caddy
    assert caddy.count("{") == caddy.count("}")
    ports = {re.search(r"--port (\d+)", file.read_text()) for file in UNITS}
    assert {found[1] for found in ports if found} == set(re.findall(r"127.0.0.1:(\d+)", caddy))


# ---- containers


def test_the_image_is_made_of_what_is_here() -> None:
    steps = [line.split(" ", 1) for line in DOCKERFILE.splitlines() if re.match(r"[A-Z]+ ", line)]
    assert steps[0][0] == "FROM"
    for name, words in steps:
        if name == "COPY":
            *sources, _ = [word for word in words.split() if not word.startswith("--")]
            assert all((ROOT / each).exists() for each in sources)
        elif name == "CMD":
            started = yaml.safe_load(words)
            assert started[:2] == ["python", "-m"]
            check(started[2:])
    for words in python_commands(DOCKERFILE.replace(" -m venv", " ")):
        check(words)


def test_what_the_image_leaves_out_is_not_needed() -> None:
    left_out = (DEPLOY / "Dockerfile.dockerignore").read_text().split()
    needed = {"illumichat_app", "alembic", "alembic.ini", "assets", "reflex.lock", "rxconfig.py"}
    assert not needed & set(left_out)
    assert {".env", ".git", ".venv"} <= set(left_out)  # no secret and no environment of ours


def services() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, service in COMPOSE["services"].items():
        if service["image"] == "illumichat":
            yield name, service


def test_compose_starts_every_part() -> None:
    started = {name: service.get("command") for name, service in services()}
    for command in filter(None, started.values()):
        assert command[:2] == ["python", "-m"]
        check(command[2:])
    assert {*jobs.DRAINS, "cron", "web", "migrate"} == set(started)
    build = COMPOSE["services"]["migrate"]["build"]
    assert (DEPLOY / build["context"] / build["dockerfile"]).resolve() == DEPLOY / "Dockerfile"
    assert set(build["args"]) == set(re.findall(r"^ARG (\w+)", DOCKERFILE, re.MULTILINE))


def test_compose_names_only_what_it_has() -> None:
    for service in COMPOSE["services"].values():
        assert set(service.get("depends_on", {})) <= set(COMPOSE["services"])
        volumes = {each.split(":")[0] for each in service.get("volumes", [])}
        assert volumes <= set(COMPOSE["volumes"])
    places = {each for _, service in services() for each in service["volumes"]}
    assert places == {f"data:{settings_file()['DATA_DIR']}"}


class Health(http.server.BaseHTTPRequestHandler):
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status if self.path == "/health" else 404)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_the_health_check_of_compose_tells_ill_from_well(status: int, code: int) -> None:
    cmd, python, flag, source = COMPOSE["services"]["web"]["healthcheck"]["test"]
    assert (cmd, python, flag) == ("CMD", "python", "-c")
    handler = type("Answer", (Health,), {"status": status})
    with http.server.HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            asked = source.replace(":3000/", f":{server.server_port}/")
            assert asked != source
            ran = subprocess.run(
                [sys.executable, "-I", "-c", asked], capture_output=True, check=False,
                env={"PATH": os.defpath},
            )  # fmt: skip
        finally:
            server.shutdown()
            thread.join()
    assert ran.returncode == code


# ---- the guide


def test_every_path_of_the_guide_exists() -> None:
    links = re.findall(r"\]\(([^)#]+)", GUIDE)
    assert any("deploy/systemd" in link for link in links)
    for link in links:
        if "://" not in link:
            assert (ROOT / "docs" / link).exists(), link
    for path in re.findall(r"(?<![\w/.])deploy/[\w./-]+", GUIDE):
        assert list(ROOT.glob(f"{path.rstrip('.')}*")), path


def test_containers_say_that_they_were_not_built() -> None:
    assert "Not built here yet" in DOCKERFILE
    assert "Not run here yet" in (DEPLOY / "compose.yaml").read_text()
    assert "**not\nbuilt here yet**" in GUIDE
