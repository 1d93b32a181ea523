"""The service on a socket, until a signal ends it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.supervisors import ChangeReload

import tempo
from tempo.infrastructure.logging import listen_to_service, service_events
from tempo.interfaces.http.app import create_app
from tempo.interfaces.http.listening import address_of, listen_on
from tempo.interfaces.http.site import Site

if TYPE_CHECKING:
    from socket import socket

    from tempo.application.serving.service_settings import ServiceSettings
    from tempo.domain.errors import TempoError

KEEP_ALIVE = 75
"""Seconds that a connection stays open for another request: longer than clients keep theirs, so
that none is closed in the moment in which it is used again."""

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
    server.run(_listening(settings))
    if failures:
        raise failures[0]


def run_reloading(settings: ServiceSettings) -> None:
    """Serve, and start again whenever the package's source changes, over the same sockets.

    The process that is started again reads its settings from the environment. A model that cannot
    be loaded does not end it: the next change may mend that.

    Raises:
        TempoError: if the address cannot be listened on.
    """
    source = str(Path(tempo.__file__).parent)
    options = _options(settings)
    config = uvicorn.Config(FACTORY, factory=True, reload=True, reload_dirs=[source], **options)
    sockets = _listening(settings)
    try:
        ChangeReload(config, target=uvicorn.Server(config).run, sockets=sockets).run()
    finally:
        for one in sockets:
            one.close()


def _listening(settings: ServiceSettings) -> list[socket]:
    sockets = listen_on(settings.host, settings.port, settings.send_seconds)
    listen_to_service()
    for one in sockets:
        service_events().info("service.listening", address=address_of(one))
    page, is_built = f"{address_of(sockets[0])}/", Site().is_built
    service_events().info("service.page", address=page, is_built=is_built)
    return sockets


def _options(settings: ServiceSettings) -> dict[str, Any]:
    return {
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "timeout_keep_alive": KEEP_ALIVE,
        "timeout_graceful_shutdown": max(1, round(settings.stop_seconds / 2)),
    }
