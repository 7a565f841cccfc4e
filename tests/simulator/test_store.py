"""The world survives a restart."""

import json
from pathlib import Path

import pytest

from meta_simulator import Simulator, seed, store
from meta_simulator.world import World
from tests.simulator.conftest import Graph

pytestmark = pytest.mark.anyio


async def test_everything_comes_back(simulator: Simulator, graph: Graph, tmp_path: Path) -> None:
    simulator.customer_sends("lucia", "Hola é")
    simulator.customer_sends("lucia", type="image", data=b"\x00\xff", caption="c")
    await graph.send()
    simulator.add_tenant(name="Blue Kite")
    simulator.finish_signup()
    await simulator.settle()
    store.save(tmp_path, simulator.world)
    again = Simulator(callback_url="http://elsewhere.test", data_dir=tmp_path)
    app = again.world.apps[seed.APP_ID]
    assert app.callback_url == "http://elsewhere.test"
    app.callback_url = simulator.world.apps[seed.APP_ID].callback_url
    assert again.world == simulator.world


def test_another_token_starts_over(simulator: Simulator, tmp_path: Path) -> None:
    simulator.customer_sends("lucia", "Hi")
    store.save(tmp_path, simulator.world)
    again = Simulator(callback_url="", token="EAAOTHER", data_dir=tmp_path)
    assert again.world.threads == {}


def test_nothing_is_written_when_nothing_changed(simulator: Simulator, tmp_path: Path) -> None:
    store.save(tmp_path, simulator.world)
    before = (tmp_path / store.WORLD).stat().st_mtime_ns
    store.save(tmp_path, simulator.world)
    assert (tmp_path / store.WORLD).stat().st_mtime_ns == before


def test_unknown_facts_of_another_version_are_ignored(simulator: Simulator, tmp_path: Path) -> None:
    store.save(tmp_path, simulator.world)
    file = tmp_path / store.WORLD
    file.write_text(json.dumps(json.loads(file.read_text()) | {"later": 1}))
    loaded = store.load(tmp_path, simulator.world.apps[seed.APP_ID], seed.TOKEN)
    assert isinstance(loaded, World)
    assert loaded.numbers == simulator.world.numbers
