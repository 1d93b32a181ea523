"""What `/metrics` shows, and the rate limit."""

import pytest

from tempo.application.serving.service_settings import ServiceSettings
from tempo.domain.errors import InvalidValueError
from tempo.interfaces.http.app import create_app
from tests.interfaces.http.conftest import serving


def metric(client, name):
    """The value of one line; its labels belong to the name."""
    for line in client.get("/metrics").text.splitlines():
        if line.startswith(f"{name} "):
            return float(line.split()[-1])
    return None


def test_requests_runs_steps_and_rows_are_counted():
    with serving() as client:
        assert metric(client, "tempo_cache_rows_budget") == 32768
        client.post("/generate", json={"prompt": "Once"})
        client.post("/generate", json={"prompt": " "})
        route = 'method="POST",route="/generate"'
        assert metric(client, f'tempo_requests_total{{code="200",{route}}}') == 1
        assert metric(client, f'tempo_requests_total{{code="422",{route}}}') == 1
        assert metric(client, 'tempo_runs_total{state="finished"}') == 1
        assert metric(client, "tempo_steps_total") == 5
        assert metric(client, "tempo_tokens_total") == metric(client, "tempo_step_width_sum") >= 5
        assert metric(client, "tempo_step_width_sum") == 6
        assert metric(client, "tempo_first_token_seconds_count") == 1
        for idle in ("queue_length", "active_runs", "cache_rows", "cache_rows_reserved"):
            assert metric(client, f"tempo_{idle}") == 0


def test_a_failed_run_is_counted_by_its_kind():
    with serving(run_seconds=0.0) as client:
        client.post("/generate", json={"prompt": "Once"})
        assert metric(client, 'tempo_errors_total{kind="timeout"}') == 1


def test_a_client_over_its_rate_is_told_when_to_come_back():
    with serving(rate_limit="2/hour") as client:
        for _ in range(2):
            assert client.post("/generate", json={"prompt": "Once"}).status_code == 200
        answer = client.post("/generate", json={"prompt": "Once"})
        assert answer.status_code == 429
        assert 3500 < int(answer.headers["retry-after"]) <= 3600
        assert client.get("/health").status_code == 200


def test_a_rate_that_is_none_is_refused():
    with pytest.raises(InvalidValueError, match="600/minute"):
        create_app(ServiceSettings(rate_limit="many"))
