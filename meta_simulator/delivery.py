"""Sends webhooks to the apps and repeats them until they answer 200."""

import asyncio
import itertools
import time
from dataclasses import dataclass

import httpx

from meta_simulator.clock import Clock
from meta_simulator.faults import Faults
from meta_simulator.schedule import Schedule
from meta_simulator.traffic import Traffic, readable
from meta_simulator.webhooks import Change, combined, envelope, routes, serialise, sign
from meta_simulator.world import Json, Number, World

GIVE_UP_AFTER = 7 * 86400  # Meta: webhooks are repeated for up to seven days.
MAX_DELAY = 300.0
BATCH_WAIT = 1.0
BATCH_SIZE = 9
MAX_BODY = 3 * 1024 * 1024
LATE_BY = (7.0, 1.0, 4.0, 10.0, 2.5)  # seconds, in turn, so that late ones overtake each other
REPEATED_AFTER = 6.0


@dataclass(slots=True)
class Parcel:
    """One POST and how often it was tried."""

    url: str
    secret: str
    body: bytes
    summary: str
    first: float
    tries: int = 0
    signature: str = ""
    repeated: bool = False


class Delivery:
    """Turns events into signed POSTs."""

    def __init__(
        self,
        world: World,
        clock: Clock,
        schedule: Schedule,
        faults: Faults,
        traffic: Traffic,
        http: httpx.AsyncClient,
    ) -> None:
        self.world, self.clock, self.schedule = world, clock, schedule
        self.faults, self.traffic, self.http = faults, traffic, http
        self.settle_tries: int | None = None
        self.parked: list[Parcel] = []
        self._held: dict[tuple[str, str], list[Change]] = {}
        self._told: dict[str, int] = {}
        self._lateness = itertools.cycle(LATE_BY)

    def emit(
        self,
        waba_id: str,
        field: str,
        value: Json,
        *,
        number: Number | None = None,
        entry_id: str = "",
    ) -> int:
        """Send one change to every subscribed app; returns how many will get it."""
        targets = routes(self.world, waba_id, field, number)
        entry_id = entry_id or waba_id
        time = self._time(f"{entry_id} {field} {value}")
        for app, url in targets:
            change = Change(app.id, url, entry_id, field, value, time)
            if self.faults.take("batch"):
                self._hold(change)
            else:
                self._pack([change])
        return len(targets)

    def _time(self, news: str) -> int:
        """The second of some news; told once more within it, they are of the next one.

        A receiver knows a repeated webhook by its bytes, and these happened twice.
        """
        moment = int(self.clock.now())
        self._told = {told: at for told, at in self._told.items() if at >= moment}
        self._told[news] = max(moment, self._told.get(news, 0) + 1)
        return self._told[news]

    def post(self, app_id: str, url: str, payload: Json, summary: str) -> None:
        """Send one ready payload. Raises ValueError above Meta's 3 MB."""
        body = serialise(payload)
        if len(body) > MAX_BODY:
            raise ValueError("a webhook may not be larger than 3 MB")
        secret = self.world.apps[app_id].secret
        now = self.clock.now()
        late = next(self._lateness) if self.faults.take("late_webhooks") else 0.0
        self._plan(Parcel(url, secret, body, summary, now), now + late)

    def forget(self) -> None:
        """Drop what is held back."""
        self._held.clear()
        self.parked.clear()

    def _hold(self, change: Change) -> None:
        key = (change.app_id, change.url)
        held = self._held.setdefault(key, [])
        held.append(change)
        if len(held) == 1:
            self.schedule.add(
                self.clock.now() + BATCH_WAIT, lambda: self._flush(key), "flush batch"
            )

    async def _flush(self, key: tuple[str, str]) -> None:
        waiting = self._held.pop(key, [])
        for start in range(0, len(waiting), BATCH_SIZE):
            self._pack(combined(waiting[start : start + BATCH_SIZE]))

    def _pack(self, changes: list[Change]) -> None:
        first = changes[0]
        self.post(first.app_id, first.url, envelope(changes), summary(changes))

    def _plan(self, parcel: Parcel, due: float) -> None:
        self.schedule.add(due, lambda: self._attempt(parcel), parcel.summary)

    async def _attempt(self, parcel: Parcel) -> None:
        if self.settle_tries is not None and parcel.tries >= self.settle_tries:
            self.parked.append(parcel)
            return
        copies = 2 if self.faults.take("duplicate_webhooks") else 1
        answers = await asyncio.gather(*(self._send(parcel) for _ in range(copies)))
        parcel.tries += 1
        if 200 not in answers:
            self._retry(parcel)
        elif not parcel.repeated and self.faults.take("repeated_webhooks"):
            parcel.repeated = True
            self._plan(parcel, self.clock.now() + REPEATED_AFTER)

    def unpark(self) -> None:
        """Put parcels back that a bounded `settle` gave up on for the moment."""
        parked, self.parked = self.parked, []
        for parcel in parked:
            parcel.tries = 0
            self._plan(parcel, self.clock.now())

    def _retry(self, parcel: Parcel) -> None:
        now = self.clock.now()
        delay = min(MAX_DELAY, 2.0 ** (parcel.tries - 1))
        if now + delay - parcel.first < GIVE_UP_AFTER:
            self._plan(parcel, now + delay)

    async def _send(self, parcel: Parcel) -> int:
        signature = sign(parcel.secret, parcel.body)
        if self.faults.take("corrupt_signature"):
            signature = "sha256=" + signature[:6:-1]
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "facebookexternalua",
            "X-Hub-Signature-256": signature,
        }
        started = time.perf_counter()
        status, answer = await self._request(parcel, headers)
        self._log(parcel, status, answer, started, headers)
        return status

    async def _request(self, parcel: Parcel, headers: dict[str, str]) -> tuple[int, bytes]:
        try:
            answer = await self.http.post(parcel.url, content=parcel.body, headers=headers)
        except httpx.HTTPError as error:
            return 0, type(error).__name__.encode()
        return answer.status_code, answer.content

    def _log(
        self, parcel: Parcel, status: int, answer: bytes, started: float, headers: dict[str, str]
    ) -> None:
        self.traffic.add(
            time=self.clock.now(),
            direction="out",
            summary=parcel.summary,
            method="POST",
            target=parcel.url,
            status=status,
            ms=round((time.perf_counter() - started) * 1000),
            request=readable(parcel.body),
            response=readable(answer),
            headers=headers,
        )


def summary(changes: list[Change]) -> str:
    """A few words about a POST, for the traffic log."""
    words = [_words(change) for change in changes]
    return "webhook " + ("batch: " if len(words) > 1 else "") + ", ".join(words)


def _words(change: Change) -> str:
    kinds = [str(m.get("type", "")) for m in change.value.get("messages", [])]
    kinds += [f"statuses {s.get('status', '')}" for s in change.value.get("statuses", [])]
    event = str(change.value.get("event", ""))
    name = change.field if kinds and "statuses" not in kinds[0] else ""
    return " ".join(filter(None, [name, " ".join(kinds)])) or f"{change.field} {event}".strip()
