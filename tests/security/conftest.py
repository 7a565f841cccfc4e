from collections.abc import AsyncIterator

import pytest

from tests.accounts.conftest import Team, _nobody_is_remembered, _quick_hashes, team
from tests.security import pipeline

__all__ = ["Team", "_nobody_is_remembered", "_quick_hashes", "team"]


# What these ask is answered before any database is, or by both alike.
ONE_DATABASE = {"test_matrix", "test_addresses", "test_uploads"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items[:] = [
        item
        for item in items
        if item.path.stem not in ONE_DATABASE or not item.get_closest_marker("postgres")
    ]


@pytest.fixture
async def server() -> AsyncIterator[pipeline.Server]:
    async with pipeline.server() as running:
        yield running
