"""Whether the service says truly that it lives, and that it takes work."""

from threading import Event

from starlette.testclient import TestClient

from tempo.application.serving.service_settings import ServiceSettings
from tempo.domain.errors import ModelNotFoundError
from tempo.interfaces.http.app import create_app
from tests.interfaces.http.conftest import until
from tests.interfaces.scripted_engine import scripted_engine


def test_it_is_live_at_once_and_ready_once_the_model_is_there():
    there = Event()

    def load():
        there.wait(10)
        return scripted_engine()

    with TestClient(create_app(ServiceSettings(store=":memory:"), load)) as client:
        assert client.get("/health").json() == {"status": "ok"}
        waiting = client.get("/ready")
        assert (waiting.status_code, waiting.json()) == (503, {"status": "loading"})
        refused = client.post("/generate", json={"prompt": "Once"})
        assert refused.status_code == 503
        assert refused.json()["error"]["kind"] == "unavailable"
        there.set()
        assert until(lambda: client.get("/ready").status_code == 200)


def test_a_model_that_cannot_be_loaded_is_told():
    told = []

    def load():
        raise ModelNotFoundError("there is no such model")

    app = create_app(ServiceSettings(store=":memory:"), load, told.append)
    with TestClient(app) as client:
        assert until(lambda: client.get("/ready").json() == {"status": "failed"})
        assert [str(error) for error in told] == ["there is no such model"]
        assert "no such model" not in client.post("/generate", json={"prompt": "Once"}).text
