"""What the routes share: the model once it is loaded, and the runs."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

from tempo.application.serving.admission import Admission, Capacity
from tempo.application.serving.keeper import Keeper
from tempo.application.serving.observing import Unobserved
from tempo.application.serving.registry import Retention, RunRegistry
from tempo.application.serving.runner import Runner
from tempo.application.serving.served_run import ServedRun
from tempo.application.serving.shared_registry import SharedRegistry
from tempo.application.serving.state_pool import StatePool
from tempo.application.serving.store_place import database_of
from tempo.domain.errors import UnavailableError
from tempo.infrastructure.container import share_passes
from tempo.infrastructure.documents import Documents, default_store
from tempo.infrastructure.logging import service_events

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from tempo.application.serving.observing import RunObserver
    from tempo.application.serving.served_run import Work
    from tempo.application.serving.service_settings import ServiceSettings
    from tempo.interfaces.python.engine import Engine


class Service:
    """The model and its runs; there from the start, ready once the model is loaded."""

    def __init__(self, settings: ServiceSettings, observer: RunObserver | None = None) -> None:
        """Wait for a model."""
        self.settings = settings
        self.observer = observer or Unobserved()
        self.states = StatePool(settings.retained_rows, self._free_rows, self.observer.evicted)
        self.failure: BaseException | None = None
        self._registry: RunRegistry | None = None
        self._engine: Engine | None = None
        self._runner: Runner | None = None
        self._keeper: Keeper | None = None

    @property
    def is_loaded(self) -> bool:
        """Whether runs can be asked for."""
        return self._runner is not None

    @property
    def is_overloaded(self) -> bool:
        """Whether the next run would be refused."""
        return self.is_loaded and self.runner.admission.is_full

    @property
    def engine(self) -> Engine:
        """The model.

        Raises:
            UnavailableError: while it is not loaded.
        """
        if self._engine is None:
            raise self._unavailable()
        return self._engine

    @property
    def runner(self) -> Runner:
        """What does the runs.

        Raises:
            UnavailableError: while the model is not loaded.
        """
        if self._runner is None:
            raise self._unavailable()
        return self._runner

    @property
    def registry(self) -> RunRegistry:
        """The runs that have names.

        Raises:
            UnavailableError: while the model is not loaded.
        """
        if self._registry is None:
            raise self._unavailable()
        return self._registry

    def _unavailable(self) -> UnavailableError:
        if self.failure is not None:
            return UnavailableError("the model could not be loaded; the service's log says why")
        return UnavailableError("the model is being loaded; try again in a few seconds")

    def gauged(self, read: Callable[[Admission], float]) -> float:
        """Return a number of the runs; 0 while there can be none."""
        return read(self.runner.admission) if self.is_loaded else 0.0

    def _free_rows(self) -> int:
        """Return how many cache rows are not set aside for runs."""
        admission = self.runner.admission
        return admission.capacity.rows - admission.rows

    @property
    def is_store_writable(self) -> bool:
        """Whether runs can be kept at present."""
        return self._registry is None or self._registry.is_writable

    def sweep(self) -> None:
        """Do what is to be done from time to time."""
        if self._runner is not None:
            self.registry.sweep(self._runner)

    def open(self, load: Callable[[], Engine]) -> None:
        """Load the model and begin to serve it.

        Raises:
            TempoError: if the model cannot be loaded.
        """
        try:
            engine, registry = load(), self._opened_registry()
        except BaseException as error:  # why: whoever asks for the model is told that it failed
            self.failure = error
            raise
        bounds = self.settings
        capacity = Capacity(bounds.max_concurrent_runs, bounds.max_cache_rows, bounds.max_queue)
        admission = Admission(capacity, self.states.make_room)
        runner = Runner(
            share_passes(engine.container), admission, bounds.run_seconds, self.observer
        )
        runner.start()
        if interrupted := registry.mark_interrupted():
            service_events().warning("runs.interrupted", runs=interrupted)
        self._engine, self._registry, self._runner = engine, registry, runner
        if isinstance(registry, SharedRegistry):
            self._keeper = self._keeping(registry, runner)
            self._keeper.start()
        service_events().info(
            "service.ready", model=engine.description.name, device=engine.description.device
        )

    def _opened_registry(self) -> RunRegistry:
        bounds = self.settings
        retention = Retention(
            bounds.grace_seconds,
            bounds.retained_runs,
            3600.0 * bounds.retained_hours,
            bounds.max_listeners,
        )
        if database_of(bounds.store) is not None:
            shared = Documents.shared_run_store(bounds.store, bounds.lease_seconds, _store_told)
            return SharedRegistry(shared, retention)
        store = Documents.run_store(bounds.store or default_store(), _store_told)
        return RunRegistry(store, retention)

    def _keeping(self, registry: SharedRegistry, runner: Runner) -> Keeper:
        from tempo.interfaces.http.reviving import revived_run  # noqa: PLC0415 - asks this module

        return Keeper(
            registry,
            runner,
            partial(revived_run, self),
            self.settings.lease_seconds,
            _keeper_told,
        )

    def close(self, seconds: float) -> None:
        """End the runs within some seconds, and let go of the model."""
        if self._runner is not None:
            self.registry.stop_adopting()
            self._runner.stop(seconds, self.registry.leave)
        if self._keeper is not None:
            self._keeper.stop()
        self.states.close()
        if self._registry is not None:
            self._registry.close()
        service_events().info("service.stopped")

    def begin(self, work: Work) -> ServedRun:
        """Let a run without a name wait for its turn.

        Raises:
            QueueFullError, InvalidValueError, UnavailableError: as `Runner.submit`.
        """
        run = ServedRun(uuid4().hex, work)
        self.runner.submit(run)
        return run

    async def answer(self, work: Work, request: Request) -> Any:  # noqa: ANN401 - what the work answers
        """Do a run and return its answer; if the client goes away, the run is cancelled.

        Raises:
            CancelledRunError: if the client went away.
            TempoError: what the run raised.
        """
        run = self.begin(work)
        done = asyncio.wrap_future(run.done)
        gone = asyncio.ensure_future(_until_gone(request))
        try:
            await asyncio.wait({done, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
            if not run.done.done():
                self.runner.cancel(run)
        return await done


def _store_told(reason: str | None) -> None:
    if reason is None:
        service_events().info("store.recovered")
    else:
        service_events().error("store.failed", reason=reason)


def _keeper_told(what: str, of: object) -> None:
    if what == "adopted":
        service_events().warning("run.adopted", run_id=of)
    else:
        service_events().error("keeper.failed", exc_info=of)


async def _until_gone(request: Request) -> None:
    """Return when the client closed the connection."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def service_of(request: Request) -> Service:
    """Return the service that a request was sent to."""
    return cast("Service", request.app.state.service)
