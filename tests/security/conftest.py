from collections.abc import AsyncIterator

import pytest

from tests.accounts.conftest import Team, _nobody_is_remembered, _quick_hashes, team
from tests.security import pipeline

__all__ = ["Team", "_nobody_is_remembered", "_quick_hashes", "team"]


@pytest.fixture
async def server() -> AsyncIterator[pipeline.Server]:
    async with pipeline.server() as running:
        yield running
