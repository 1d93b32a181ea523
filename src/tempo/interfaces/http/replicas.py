"""The service in replicas on a cluster, until a signal ends it."""

from __future__ import annotations

import signal
from dataclasses import replace
from threading import Event as Flag
from typing import TYPE_CHECKING, Any

from starlette.datastructures import MutableHeaders

from tempo.application.serving.replica_plan import require_shared, shared_store
from tempo.infrastructure.documents import Documents, default_store
from tempo.infrastructure.logging import listen_to_service, service_events
from tempo.interfaces.http.listening import address_of, listen_on
from tempo.interfaces.http.request_identity import HEADER
from tempo.interfaces.http.running import KEEP_ALIVE

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from tempo.application.serving.replica_plan import ReplicaPlan
    from tempo.application.serving.service_settings import ServiceSettings


def run_replicas(settings: ServiceSettings, plan: ReplicaPlan) -> None:
    """Serve until a signal.

    Raises:
        TempoError: if there is no cluster, no store that replicas can share, or no model.
    """
    chosen = replace(settings, store=shared_store(settings.store, default_store()))
    listen_to_service()
    with Documents.cluster(plan) as nodes:
        stopped = _signalled()  # not before: Ray has signals of its own
        require_shared(chosen.store, nodes)
        Documents.shared_run_store(chosen.store, chosen.lease_seconds).close()
        host, port, address = _listening(chosen, plan)
        replica = Documents.replica_class(_builder(chosen), state_of)
        with Documents.serving_replicas(plan, replica, host, port, KEEP_ALIVE):
            service_events().info("service.listening", address=address)
            service_events().info("service.ready", model=chosen.model, replicas=plan.first)
            stopped.wait()
    service_events().info("service.stopped")


def application_of(settings: ServiceSettings, plan: ReplicaPlan) -> Any:  # noqa: ANN401 - of Ray
    """Return what Ray Serve deploys, over a store that is named as one that replicas share.

    Raises:
        ContradictionError: for a store that they cannot share.
    """
    chosen = replace(settings, store=shared_store(settings.store, default_store()))
    replica = Documents.replica_class(_builder(chosen), state_of)
    return Documents.replica_application(plan, replica)


def _listening(settings: ServiceSettings, plan: ReplicaPlan) -> tuple[str, int, str]:
    """Return the host, the port and the address; of this machine, an address that is free."""
    if plan.address:
        port = settings.port or 8000
        return settings.host, port, f"http://{settings.host}:{port}"
    sockets = listen_on(settings.host, settings.port)
    try:
        host, port = sockets[0].getsockname()[:2]
        return host, port, address_of(sockets[0])
    finally:
        for one in sockets:
            one.close()


def _builder(settings: ServiceSettings) -> Callable[[], Any]:
    def build() -> Any:  # noqa: ANN401 - an ASGI application
        from tempo.interfaces.http.app import create_app  # noqa: PLC0415 - where the replica is

        app = create_app(settings)
        app.add_middleware(NamedByProxy)
        return app

    return build


class NamedByProxy:
    """Leaves a request's id out of the answer: Ray's proxy adds the same once more."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand before an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and its answer without the header."""

        async def passed(message: Message) -> None:
            if message["type"] == "http.response.start":
                del MutableHeaders(scope=message)[HEADER]
            await send(message)

        await self._app(scope, receive, passed)


def state_of(app: Any) -> str:  # noqa: ANN401 - an ASGI application
    """Return whether an application serves: `ok`, `loading`, or why it never will.

    One that has as many runs as it takes is well: it says so to who asks for another.
    """
    service = app.state.service
    if service.failure is not None:
        return str(service.failure) or type(service.failure).__name__
    return "ok" if service.is_loaded else "loading"


def _signalled() -> Flag:
    """Return what is set by the signals that end a service."""
    stopped = Flag()
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, lambda *_: stopped.set())
    return stopped
