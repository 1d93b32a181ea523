"""A service over a script: no model, and texts that can be written down."""

import json
import logging
import time
from contextlib import contextmanager

import pytest
from starlette.testclient import TestClient

from tempo.application.serving.service_settings import ServiceSettings
from tempo.infrastructure.logging import SERVICE
from tempo.infrastructure.scripted.backend import ScriptedBackend
from tempo.interfaces.http.app import create_app
from tests.interfaces.scripted_engine import FOREVER, scripted_engine


class SlowBackend(ScriptedBackend):
    """Takes its time for each pass, so that a run can be met under way."""

    seconds = 0.01

    def extend(self, batch):
        time.sleep(self.seconds)
        super().extend(batch)


def slow_engine():
    return scripted_engine(FOREVER, backend=SlowBackend(FOREVER, 1024))


def until(holds, seconds=60.0):
    """Wait for what other threads do, on a busy machine too; False if it does not come."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True


@contextmanager
def serving(engine=None, site=None, **settings):
    settings.setdefault("store", ":memory:")
    chosen = ServiceSettings(**settings)
    app = create_app(chosen, lambda: engine or scripted_engine(), site=site)
    with TestClient(app, raise_server_exceptions=False) as client:
        assert until(lambda: app.state.service.is_loaded)
        yield client


@pytest.fixture
def service_log():
    """What the service wrote into its log, by the event's name."""
    documents, logger = [], logging.getLogger(SERVICE)

    def keep(record):
        documents.append(json.loads(record.getMessage()))
        return True

    logger.addFilter(keep)
    yield lambda event: [one for one in documents if one["event"] == event]
    logger.removeFilter(keep)


@pytest.fixture(scope="module")
def client():
    with serving() as client:
        yield client
