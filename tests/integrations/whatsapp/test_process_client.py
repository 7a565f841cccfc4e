import asyncio
import atexit

import pytest

from integrations.whatsapp import process_client


@pytest.mark.parametrize("closed", [False, True])
def test_what_a_process_opened_is_closed_at_its_end(closed: bool) -> None:
    loop = asyncio.new_event_loop()
    client = loop.run_until_complete(process_client.graph())
    assert loop.run_until_complete(process_client.graph()) is client
    assert not client._wire._session.closed  # type: ignore[attr-defined]
    if closed:
        loop.close()
    process_client._close(loop, client)
    assert client._wire._session.closed  # type: ignore[attr-defined]
    atexit.unregister(process_client._close)
    loop.close()
