"""The service on a socket of this machine, as clients meet it."""

import socket
import threading
from contextlib import contextmanager

import uvicorn

from tempo.application.serving.service_settings import ServiceSettings
from tempo.interfaces.http.app import create_app
from tempo.interfaces.http.listening import address_of, listen_on
from tests.interfaces.http.conftest import until
from tests.interfaces.scripted_engine import scripted_engine


@contextmanager
def loopback(engine=None, send_buffer=None, site=None, **settings):
    """The address of a service, and its application."""
    settings.setdefault("store", ":memory:")
    chosen = ServiceSettings(**{"port": 0, **settings})
    app = create_app(chosen, lambda: engine or scripted_engine(), site=site)
    config = uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=1)
    app.state.server = server = uvicorn.Server(config)
    sockets = listen_on(chosen.host, chosen.port, chosen.send_seconds)
    if send_buffer is not None:
        sockets[0].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)
    thread = threading.Thread(target=server.run, args=(sockets,), daemon=True)
    thread.start()
    try:
        assert until(lambda: server.started and app.state.service.is_loaded)
        yield address_of(sockets[0]), app
    finally:
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive()
