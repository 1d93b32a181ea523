"""Runs by name: begun, followed from any event, cancelled, forked, listed."""

import json
import time

import pytest

from tempo.infrastructure.serving.sqlite_run_store import SqliteRunStore
from tests.interfaces.http.conftest import serving, slow_engine, until

RUNS = "/api/v1/runs"
LONG = {"prompt": " a", "max_steps": 200, "threshold": 0.02, "stop_on": "all", "min_steps": 190}


def begun(client, **asked):
    answer = client.post(RUNS, json={"prompt": "Once", **asked})
    assert answer.status_code == 202, answer.text
    body = answer.json()
    assert answer.headers["location"] == f"{RUNS}/{body['run_id']}"
    assert body["events_url"] == f"{RUNS}/{body['run_id']}/events"
    return body


def events_of(client, run, after=None):
    headers = {} if after is None else {"Last-Event-ID": str(after)}
    with client.stream("GET", run["events_url"], headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = list(answer.iter_lines())
    found = [json.loads(line[6:]) for line in lines if line.startswith("data: ")]
    ids = [int(line[4:]) for line in lines if line.startswith("id: ")]
    assert ids == [event["seq"] for event in found]
    return found


def test_a_run_is_followed_from_its_first_event_to_its_last(client):
    run = begun(client)
    events = events_of(client, run)
    assert [event["seq"] for event in events] == list(range(len(events)))
    kinds = [event["type"] for event in events]
    assert kinds[0] == "run.started"
    assert kinds[-1] == "run.finished"
    assert kinds.count("step.appended") == 5
    assert events[-1]["text"] == " upon a park."
    assert events[-1]["reason"] == "eos"
    started = events[0]
    assert started["run_id"] == run["run_id"]
    assert [one["text"] for one in started["prompt"]["tokens"]] == ["Once"]
    third = [event for event in events if event["type"] == "step.appended"][2]
    assert [one["p"] for one in third["candidates"]] == [0.6, 0.4]
    assert (third["pos"], third["primary"]) == (3, 0)


def test_a_listener_comes_back_to_any_point_without_loss_or_repetition(client):
    run = begun(client)
    events = events_of(client, run)
    for after in range(-1, len(events) - 1):
        told = events_of(client, run, None if after < 0 else after)
        assert told == events[after + 1 :]


def test_whoever_has_read_the_end_finds_the_answer(monkeypatch):
    save = SqliteRunStore.save

    def slowly(store, kept):
        if kept.ended_at is not None:
            time.sleep(0.2)
        save(store, kept)

    monkeypatch.setattr(SqliteRunStore, "save", slowly)
    with serving() as client:
        run = begun(client)
        assert events_of(client, run)[-1]["type"] == "run.finished"
        shown = client.get(f"{RUNS}/{run['run_id']}").json()
    assert shown["state"] == "finished"
    assert shown["ended_at"] is not None
    assert shown["result"]["clean_text"] == " upon a park."


def test_a_listener_that_has_read_all_is_told_to_come_back_no_more(client):
    run = begun(client)
    last = len(events_of(client, run)) - 1
    for after in (last, last + 5):
        answer = client.get(run["events_url"], headers={"Last-Event-ID": str(after)})
        assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize("given", ["x", "-1", "1.5", "9" * 30])
def test_what_is_no_event_id_is_refused(client, given):
    run = begun(client)
    answer = client.get(run["events_url"], headers={"Last-Event-ID": given})
    assert answer.status_code == 422


def test_pruning_is_told_with_the_change_of_what_leads(client):
    run = begun(
        client, retroactive_pruning="posterior", posterior_floor=0.45, pruning_lag=1, max_steps=6
    )
    told = [event for event in events_of(client, run) if event["type"] == "candidates.pruned"]
    assert [(one["step"], one["effect"]) for one in told[0]["items"]] == [(2, "pruned")]
    assert told[0]["at_step"] == 3


def test_a_run_that_ended_is_shown_whole(client):
    run = begun(client)
    events = events_of(client, run)
    assert until(lambda: client.get(f"{RUNS}/{run['run_id']}").json()["result"] is not None)
    shown = client.get(f"{RUNS}/{run['run_id']}").json()
    assert shown["state"] == "finished"
    assert shown["events"] == events
    assert shown["request"] == {"prompt": "Once"}
    assert shown["result"]["clean_text"] == " upon a park."
    assert shown["result"]["lattice"] is None
    whole = client.get(f"{RUNS}/{run['run_id']}?lattice=true").json()
    assert whole["result"]["lattice"]["format"] == "tempo-lattice"


def test_runs_are_listed_newest_first_and_on_from_a_moment():
    with serving() as client:
        names = [begun(client)["run_id"] for _ in range(3)]
        first = client.get(RUNS, params={"limit": 2}).json()
        assert [run["run_id"] for run in first["runs"]] == names[:0:-1]
        rest = client.get(RUNS, params={"limit": 2, "before": first["before"]}).json()
        assert [run["run_id"] for run in rest["runs"]] == names[:1]
        assert rest["before"] is None


@pytest.mark.parametrize(
    ("method", "place"),
    [("GET", ""), ("GET", "/events"), ("POST", "/cancel"), ("POST", "/fork")],
)
def test_a_run_that_is_not_there_is_not_found(client, method, place):
    body = {"step": 0, "token_id": 1} if place == "/fork" else None
    answer = client.request(method, f"{RUNS}/{'0' * 32}{place}", json=body)
    assert answer.status_code == 404
    assert answer.json()["error"]["kind"] == "run_not_found"


def test_a_wrong_request_begins_no_run():
    with serving(max_cache_rows=50) as client:
        assert client.post(RUNS, json={"prompt": "Once"}).status_code == 422
        assert client.get(RUNS).json()["runs"] == []


def test_a_cancelled_run_keeps_what_it_decoded():
    with serving(slow_engine()) as client:
        run = begun(client, **LONG)
        place = f"{RUNS}/{run['run_id']}"
        assert until(lambda: len(client.get(place).json()["events"]) > 3)
        assert client.post(f"{place}/cancel").status_code == 202
        assert until(lambda: client.get(place).json()["state"] == "cancelled")
        events = events_of(client, run)
        assert events[-1]["type"] == "run.finished"
        assert events[-1]["reason"] == "cancelled"
        assert client.get(place).json()["result"]["steps"]
        assert client.post(f"{place}/cancel").json()["state"] == "cancelled"


def test_a_run_that_waits_is_cancelled_at_once():
    with serving(slow_engine(), max_concurrent_runs=1) as client:
        first, second = begun(client, **LONG), begun(client, **LONG)
        cancelled = client.post(f"{RUNS}/{second['run_id']}/cancel").json()
        assert cancelled["state"] == "cancelled"
        assert [event["type"] for event in events_of(client, second)] == ["run.finished"]
        assert client.get(f"{RUNS}/{first['run_id']}").json()["state"] == "running"
        client.post(f"{RUNS}/{first['run_id']}/cancel")


def test_a_full_queue_refuses_and_says_when_to_come_back():
    with serving(slow_engine(), max_concurrent_runs=1, max_queue=1) as client:
        runs = [begun(client, **LONG) for _ in range(2)]
        answer = client.post("/generate", json=LONG)
        assert answer.status_code == 429
        assert answer.json()["error"]["kind"] == "queue_full"
        assert int(answer.headers["retry-after"]) >= 1
        assert client.get("/ready").status_code == 503
        for run in runs:
            client.post(f"{RUNS}/{run['run_id']}/cancel")
        assert until(lambda: client.get("/ready").status_code == 200)


def test_a_run_that_nobody_listens_to_ends_and_a_detached_one_goes_on():
    with serving(slow_engine(), grace_seconds=0.0) as client:
        left, detached = begun(client, **LONG), begun(client, **LONG, detach=True)
        place = f"{RUNS}/{left['run_id']}"
        assert until(lambda: client.get(place).json()["state"] == "cancelled")
        assert client.get(f"{RUNS}/{detached['run_id']}").json()["state"] == "running"
        client.post(f"{RUNS}/{detached['run_id']}/cancel")


def test_every_setting_is_described_once(client):
    body = client.get("/api/v1/settings/schema").json()
    described = {one["name"]: one for one in body["settings"]}
    assert described["max_width"]["most"] == body["limits"]["max_width"] == 32
    assert described["selection_threshold"]["also"] == ["threshold"]
    assert body["limits"]["max_steps"] == 200
    assert client.get("/api/v1/models").json()["models"][0]["context"] == 1024
