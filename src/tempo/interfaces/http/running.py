"""The service on a socket, until a signal ends it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import uvicorn

from tempo.domain.errors import TempoError, UnavailableError
from tempo.interfaces.http.app import create_app

if TYPE_CHECKING:
    from tempo.application.serving.service_settings import ServiceSettings

FACTORY = "tempo.interfaces.http.app:create_app"


def run_service(settings: ServiceSettings) -> None:
    """Serve until a signal, or until it turns out that there is no model.

    Raises:
        TempoError: if the model cannot be loaded, or the address cannot be listened on.
    """
    failures: list[TempoError] = []

    def failed(error: TempoError) -> None:
        failures.append(error)
        server.should_exit = True

    app = create_app(settings, failed=failed)
    server = uvicorn.Server(uvicorn.Config(app, **_options(settings)))
    try:
        server.run()
    except SystemExit as error:  # uvicorn's own way to say that it cannot listen
        message = f"{settings.host}:{settings.port} cannot be listened on; choose another --port"
        raise UnavailableError(message) from error
    if failures:
        raise failures[0]


def run_reloading(settings: ServiceSettings) -> None:
    """Serve, and start again whenever the source changes; settings come from the environment."""
    uvicorn.run(FACTORY, factory=True, reload=True, **_options(settings))


def _options(settings: ServiceSettings) -> dict[str, Any]:
    return {
        "host": settings.host,
        "port": settings.port,
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "timeout_graceful_shutdown": max(1, round(settings.stop_seconds / 2)),
    }
