"""`tempo serve --engine ray` as a user starts it: two replicas, one of which is killed at work."""

import json
import os
import signal
import sqlite3
from pathlib import Path

import httpx
import pytest

from tests.integration.served import served
from tests.interfaces.http.conftest import until

RUNS = "/api/v1/runs"
ASKED = {
    "prompt": "Once upon a time there was a little fox who",
    "max_steps": 150,
    "min_steps": 150,
    "threshold": 0.05,
    "max_width": 4,
    "detach": True,
}
PASSING = {"t_ms", "wall_ms", "run_id", "request_id", "seq"}
ENDED = 60.0
"""Seconds for a run and its lease, on a machine that others use too."""


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """Two replicas over one file, and a client of theirs."""
    store = tmp_path_factory.mktemp("replicas") / "runs.sqlite3"
    # Short: the paths of sockets lie beneath it.
    options = ["--engine", "ray", "--replicas", "2", "--replica-cpus", "0.5"]
    lease = ["--lease-seconds", "2", "--stop-seconds", "4"]
    environment = {**os.environ, "TEMPO_STORE": str(store), "RAY_DEDUP_LOGS": "0"}
    with (
        served(*options, *lease, env=environment) as process,
        httpx.Client(base_url=process.address, timeout=ENDED) as client,
    ):
        yield client, store
    assert until(lambda: not replicas(store)), "replicas are left"


def replicas(store):
    """The processes that serve over a store, by their ids."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            name = (place / "cmdline").read_bytes()
            environment = (place / "environ").read_bytes()
        except OSError:
            continue
        if (
            name.startswith(b"ray::ServeReplica:tempo:service")
            and str(store).encode() in environment
        ):
            found.append(int(place.name))
    return found


def owner(store, run):
    """The process that does a run."""
    connection = sqlite3.connect(store, timeout=10)
    try:
        query = "SELECT owner FROM leases WHERE run = ?"
        return int(connection.execute(query, (run["run_id"],)).fetchone()[0].split("/")[1])
    finally:
        connection.close()


def follow(client, run, after=None):
    """Yield a run's events behind one as they come; a stream that was cut off ends."""
    headers = {} if after is None else {"Last-Event-ID": str(after)}
    try:
        with client.stream("GET", run["events_url"], headers=headers) as answer:
            if answer.status_code != 200:
                return
            for line in answer.iter_lines():
                if line.startswith("data: "):
                    yield json.loads(line[6:])
    except httpx.RemoteProtocolError:
        return


def lasting(events):
    """What events say, without when; figures of the moment are left out."""
    return [
        {name: value for name, value in event.items() if name not in PASSING}
        for event in events
        if event["type"] != "run.stats"
    ]


def answer_of(client, run):
    found = {}

    def answered():
        found.update(client.get(f"{RUNS}/{run['run_id']}").json())
        return found["result"] is not None

    assert until(answered, ENDED)
    return found


def test_a_stream_goes_on_when_the_replica_that_does_the_run_is_killed(service):
    client, store = service
    assert len(replicas(store)) == 2
    whole = client.post(RUNS, json=ASKED).json()
    undisturbed = list(follow(client, whole))
    run = client.post(RUNS, json=ASKED).json()
    heard = []
    stream = follow(client, run)
    for event in stream:
        heard.append(event)
        if len(heard) == 20:
            break
    killed = owner(store, run)
    os.kill(killed, signal.SIGKILL)
    heard += stream  # whatever still comes of the stream that was open

    def came_back():
        heard.extend(follow(client, run, heard[-1]["seq"]))
        return heard[-1]["type"] == "run.finished"

    assert until(came_back, ENDED)
    assert [event["seq"] for event in heard] == list(range(len(heard)))
    assert lasting(heard)[1:] == lasting(undisturbed)[1:]
    assert owner(store, run) != killed
    ended, expected = answer_of(client, run), answer_of(client, whole)
    assert ended["state"] == "finished"
    assert ended["result"]["clean_text"] == expected["result"]["clean_text"]
    assert ended["result"]["steps"] == expected["result"]["steps"]
    assert ended["events"] == heard


def test_events_come_one_by_one_and_a_request_has_one_name(service):
    client, store = service
    assert until(lambda: len(replicas(store)) == 2, ENDED)
    run = client.post(RUNS, json=ASKED).json()
    stream = follow(client, run)
    first = next(stream)
    assert first["type"] == "run.started"
    assert client.get(f"{RUNS}/{run['run_id']}").json()["state"] == "running"
    assert client.post(f"{RUNS}/{run['run_id']}/cancel").status_code == 202
    assert list(stream)[-1]["reason"] == "cancelled"
    answer = client.get("/ready", headers={"X-Request-ID": "mine"})
    assert (answer.status_code, answer.headers["x-request-id"]) == (200, "mine")
