"""The simulator as one object: an ASGI app and the same verbs in Python."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from meta_simulator import control, customers, graph, media, seed, signup, store, tenants
from meta_simulator import templates as template_rules
from meta_simulator.clock import Clock
from meta_simulator.core import Core
from meta_simulator.delivery import Delivery
from meta_simulator.faults import Faults
from meta_simulator.schedule import Schedule
from meta_simulator.traffic import Traffic
from meta_simulator.world import App, Customer, Json, Thread, World

log = logging.getLogger(__name__)
STATIC = Path(__file__).parent / "static"
SAVE_EVERY = 1.0
CONCURRENT = 32
TICK = 0.5
METHODS = ["GET", "POST", "DELETE"]


class Simulator:
    """A stand-in for graph.facebook.com.

    `callback_url` is where the webhooks of the seeded app go. In tests nothing runs by itself:
    call `settle()`. Served with a lifespan (`python -m meta_simulator`) it runs on its own.
    """

    def __init__(
        self,
        *,
        callback_url: str,
        app_id: str = seed.APP_ID,
        app_secret: str = seed.APP_SECRET,
        verify_token: str = seed.VERIFY_TOKEN,
        token: str = seed.TOKEN,
        config_id: str = seed.CONFIG_ID,
        http: httpx.AsyncClient | None = None,
        clock: Clock | None = None,
        data_dir: str | Path | None = None,
        public_url: str = "",
        allowed_hosts: Sequence[str] | None = None,
    ) -> None:
        app = App(app_id, "Harbour inbox", app_secret, callback_url, verify_token, config_id)
        self._seed = (app, token)
        self._data_dir = Path(data_dir) if data_dir else None
        self._own_http = http is None
        world = store.load(self._data_dir, app, token) or seed.seeded(app, token)
        self.core = _core(world, clock or Clock(), http or _http())
        self.core.public_url = public_url
        self.app = Starlette(routes=_routes(), lifespan=self._lifespan)
        self.app.state.core = self.core
        self.app.state.simulator = self
        self.app.state.allowed_hosts = allowed_hosts

    @property
    def world(self) -> World:
        """Everything the simulated Meta knows."""
        return self.core.world

    @property
    def clock(self) -> Clock:
        """The movable clock."""
        return self.core.clock

    @property
    def faults(self) -> Faults:
        """The fault switches."""
        return self.core.faults

    @property
    def traffic(self) -> Traffic:
        """The log of every request in and out."""
        return self.core.traffic

    def customer_sends(
        self,
        customer: str,
        text: str | None = None,
        *,
        type: str = "text",
        number_id: str = "",
        **fields: Any,
    ) -> str:
        """A customer sends a message; returns its id. `fields` as in the control API."""
        if text is not None:
            fields["text"] = text
        return customers.sends(
            self.core, self.customer(customer), self.core.number(number_id), type, fields
        )

    def customer_calls(self, customer: str, *, number_id: str = "") -> str:
        """A customer calls and hangs up; returns the call id."""
        return customers.calls(self.core, self.customer(customer), self.core.number(number_id))

    def customer_reads(self, customer: str, *, number_id: str = "") -> int:
        """A customer opens the chat; returns how many messages become read."""
        return customers.reads(self.core, self.customer(customer), self.core.number(number_id))

    def add_customer(self, name: str, phone: str, **facts: Any) -> Customer:
        """A new customer; facts: id, wa_id, username, phone_visible, country, user_ids…"""
        return customers.add(self.core, name, phone, **facts)

    def change_customer(self, customer: str, **facts: Any) -> None:
        """Change name, username, phone_visible, offline, fail_code, read_receipts…"""
        customers.change(self.core, self.customer(customer), facts)

    def change_number(self, customer: str, phone: str) -> None:
        """A customer moves to a new phone number."""
        customers.changes_number(self.core, self.customer(customer), phone)

    def change_user_id(self, customer: str) -> None:
        """A customer gets a new user id."""
        customers.changes_user_id(self.core, self.customer(customer))

    def customer(self, customer: str) -> Customer:
        """A customer by id. Raises KeyError."""
        return self.world.customers[customer]

    def thread(self, customer: str, *, number_id: str = "") -> Thread:
        """What this customer and a business number said to each other."""
        return self.world.thread(self.core.number(number_id).id, self.customer(customer).id)

    def add_media(self, data: bytes, mime_type: str, *, number_id: str = "", name: str = "") -> str:
        """Keep a file as if it had arrived in a message; returns its media id."""
        number = self.core.number(number_id)
        return media.store(self.core, number.id, data, mime_type, name, media.WEBHOOK_DAYS).id

    def send_webhook(
        self, payload: Json, *, app_id: str = "", url: str = "", summary: str = "webhook raw"
    ) -> None:
        """Send any payload, signed with the secret of an app (the first one by default)."""
        app = self.world.apps[app_id] if app_id else next(iter(self.world.apps.values()))
        self.core.delivery.post(app.id, url or app.callback_url, payload, summary)

    def emit(
        self, field: str, value: Json, *, waba_id: str = "", number_id: str = "", entry_id: str = ""
    ) -> int:
        """Send one change to every app subscribed to the WABA; returns how many get it."""
        number = self.world.numbers.get(number_id) if number_id else None
        owner = waba_id or (number or self.core.number()).waba_id
        return self.core.delivery.emit(owner, field, value, number=number, entry_id=entry_id)

    def review_template(self, template_id: str, verdict: str, reason: str = "NONE") -> None:
        """Set a template to APPROVED, REJECTED, PAUSED… with its webhook."""
        template_rules.review(self.core, self.world.templates[template_id], verdict, reason)

    def add_tenant(self, **facts: Any) -> Json:
        """A business with WABA, number, token and (optional) own app; returns their ids."""
        return tenants.add(self.core, facts)

    def account_event(self, event: str, **facts: Any) -> int:
        """Change an account (quality, ban, partner removed…) and send its webhook."""
        return tenants.account_event(self.core, event, facts)

    def finish_signup(self, **choice: Any) -> Json:
        """What the signup window gives: `code`, `event`, `data`."""
        return signup.finish(self.core, choice)

    async def settle(self, *, tries: int = 5, limit: int = 10_000) -> int:
        """Run everything pending without waiting for real time; returns how many steps ran.

        A webhook that is never answered 200 is tried `tries` times and then waits for the next
        `settle()`. Raises RuntimeError after `limit` steps.
        """
        delivery, ran = self.core.delivery, 0
        delivery.settle_tries = tries
        delivery.unpark()
        try:
            while (task := self.core.schedule.take()) is not None:
                await task.work()
                ran += 1
                if ran > limit:
                    raise RuntimeError(f"still not settled after {limit} steps")
        finally:
            delivery.settle_tries = None
        return ran

    def reset(self) -> None:
        """Back to the seeded world, real time and no faults."""
        app, token = self._seed
        fresh = seed.seeded(app, token)
        for name in World.__slots__:
            setattr(self.world, name, getattr(fresh, name))
        self.core.schedule.clear()
        self.core.delivery.forget()
        self.faults.update(dict.fromkeys(Faults.__slots__, 0))
        self.clock.reset()
        self.traffic.clear()

    @contextlib.asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncGenerator[None]:
        del app
        self.core.live = True
        tasks = [asyncio.create_task(self._run()), asyncio.create_task(self._save_often())]
        try:
            yield
        finally:
            self.core.stop()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self.core.live = False
            await self._close()

    async def _close(self) -> None:
        if self._data_dir:
            store.save(self._data_dir, self.world)
        if self._own_http:
            await self.core.delivery.http.aclose()

    async def _run(self) -> None:
        slots, running = asyncio.Semaphore(CONCURRENT), set[asyncio.Task[None]]()
        schedule = self.core.schedule
        while True:
            schedule.news.clear()
            while (task := schedule.take(self.clock.now())) is not None:
                await slots.acquire()
                job = asyncio.create_task(_guarded(task.work, slots))
                running.add(job)
                job.add_done_callback(running.discard)
            # The clock file may be moved by another process, so never sleep for long.
            wait = schedule.wait(self.clock.now())
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(schedule.news.wait(), min(TICK, wait))

    async def _save_often(self) -> None:
        while self._data_dir is not None:
            await asyncio.sleep(SAVE_EVERY)
            try:
                await asyncio.to_thread(store.save, self._data_dir, self.world)
            except OSError:
                log.exception("the world could not be saved in %s", self._data_dir)


async def _guarded(work: Any, slots: asyncio.Semaphore) -> None:
    try:
        await work()
    except Exception:
        log.exception("a planned step failed")
    finally:
        slots.release()


def _http() -> httpx.AsyncClient:
    # A proxy from the environment must not see what stays on this computer.
    return httpx.AsyncClient(timeout=10, trust_env=False)


def _core(world: World, clock: Clock, http: httpx.AsyncClient) -> Core:
    schedule, faults, traffic = Schedule(), Faults(), Traffic()
    delivery = Delivery(world, clock, schedule, faults, traffic, http)
    return Core(world, clock, schedule, faults, traffic, delivery)


def _routes() -> list[Route | Mount]:
    return [
        *control.routes(),
        *signup.routes(),
        Route("/whatsapp_business/attachments/", media.download),
        Mount("/static", StaticFiles(directory=STATIC)),
        Route("/v{version_number:float}/{path:path}", graph.answer, methods=METHODS),
        Route("/{path:path}", graph.answer, methods=METHODS),
    ]
