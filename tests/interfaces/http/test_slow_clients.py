"""Clients that read slowly, or not at all: they hold nothing, and nobody waits for them."""

import asyncio
import json
import re
import socket
import time
from urllib.parse import urlsplit

import httpx
import pytest

from tempo.application.serving.event_log import EventLog
from tempo.interfaces.http.event_stream import FellBehindError, follow
from tempo.interfaces.http.patient_stream import PatientStream
from tests.interfaces.http.conftest import SlowBackend, slow_engine, until
from tests.interfaces.http.loopback import loopback
from tests.interfaces.http.test_metrics import metric
from tests.interfaces.http.test_runs import LONG, RUNS
from tests.interfaces.scripted_engine import FOREVER, scripted_engine

SMALL = 4096
"""Bytes of a socket's buffer, so that few events fill it."""


async def taken(events, count):
    return [(await anext(events))["seq"] for _ in range(count)]


def test_a_listener_that_falls_behind_is_let_go_and_resumes_where_it_was():
    async def listened():
        log = EventLog()
        for _ in range(3):
            log.append({})
        slow = follow(log, most=2)
        seen = await taken(slow, 3)
        for _ in range(2):
            log.append({})
        seen += await taken(slow, 1)
        for _ in range(3):
            log.append({})
        with pytest.raises(FellBehindError, match="no more than 2"):
            await anext(slow)
        again = follow(log, after=seen[-1], most=2)
        log.end()
        return seen, [event["seq"] async for event in again]

    seen, rest = asyncio.run(listened())
    assert seen == [0, 1, 2, 3]
    assert rest == [4, 5, 6, 7]


def test_what_was_told_before_a_listener_came_does_not_count():
    async def listened():
        log = EventLog([{"seq": number} for number in range(100)])
        return [event["seq"] async for event in follow(log, most=1)]

    assert asyncio.run(listened()) == list(range(100))


def test_a_listener_that_catches_up_in_time_stays():
    async def listened():
        log = EventLog()
        events, seen = follow(log, most=2), []
        for _ in range(50):
            log.append({})
            log.append({})
            seen += await taken(events, 2)
        return seen

    assert asyncio.run(listened()) == list(range(100))


def connected(address, path, receive=SMALL):
    """A connection with a small buffer, through which a GET was sent, and nothing read."""
    parts = urlsplit(address)
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
    connection.connect((parts.hostname, parts.port))
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    connection.settimeout(60)
    return connection


class Brisk(SlowBackend):
    seconds = 0.002


def test_a_client_that_fell_behind_is_disconnected_and_comes_back_for_the_rest():
    asked = {**LONG, "max_steps": 600, "min_steps": 590}
    with (
        loopback(
            scripted_engine(FOREVER, backend=Brisk(FOREVER, 1024)),
            send_buffer=SMALL,
            max_backlog=5,
            max_steps=600,
        ) as (address, app),
        httpx.Client(base_url=address) as client,
    ):
        run = client.post(RUNS, json=asked).json()
        connection = connected(address, run["events_url"])
        service = app.state.service
        assert until(service.registry.log(run["run_id"]).__len__)
        log = service.registry.log(run["run_id"])
        assert until(lambda: len(log) > 1000)
        received, end = b"", time.monotonic() + 60
        while not received.endswith(b"0\r\n\r\n") and time.monotonic() < end:
            received += connection.recv(65536)
        connection.close()
        numbers = [int(found) for found in re.findall(rb"\nid: (\d+)\n", received)]
        assert numbers == list(range(len(numbers)))
        assert "run.finished" not in received.decode()
        assert metric(client, "tempo_slow_clients_total") == 1
        assert until(lambda: log.ended)
        headers = {"Last-Event-ID": str(numbers[-1])}
        with client.stream("GET", run["events_url"], headers=headers) as answer:
            rest = [json.loads(x[6:]) for x in answer.iter_lines() if x.startswith("data: ")]
        assert [one["seq"] for one in rest] == list(range(len(numbers), len(log)))
        assert rest[-1]["type"] == "run.finished"


def test_a_client_that_reads_a_byte_at_a_time_holds_neither_the_run_nor_the_others():
    asked = {**LONG, "max_steps": 20_000, "min_steps": 19_000, "max_width": 4}
    endless = scripted_engine(FOREVER, backend=SlowBackend(FOREVER, 100_000))
    bounds = {"max_steps": 20_000, "max_cache_rows": 1 << 20, "send_seconds": 1.0}
    with (
        loopback(endless, send_buffer=SMALL, grace_seconds=0.5, **bounds) as (address, app),
        httpx.Client(base_url=address, timeout=30) as client,
    ):
        run = client.post(RUNS, json=asked).json()
        connection = connected(address, run["events_url"])
        place = f"{RUNS}/{run['run_id']}"
        others = []
        end = time.monotonic() + 30
        while time.monotonic() < end:
            connection.recv(1)
            others.append(client.post("/generate", json={**LONG, "max_steps": 3, "min_steps": 0}))
            if client.get(place).json()["state"] != "running":
                break
            time.sleep(0.2)
        assert client.get(place).json()["state"] == "cancelled"
        assert {one.status_code for one in others} == {200}
        assert len({one.json()["clean_text"] for one in others}) == 1
        assert until(lambda: not app.state.service.runner.admission.under_way)
        server = app.state.server
        assert until(lambda: len(server.server_state.connections) <= 1, 20)
        connection.close()


def test_an_answer_that_nobody_reads_is_let_go_of():
    long = {"prompt": " a", "max_steps": 100, "lattice": True}
    with loopback(slow_engine(), send_buffer=SMALL, send_seconds=1.0) as (address, app):
        parts, body = urlsplit(address), json.dumps(long).encode()
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
        connection.connect((parts.hostname, parts.port))
        head = f"POST /generate HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n"
        connection.sendall(head.encode() + b"Content-Type: application/json\r\n\r\n" + body)
        server, metrics = app.state.server, app.state.metrics
        assert until(lambda: 'tempo_runs_total{state="finished"} 1.0' in shown(metrics), 20)
        assert until(lambda: not server.server_state.connections, 20)
        connection.close()


def shown(metrics):
    from prometheus_client import generate_latest

    return generate_latest(metrics.registry).decode()


def test_a_stream_that_nothing_can_be_sent_through_is_ended():
    ended, let_go = [], []

    async def content():
        try:
            yield b"one"
            yield b"two"
        finally:
            ended.append(True)

    async def stuck(message):
        if message.get("body"):
            await asyncio.Event().wait()

    async def sent():
        stream = PatientStream(content(), 0.05, lambda: let_go.append(True))
        await asyncio.wait_for(stream.stream_response(stuck), 10)
        return list(ended)

    assert asyncio.run(sent()) == let_go == [True]
