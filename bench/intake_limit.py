"""The limit to compare with: the same route in the same app, which reads and verifies, and stores
nothing."""

from illumichat_app import webhook
from illumichat_app.ingest import Arrival


class _Nowhere:
    async def put(self, _arrival: Arrival) -> None:
        return


webhook._ingest = _Nowhere()  # type: ignore[assignment]
app = webhook.app
