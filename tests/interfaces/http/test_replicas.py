"""What a replica says of its health, and what it leaves to the proxy before it."""

from types import SimpleNamespace

from starlette.testclient import TestClient

from tempo.application.serving.service_settings import ServiceSettings
from tempo.domain.errors import ModelNotFoundError
from tempo.interfaces.http.app import create_app
from tempo.interfaces.http.replicas import NamedByProxy, state_of
from tests.interfaces.scripted_engine import scripted_engine


def state(**service):
    whole = {"failure": None, "is_loaded": True, **service}
    app = SimpleNamespace(state=SimpleNamespace(service=SimpleNamespace(**whole)))
    return state_of(app)


def test_a_replica_is_well_once_its_model_is_loaded():
    assert state() == "ok"
    assert state(is_overloaded=True) == "ok"
    assert state(is_loaded=False) == "loading"
    failure = ModelNotFoundError("there is no folder '/nowhere'")
    assert state(is_loaded=False, failure=failure) == "there is no folder '/nowhere'"
    assert state(is_loaded=False, failure=KeyError()) == "KeyError"


def test_the_proxy_alone_names_a_request():
    app = create_app(ServiceSettings(store=":memory:"), scripted_engine)
    with TestClient(app) as client:
        assert "x-request-id" in client.get("/health").headers
    app = create_app(ServiceSettings(store=":memory:"), scripted_engine)
    app.add_middleware(NamedByProxy)
    with TestClient(app) as client:
        answer = client.get("/health")
        assert answer.status_code == 200
        assert "x-request-id" not in answer.headers
