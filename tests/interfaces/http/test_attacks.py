"""What was tried against a service as a user starts it, and must not work."""

import pytest

from tests.interfaces.http.conftest import serving

SECRET = "my secret prompt"


@pytest.mark.parametrize(
    ("place", "body"),
    [
        ("/generate", [{"prompt": SECRET}]),
        ("/generate", {"prompt": [SECRET]}),
        ("/generate", {"prompt": {"text": SECRET}}),
        ("/generate", {"prompt": "x", "system_content": [SECRET]}),
        ("/api/v1/runs", {"prompt": [SECRET]}),
        ("/v1/completions", {"model": "scripted", "prompt": [SECRET, "another"]}),
        ("/v1/chat/completions", {"model": "scripted", "messages": [{"text": SECRET}]}),
        ("/v1/chat/completions", {"model": "scripted", "messages": SECRET}),
        ("/v1/completions", {"model": "scripted", "prompt": "x", "suffix": SECRET}),
    ],
)
def test_an_error_does_not_repeat_the_prompt(client, place, body):
    answer = client.post(place, json=body)
    assert answer.status_code == 422
    assert "secret" not in answer.text


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", None])
def test_a_body_of_another_type_is_told_which_and_not_repeated(client, kind):
    headers = {} if kind is None else {"Content-Type": kind}
    content = b'{"prompt": "my secret prompt"}'
    answer = client.post("/generate", content=content, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["error"]["message"] == (
        "the body is no JSON document; send one, with Content-Type: application/json"
    )


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("evil.example", 403),
        ("evil.example:8000", 403),
        ("127.0.0.1.evil.example", 403),
        ("192.0.2.1", 403),
        ("[2001:db8::1]:8000", 403),
        ("localhost", 200),
        ("LOCALHOST:8000", 200),
        ("tempo.localhost:8000", 200),
        ("127.0.0.1:8000", 200),
        ("[::1]:8000", 200),
        ("testserver", 200),
    ],
)
def test_a_page_elsewhere_whose_name_leads_here_is_not_answered(client, host, status):
    """A name of another's may be made to mean 127.0.0.1; a browser then takes us for that site."""
    answer = client.get("/api/v1/runs", headers={"Host": host})
    assert answer.status_code == status
    assert client.get("/health", headers={"Host": host}).status_code == 200


def test_with_a_token_or_for_everybody_any_name_will_do():
    with serving(allow_anonymous=True) as client:
        assert client.get("/api/v1/runs", headers={"Host": "tempo.example"}).status_code == 200
    with serving(api_token="t0ken") as client:
        headers = {"Host": "tempo.example", "Authorization": "Bearer t0ken"}
        assert client.get("/api/v1/runs", headers=headers).status_code == 200


@pytest.mark.parametrize("before", ["nan", "inf", "-inf"])
def test_a_moment_is_a_number(client, before):
    assert client.get("/api/v1/runs", params={"before": before}).status_code == 422


def test_the_bound_that_is_told_is_the_one_that_holds(client):
    body = {"model": "scripted", "prompt": " a", "temperature": 3}
    assert "2" in client.post("/v1/completions", json=body).json()["error"]["message"]
    body = {"prompt": " a", "temperature": 0}
    message = client.post("/generate", json=body).json()["error"]["message"]
    assert message == "temperature is 0; it must be a number, above 0"


def test_a_model_is_found_by_its_name_as_clients_ask_for_it(client):
    name = client.get("/v1/models").json()["data"][0]["id"]
    assert client.get(f"/v1/models/{name}").json()["id"] == name
    missing = client.get("/v1/models/gpt-4")
    assert (missing.status_code, missing.json()["error"]["kind"]) == (404, "model_not_found")
