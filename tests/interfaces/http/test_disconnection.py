"""Work stops when nobody listens: over real connections that are really closed."""

import json
import socket
import threading
import time
from urllib.parse import urlsplit

import httpx

from tests.interfaces.http.conftest import SlowBackend, slow_engine, until
from tests.interfaces.http.loopback import loopback
from tests.interfaces.scripted_engine import FOREVER, scripted_engine

LONG = {"prompt": " a", "max_steps": 200, "threshold": 0.02, "stop_on": "all", "min_steps": 190}


def asked(address, path, body):
    """A socket through which a request was sent, and nothing read."""
    parts, content = urlsplit(address), json.dumps(body).encode()
    connection = socket.create_connection((parts.hostname, parts.port))
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    connection.sendall(f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content)
    return connection


class CountingBackend(SlowBackend):
    passes = 0

    def extend(self, batch):
        CountingBackend.passes += 1
        super().extend(batch)


def test_closing_the_connection_ends_the_run_within_a_step():
    engine = scripted_engine(FOREVER, backend=CountingBackend(FOREVER, 1024))
    with loopback(engine) as (address, app):
        admission = app.state.service.runner.admission
        connection = asked(address, "/generate", LONG)
        assert until(lambda: CountingBackend.passes > 3)
        connection.close()
        passes = CountingBackend.passes
        assert until(lambda: not admission.under_way)
        assert CountingBackend.passes - passes <= 3
        assert admission.rows == 0


def test_closing_the_connection_while_the_prompt_is_read_ends_the_run_behind_it():
    reading, goes_on = threading.Event(), threading.Event()

    class Reading(SlowBackend):
        def open(self, prompt, rules):
            reading.set()
            goes_on.wait(10)
            return super().open(prompt, rules)

        def extend(self, batch):
            raise AssertionError("a step was decoded for nobody")

    engine = scripted_engine(FOREVER, backend=Reading(FOREVER, 1024))
    with loopback(engine) as (address, app):
        connection = asked(address, "/generate", LONG)
        assert reading.wait(10)
        run = app.state.service.runner.admission.under_way[0]
        connection.close()
        assert until(run.is_cancelled)
        goes_on.set()
        assert until(run.done.done)
        assert run.done.exception() is None or "nobody" not in str(run.done.exception())


def test_a_run_outlives_its_listener_for_the_grace_time_and_is_found_again():
    with loopback(slow_engine(), grace_seconds=30.0) as (address, _), httpx.Client() as client:
        run = client.post(f"{address}/api/v1/runs", json=LONG).json()
        place = address + run["events_url"]
        with client.stream("GET", place) as answer:
            lines = answer.iter_lines()
            seen = [line for line, _ in zip(lines, range(12), strict=False)]
        last = max(int(line[4:]) for line in seen if line.startswith("id: "))
        time.sleep(0.1)
        with client.stream("GET", place, headers={"Last-Event-ID": str(last)}) as answer:
            first = next(line for line in answer.iter_lines() if line.startswith("id: "))
        assert int(first[4:]) == last + 1
        state = client.get(f"{address}/api/v1/runs/{run['run_id']}").json()["state"]
        assert state in {"running", "finished"}


def test_a_run_whose_last_listener_left_is_cancelled_after_the_grace_time():
    with loopback(slow_engine(), grace_seconds=0.2) as (address, _), httpx.Client() as client:
        run = client.post(f"{address}/api/v1/runs", json=LONG).json()
        with client.stream("GET", address + run["events_url"]) as answer:
            next(answer.iter_lines())
        place = f"{address}/api/v1/runs/{run['run_id']}"
        assert until(lambda: client.get(place).json()["state"] == "cancelled")


def test_stopping_the_service_ends_what_runs_within_the_stated_time():
    began = time.monotonic()
    with loopback(slow_engine(), stop_seconds=0.5) as (address, app):
        with httpx.Client() as client:
            client.post(f"{address}/api/v1/runs", json={**LONG, "detach": True})
        run = app.state.service.runner.admission.under_way[0]
    assert run.done.done()
    assert time.monotonic() - began < 10
