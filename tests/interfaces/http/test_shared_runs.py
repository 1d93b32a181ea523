"""Two services over one store, as clients meet them: a run of the one is a run of the other."""

from contextlib import contextmanager

import pytest

from tests.interfaces.http.conftest import serving, slow_engine, until
from tests.interfaces.http.test_forks import WIDE, asked_fork, shown, steps_of
from tests.interfaces.http.test_runs import LONG, RUNS, begun, events_of
from tests.interfaces.scripted_engine import scripted_engine

STEPS = {**LONG, "max_steps": 60, "min_steps": 50, "detach": True}
"""About half a second."""


@pytest.fixture
def store(tmp_path):
    return f"sqlite:///{tmp_path}/runs.sqlite3"


def replica(store, engine=None, **settings):
    return serving(engine or slow_engine(), store=store, lease_seconds=1.0, **settings)


@contextmanager
def two(store):
    with replica(store) as one, replica(store) as other:
        yield one, other


def die(client):
    """Let nothing of a service come to the store any more, as if its process were gone."""
    service = client.app.state.service
    service._keeper.stop()
    service._keeper = None
    store = service.registry._shared
    store._leases.locked = lambda *_: set()
    store.let_go = lambda _: None


def told(event):
    """What an event says, without when and where."""
    passing = {"t_ms", "wall_ms", "run_id", "request_id", "seq"}
    return {name: value for name, value in event.items() if name not in passing}


def lasting(events):
    return [told(event) for event in events if event["type"] != "run.stats"]


def test_a_run_is_found_followed_and_listed_elsewhere_while_it_is_under_way(store):
    with two(store) as (one, other):
        run = begun(one, **STEPS)
        place = f"{RUNS}/{run['run_id']}"
        assert other.get(place).json()["state"] in {"queued", "running"}
        assert until(lambda: other.get(place).json()["state"] == "running")
        followed = events_of(other, run)
        assert shown(other, run)["state"] == "finished"
        assert shown(other, run) == shown(one, run)
        assert followed == shown(one, run)["events"] == events_of(one, run)
        assert [one["run_id"] for one in other.get(RUNS).json()["runs"]] == [run["run_id"]]
        assert other.get(run["events_url"], headers={"Last-Event-ID": "9999"}).status_code == 204


def test_a_run_is_cancelled_and_forked_elsewhere(store):
    with two(store) as (one, other):
        run = begun(one, **LONG, detach=True)
        steps = "step.appended"
        assert until(lambda: [e["type"] for e in shown(other, run)["events"]].count(steps) > 3)
        second = [e for e in shown(other, run)["events"] if e["type"] == steps][1]
        child = asked_fork(
            other, run, 1, second["candidates"][0]["id"], max_steps=4, detach=True
        ).json()
        answer = other.post(f"{RUNS}/{run['run_id']}/cancel")
        assert answer.status_code == 202
        assert until(lambda: shown(one, run)["state"] == "cancelled")
        assert len(shown(other, run)["result"]["steps"]) < 190
        assert until(lambda: shown(one, child)["state"] == "finished")
        assert shown(one, child)["continued_from"] == "prefill"
        assert [kid["run_id"] for kid in shown(one, run)["children"]] == [child["run_id"]]


@pytest.mark.parametrize("heard", [0, 10])
def test_a_stream_goes_on_elsewhere_when_its_replica_dies(store, heard):
    with two(store) as (one, other):
        whole = begun(other, **STEPS)
        undisturbed = events_of(other, whole)
        run = begun(one, **STEPS)
        assert until(lambda: len(shown(one, run)["events"]) > heard)
        before = shown(one, run)["events"]
        die(one)
        after = events_of(other, run, before[-1]["seq"])
        both = before + after
        assert [event["seq"] for event in both] == list(range(len(both)))
        assert lasting(both)[1:] == lasting(undisturbed)[1:]
        assert until(lambda: shown(other, run)["result"] is not None)
        ended = shown(other, run)
        assert ended["state"] == "finished"
        assert ended["result"]["clean_text"] == shown(other, whole)["result"]["clean_text"]
        assert steps_of(ended) == steps_of(shown(other, whole))
        assert ended["events"] == both


def test_a_fork_goes_on_elsewhere_when_its_replica_dies(store):
    with two(store) as (one, other):
        run = begun(other, **WIDE, detach=True)
        assert until(lambda: shown(other, run)["result"] is not None)
        token = shown(other, run)["result"]["steps"][2]["considered"][1]["token_id"]
        more = {"max_steps": 50, "detach": True}
        whole = asked_fork(other, run, 2, token, **more).json()
        undisturbed = events_of(other, whole)
        child = asked_fork(one, run, 2, token, **more).json()
        assert until(lambda: len(shown(one, child)["events"]) > 5)
        die(one)
        events = events_of(other, child)
        assert until(lambda: shown(other, child)["result"] is not None)
        assert shown(other, child)["state"] == "finished"
        assert lasting(events)[1:] == lasting(undisturbed)[1:]


def test_a_replica_that_stops_hands_its_runs_over(store):
    with replica(store, max_concurrent_runs=1) as other:
        with replica(store, max_concurrent_runs=1, stop_seconds=0.1) as one:
            runs = [begun(one, **STEPS) for _ in range(2)]
            assert until(lambda: len(shown(one, runs[0])["events"]) > 5)
        for run in runs:
            assert events_of(other, run)[-1]["reason"] == "max_steps"
            assert until(lambda run=run: shown(other, run)["state"] == "finished")


def test_a_run_that_another_model_cannot_go_on_with_is_interrupted(store):
    with replica(store, scripted_engine()) as other, replica(store) as one:
        run = begun(one, **STEPS)
        assert until(lambda: len(shown(one, run)["events"]) > 5)
        die(one)
        assert until(lambda: shown(other, run)["state"] == "interrupted")
        last = shown(other, run)["events"][-1]
        assert (last["type"], last["code"]) == ("run.error", "interrupted")
        assert "event 0 (run.started) differs" in last["message"]


def test_a_restart_goes_on_with_what_was_under_way(store):
    with replica(store) as one:
        run = begun(one, **STEPS)
        assert until(lambda: len(shown(one, run)["events"]) > 5)
        die(one)
    with replica(store) as again:
        assert events_of(again, run)[-1]["type"] == "run.finished"


def test_who_listens_elsewhere_keeps_a_run_going(store):
    with (
        replica(store, grace_seconds=0.5) as one,
        replica(store, grace_seconds=0.5) as other,
    ):
        run = begun(one, **{**LONG, "max_steps": 150, "min_steps": 150})
        assert events_of(other, run)[-1]["reason"] == "max_steps"
        unheard = begun(one, **LONG)
        assert until(lambda: shown(other, unheard)["state"] == "cancelled")


def test_no_more_listen_elsewhere_than_may(store):
    with replica(store) as one, replica(store, max_listeners=1) as other:
        run = begun(one, **LONG, detach=True)
        assert until(lambda: shown(other, run)["events"])
        registry = other.app.state.service.registry
        registry.log(run["run_id"])
        leave = registry.listen(run["run_id"])
        assert other.get(run["events_url"]).status_code == 429
        leave()
