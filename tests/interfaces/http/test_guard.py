"""What every request passes: its id, its token, its size, and the headers of its answer."""

import json
import logging

import pytest

from tempo.application.serving.service_settings import ServiceSettings, service_settings
from tempo.domain.errors import ContradictionError, InvalidValueError, UnknownSettingError
from tests.interfaces.http.conftest import serving

ASKED = {"prompt": "Once"}


def test_an_answer_carries_the_requests_id(client):
    assert client.get("/health", headers={"X-Request-ID": "mine-1"}).headers["x-request-id"] == (
        "mine-1"
    )


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, 'a"b'])
def test_what_is_no_id_is_replaced(client, given):
    told = client.get("/health", headers={"X-Request-ID": given}).headers["x-request-id"]
    assert told != given
    assert len(told) == 32


@pytest.mark.parametrize("path", ["/health", "/docs", "/nowhere"])
def test_every_answer_has_the_headers_that_keep_a_browser_safe(client, path):
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "access-control-allow-origin" not in headers


def test_a_place_that_is_not_there_is_an_error_in_the_one_shape(client):
    answer = client.get("/nowhere")
    assert answer.status_code == 404
    assert answer.json()["error"]["kind"] == "not_found"
    assert client.get("/generate").json()["error"]["kind"] == "method_not_allowed"


def test_the_documentation_needs_nothing_from_elsewhere(client):
    page = client.get("/docs")
    assert page.status_code == 200
    assert "http" not in page.text.replace("HTTP", "")
    for name in ("swagger-ui.css", "swagger-ui-bundle.js", "begin.js", "favicon.png"):
        assert f"docs/{name}" in page.text
        assert client.get(f"/docs/{name}").status_code == 200
    assert client.get("/docs/..%2Fsecret").status_code == 404


def test_a_body_over_its_bound_is_refused_whatever_length_it_claims():
    with serving(max_body_bytes=100) as client:
        large = json.dumps({"prompt": "x" * 100})
        assert client.post("/generate", content=large).status_code == 413
        pieces = (large[start : start + 10].encode() for start in range(0, len(large), 10))
        answer = client.post(
            "/generate", content=pieces, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code == 413
        assert answer.json()["error"]["kind"] == "too_large"


def test_with_a_token_every_request_for_work_needs_it():
    with serving(api_token="secret") as client:
        assert client.post("/generate", json=ASKED).status_code == 401
        wrong = {"Authorization": "Bearer wrong"}
        answer = client.post("/generate", json=ASKED, headers=wrong)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert "secret" not in answer.text
        right = {"Authorization": "Bearer secret"}
        assert client.post("/generate", json=ASKED, headers=right).status_code == 200
        assert client.get("/health").status_code == 200


def test_a_request_at_an_address_that_others_reach_is_refused_without_a_token():
    with serving() as client:
        client.base_url = "http://192.0.2.7"
        assert client.post("http://192.0.2.7/generate", json=ASKED).status_code == 403
        assert client.get("http://192.0.2.7/health").status_code == 200
    with serving(allow_anonymous=True) as client:
        assert client.post("http://192.0.2.7/generate", json=ASKED).status_code == 200


def test_a_fault_of_the_service_tells_nothing_of_its_inside():
    def broken(_):
        raise RuntimeError("/a/secret/path")

    with serving() as client:
        client.app.state.service.engine.container.generate = lambda: type(
            "Broken", (), {"start": staticmethod(broken)}
        )
        answer = client.post("/generate", json=ASKED)
        assert answer.status_code == 500
        assert answer.json()["error"]["kind"] == "internal"
        assert "secret" not in answer.text


def test_the_log_names_the_request_and_not_its_prompt(client, caplog):
    logging.getLogger("tempo.service").propagate = True
    with caplog.at_level(logging.INFO, "tempo.service"):
        answer = client.post("/generate", json={"prompt": "Once upon"})
    lines = [json.loads(record.getMessage()) for record in caplog.records]
    told = next(line for line in lines if line["event"] == "request.answered")
    assert told["request_id"] == answer.headers["x-request-id"]
    assert told["route"] == "/generate"
    assert "upon" not in caplog.text


def test_the_log_holds_prompts_where_that_is_asked_for(caplog):
    with serving(log_prompts=True) as client, caplog.at_level(logging.INFO, "tempo.service"):
        logging.getLogger("tempo.service").propagate = True
        client.post("/generate", json={"prompt": "Once upon"})
    assert "Once upon" in caplog.text


def test_pages_of_other_origins_may_call_where_they_are_named():
    origin = {"Origin": "http://localhost:5173"}
    with serving(cors_origins="http://localhost:5173") as client:
        headers = client.get("/health", headers=origin).headers
        assert headers["access-control-allow-origin"] == "http://localhost:5173"
        other = client.get("/health", headers={"Origin": "http://elsewhere"}).headers
        assert "access-control-allow-origin" not in other


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::", "example.org"])  # noqa: S104
def test_an_address_that_others_reach_needs_a_token(host):
    with pytest.raises(ContradictionError, match="TEMPO_API_TOKEN"):
        ServiceSettings(host=host)
    assert ServiceSettings(host=host, api_token="secret").host == host
    assert ServiceSettings(host=host, allow_anonymous=True).host == host


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.8.8.8"])
def test_this_machine_alone_needs_none(host):
    assert ServiceSettings(host=host).host == host


def test_settings_come_from_words_and_then_from_the_environment():
    environment = {"TEMPO_PORT": "9000", "TEMPO_MAX_STEPS": "7", "TEMPO_ALLOW_ANONYMOUS": "yes"}
    made = service_settings({"port": 9001, "model": None}, environment)
    assert (made.port, made.max_steps, made.allow_anonymous) == (9001, 7, True)


@pytest.mark.parametrize(
    ("given", "environment", "error"),
    [
        ({"prot": 1}, {}, UnknownSettingError),
        ({}, {"TEMPO_PORT": "many"}, InvalidValueError),
        ({}, {"TEMPO_ALLOW_ANONYMOUS": "perhaps"}, InvalidValueError),
        ({"max_steps": 0}, {}, InvalidValueError),
        ({"run_seconds": float("nan")}, {}, InvalidValueError),
        ({"cors_origins": "*"}, {}, InvalidValueError),
        ({"cors_origins": "http://one.example,foo"}, {}, InvalidValueError),
        ({"cors_origins": "http://one.example/"}, {}, InvalidValueError),
    ],
)
def test_wrong_settings_are_refused(given, environment, error):
    with pytest.raises(error):
        service_settings(given, environment)
