"""The ASGI application: `uvicorn --factory tempo.interfaces.http.app:create_app`."""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

from tempo.application.serving.service_settings import service_settings
from tempo.domain.errors import TempoError
from tempo.infrastructure.logging import listen_to_service, service_events, silence_transformers
from tempo.interfaces.http import failures
from tempo.interfaces.http.guard import Guard
from tempo.interfaces.http.metrics import Metrics
from tempo.interfaces.http.rate_limit import RateLimit
from tempo.interfaces.http.routes import (
    documentation,
    generate,
    health,
    metrics,
    models,
    openai,
    page,
    runs,
    setting_forms,
)
from tempo.interfaces.http.service import Service
from tempo.interfaces.http.site import Site

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from tempo.application.serving.service_settings import ServiceSettings
    from tempo.interfaces.python.engine import Engine

SWEEP_EVERY = 1.0
"""Seconds."""

DESCRIPTION = "Decode several hypotheses inside one sequence state of a language model."


def create_app(
    settings: ServiceSettings | None = None,
    load: Callable[[], Engine] | None = None,
    failed: Callable[[TempoError], None] = lambda _: None,
    site: Site | None = None,
) -> FastAPI:
    """Return the service as an application.

    `settings` are those of the environment if left out, `load` gives the model that they name,
    `failed` is told if it cannot be loaded; `site` is the web UI, the package's own if left out.

    Raises:
        InvalidValueError, ContradictionError: for wrong settings.
    """
    chosen = settings or service_settings({}, os.environ)
    counted = Metrics()
    service = Service(chosen, counted)
    _show(counted, service)
    limit = RateLimit(chosen.rate_limit)
    shown = site or Site()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        listen_to_service()
        loading = asyncio.create_task(_open(service, load or _loader(chosen), failed))
        sweeping = asyncio.create_task(_sweep(service))
        yield
        loading.cancel()
        sweeping.cancel()
        await asyncio.to_thread(service.close, chosen.stop_seconds / 2)

    app = FastAPI(
        title="TEMPO",
        version=version("tempo-decoding"),
        description=DESCRIPTION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.state.service, app.state.metrics = service, counted
    failures.install(app)
    for router in (
        health.router,
        metrics.router,
        generate.router,
        runs.router,
        setting_forms.router,
        models.router,
        openai.router,
        documentation.router,
    ):
        app.include_router(router)
    app.router.routes.append(page.PageRoute(shown))
    if chosen.origins:
        app.add_middleware(
            CORSMiddleware, allow_origins=chosen.origins, allow_methods=["*"], allow_headers=["*"]
        )
    app.add_middleware(
        Guard,
        settings=chosen,
        allowed=limit.seconds_to_wait,
        answered=counted.answered,
        is_page=shown.holds,
    )
    return app


def _show(counted: Metrics, service: Service) -> None:
    """Show what is known only when it is asked for."""
    for name, meaning, read in (
        ("tempo_queue_length", "Runs that wait for their turn.", lambda runs: runs.waiting),
        ("tempo_active_runs", "Runs under way.", lambda runs: len(runs.under_way)),
        ("tempo_cache_rows_reserved", "Cache rows set aside for runs.", lambda runs: runs.rows),
        (
            "tempo_cache_rows",
            "Cache rows that runs hold.",
            lambda runs: sum(run.cache_rows for run in runs.under_way),
        ),
        (
            "tempo_cache_rows_budget",
            "Cache rows that may be set aside.",
            lambda runs: runs.capacity.rows,
        ),
    ):
        counted.gauge(name, meaning, partial(service.gauged, read))
    counted.gauge(
        "tempo_retained_states",
        "States that ended runs left for forks.",
        lambda: len(service.states),
    )
    counted.gauge("tempo_retained_rows", "Cache rows that these hold.", lambda: service.states.rows)
    counted.gauge(
        "tempo_store_writable",
        "1 while runs can be kept, 0 while they wait for the disk.",
        lambda: float(service.is_store_writable),
    )


async def _sweep(service: Service) -> None:
    """Look after the runs, once a second."""
    while True:
        await asyncio.sleep(SWEEP_EVERY)
        try:
            await asyncio.to_thread(service.sweep)
        except Exception as error:  # why: the next round may go better  # noqa: BLE001
            service_events().error("sweep.failed", exc_info=error)


async def _open(
    service: Service, load: Callable[[], Engine], failed: Callable[[TempoError], None]
) -> None:
    """Load the model while the service answers already that it is not ready."""
    try:
        await asyncio.to_thread(service.open, load)
    except TempoError as error:
        service_events().error("service.failed", reason=str(error))
        failed(error)
    except Exception as error:  # why: a service without a model must say so  # noqa: BLE001
        service_events().error("service.failed", exc_info=error)
        failed(TempoError("the model could not be loaded; the log above says why"))


def _loader(settings: ServiceSettings) -> Callable[[], Engine]:
    def load() -> Engine:
        from tempo.interfaces.python.loading import load as load_engine  # noqa: PLC0415 - seconds

        silence_transformers()
        return load_engine(
            settings.model,
            device=settings.device,
            dtype=settings.dtype,
            backend=settings.backend,
            random_weights=settings.random_weights,
            revision=settings.revision,
            cache_dir=settings.cache_dir,
            offline=settings.offline,
            device_map=settings.device_map,
            quantisation=settings.quantisation,
            trust_remote_code=settings.trust_remote_code,
            tensor_parallel=settings.tensor_parallel,
        )

    return load
