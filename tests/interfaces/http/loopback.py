"""The service on a socket of this machine, as clients meet it."""

import threading
from contextlib import contextmanager

import uvicorn

from tempo.application.serving.service_settings import ServiceSettings
from tempo.interfaces.http.app import create_app
from tests.interfaces.http.conftest import until
from tests.interfaces.scripted_engine import scripted_engine


@contextmanager
def loopback(engine=None, **settings):
    """The address of a service, and its application."""
    settings.setdefault("store", ":memory:")
    app = create_app(ServiceSettings(**settings), lambda: engine or scripted_engine())
    config = uvicorn.Config(app, port=0, log_config=None, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        assert until(lambda: server.started and app.state.service.is_loaded)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}", app
    finally:
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive()
