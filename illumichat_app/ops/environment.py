"""What the parts are told: the embedded defaults, each only where the user said nothing."""

import base64
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from dotenv import dotenv_values

from illumichat_app.ops.bootstrap import ROOT

LOOPBACK = "127.0.0.1"
WEBHOOK_PATH = "/api/channels/webhook/whatsapp"
# The simulator and the product must agree on these; either name may set both.
SHARED_WITH_SIMULATOR = {
    "META_APP_ID": ("SIMULATOR_APP_ID", "100000000000001"),
    "META_APP_SECRET": ("SIMULATOR_APP_SECRET", "simulator-app-secret"),
    "META_CONFIG_ID": ("SIMULATOR_CONFIG_ID", "400000000000001"),
    "META_WEBHOOK_VERIFY_TOKEN": ("SIMULATOR_VERIFY_TOKEN", "simulator-verify-token"),
}
TRUE_WORDS = {"1", "true", "t", "yes", "y", "on"}  # as pydantic reads a bool
OF_MAKE = {"MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES"}


class WrongSetting(Exception):
    """A setting that cannot work; the message is for the person at the terminal."""


@dataclass(frozen=True)
class Plan:
    """What this start will do, read from the user's settings."""

    port: int
    simulator_port: int
    data_dir: Path
    demo: bool
    host: str
    web_processes: int
    own_queue: bool

    @property
    def lock(self) -> Path:
        return self.data_dir / "lock"

    @property
    def logs(self) -> Path:
        return self.data_dir / "logs"


def user_settings(file: Path = ROOT / ".env") -> dict[str, str]:
    """The environment over `.env`; an empty value counts as not set, as in the product."""
    from_file = {name: value for name, value in dotenv_values(file).items() if value}
    from_process = {name: value for name, value in os.environ.items() if value}
    return {**from_file, **from_process}


def plan(user: Mapping[str, str]) -> Plan:
    """Read the user's settings. Raises WrongSetting with a sentence."""
    demo = is_true(user["DEMO"]) if "DEMO" in user else "DATABASE_URL" not in user
    host = user.get("HOST", LOOPBACK)
    if demo and host != LOOPBACK:
        raise WrongSetting(
            f"The demo listens on this computer only, so HOST={host} cannot be used with it. "
            "Leave HOST out, or set DEMO=0 and your own settings (see .env.example)."
        )
    return Plan(
        port=whole_number(user, "PORT", 3000, 65535),
        simulator_port=whole_number(user, "SIMULATOR_PORT", 4000, 65535),
        data_dir=folder(user.get("DATA_DIR", ".data")),
        demo=demo,
        host=host,
        web_processes=whole_number(user, "WEB_CONCURRENCY", 1, 64),
        own_queue="REDIS_URL" not in user,
    )


def folder(name: str) -> Path:
    """A folder, relative to the clone. Raises WrongSetting for one the supervisor misreads:
    it expands a percent sign once or twice, depending on where it stands."""
    path = (ROOT / Path(name).expanduser()).resolve()
    if "%" in f"{path}{ROOT}":
        raise WrongSetting(f"Neither {path} nor {ROOT} may have a percent sign in its name.")
    return path


def is_true(word: str) -> bool:
    return word.strip().lower() in TRUE_WORDS


def whole_number(user: Mapping[str, str], name: str, default: int, most: int) -> int:
    """A setting from 1 to `most`. Raises WrongSetting."""
    text = user.get(name, str(default)).strip()
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise WrongSetting(
            f"{name} must be a whole number from 1 to {most}, for example {name}={default}; "
            f"it is “{text}”."
        )
    return int(text)


def child_environment(user: Mapping[str, str], wanted: Plan, own_queue_url: str) -> dict[str, str]:
    """The environment of every part: the user's settings, then defaults for what is missing."""
    defaults = {"DATA_DIR": str(wanted.data_dir)}
    if wanted.own_queue:
        defaults["REDIS_URL"] = own_queue_url
    defaults["DATABASE_URL"] = f"sqlite:///{wanted.data_dir}/illumichat.db"
    if wanted.demo:
        defaults |= demo_defaults(user, wanted)
    kept = {name: value for name, value in user.items() if name not in OF_MAKE}
    # DATA_DIR may be relative in the user's settings; one meaning for all parts.
    return {**defaults, **kept, **reflex_environment(wanted), "DATA_DIR": str(wanted.data_dir)}


def demo_defaults(user: Mapping[str, str], wanted: Plan) -> dict[str, str]:
    """What the demo needs besides: the simulator in Meta's place, a key of its own.

    Outside the demo none of these is supplied: a secret that everybody knows would let
    anyone sign webhooks, so a production start says what is missing instead.
    """
    clock = str(wanted.data_dir / "clock")
    simulator = f"http://{LOOPBACK}:{wanted.simulator_port}"
    return {
        "DEMO": "1",
        "PUBLIC_URL": f"http://localhost:{wanted.port}",
        "META_GRAPH_URL": simulator,
        "META_SDK_URL": f"{simulator}/sdk.js",
        "META_GRAPH_VERSION": "v26.0",
        "AI_MODEL": "offline",
        "CLOCK_FILE": clock,
        "ENCRYPTION_KEYS": user.get("ENCRYPTION_KEYS") or encryption_key(wanted.data_dir),
        "SIMULATOR_PORT": str(wanted.simulator_port),
        "SIMULATOR_CALLBACK_URL": f"http://{LOOPBACK}:{wanted.port}{WEBHOOK_PATH}",
        "SIMULATOR_TOKEN": "EAASIMULATOR",
        "SIMULATOR_CLOCK_FILE": user.get("CLOCK_FILE", clock),
        "SIMULATOR_DATA_DIR": str(wanted.data_dir / "simulator"),
        **shared_values(user),
    }


def shared_values(user: Mapping[str, str]) -> dict[str, str]:
    values: dict[str, str] = {}
    for ours, (theirs, default) in SHARED_WITH_SIMULATOR.items():
        value = user.get(ours) or user.get(theirs) or default
        values |= {ours: value, theirs: value}
    return values


def reflex_environment(wanted: Plan) -> dict[str, str]:
    """How Reflex must run under our own server: no compile at start, the built front end."""
    return {
        "PORT": str(wanted.port),
        "REFLEX_ENV_MODE": "prod",
        "REFLEX_TELEMETRY_ENABLED": "false",
        "REFLEX_OPLOCK_ENABLED": "1",
        "__REFLEX_SKIP_COMPILE": "true",
        "SERVE_FRONTEND": "1",
        "PYTHONUNBUFFERED": "1",
    }


def encryption_key(data_dir: Path) -> str:
    """The demo's Fernet key, made once and readable by its owner only."""
    file = data_dir / "encryption.key"
    if not file.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as key:
            key.write(base64.urlsafe_b64encode(secrets.token_bytes(32)))
    return file.read_text().strip()


def api_url(environment: Mapping[str, str], wanted: Plan) -> str:
    """The address that is baked into the front end; the browser replaces `localhost` itself."""
    local = f"http://localhost:{wanted.port}"
    return local if wanted.demo else environment.get("PUBLIC_URL", local)


def queue_address(redis_url: str) -> str:
    """`host:port` of a Redis address, or `-` when it is not reached by TCP."""
    parts = urlsplit(redis_url)
    return f"{parts.hostname}:{parts.port or 6379}" if parts.hostname else "-"
