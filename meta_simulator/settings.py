"""The simulator as the environment configures it."""

import os

from meta_simulator import seed
from meta_simulator.clock import Clock
from meta_simulator.simulator import Simulator

DEFAULT_PORT = 4000
DEFAULT_CALLBACK = "http://127.0.0.1:3000/api/channels/webhook/whatsapp"


def port() -> int:
    """SIMULATOR_PORT, 4000 if unset."""
    return int(os.environ.get("SIMULATOR_PORT") or DEFAULT_PORT)


def from_environment() -> Simulator:
    """A simulator for this process, from SIMULATOR_… variables."""
    return Simulator(
        callback_url=_setting("CALLBACK_URL", DEFAULT_CALLBACK),
        app_id=_setting("APP_ID", seed.APP_ID),
        app_secret=_setting("APP_SECRET", seed.APP_SECRET),
        verify_token=_setting("VERIFY_TOKEN", seed.VERIFY_TOKEN),
        token=_setting("TOKEN", seed.TOKEN),
        config_id=_setting("CONFIG_ID", seed.CONFIG_ID),
        clock=Clock(_setting("CLOCK_FILE", "") or None),
        data_dir=_setting("DATA_DIR", "") or None,
        public_url=f"http://127.0.0.1:{port()}",
        allowed_hosts=["127.0.0.1", "localhost", "[::1]"],
    )


def _setting(name: str, default: str) -> str:
    return os.environ.get(f"SIMULATOR_{name}") or default
