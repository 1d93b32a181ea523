"""Runs in a file: found again after a restart, marked where they were cut off, kept so long."""

from dataclasses import replace

import pytest

from tempo.application.serving.run_store import KeptRun
from tempo.application.serving.served_run import RunState
from tempo.domain.errors import OutputError
from tempo.infrastructure.serving.sqlite_run_store import SqliteRunStore
from tests.interfaces.http.conftest import serving, until

RUNS = "/api/v1/runs"


def kept(name, state=RunState.FINISHED, at=1.0):
    ended = at + 1.0 if state.is_over else None
    return KeptRun(name, state, at, ended, {"prompt": name}, {"clean_text": name})


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "data" / "runs.sqlite3")


def test_a_run_is_found_again_after_a_restart_and_replayed(path):
    with serving(store=path) as client:
        run = client.post(RUNS, json={"prompt": "Once"}).json()
        place = f"{RUNS}/{run['run_id']}"
        assert until(lambda: client.get(place).json()["result"] is not None)
        before = client.get(place).json()
        stream = client.get(run["events_url"]).text
    with serving(store=path) as client:
        assert client.get(place).json() == before
        assert client.get(run["events_url"]).text == stream
        assert [one["run_id"] for one in client.get(RUNS).json()["runs"]] == [run["run_id"]]
        taken = before["result"]["steps"][0]["kept"][0]["token_id"]
        fork = client.post(f"{place}/fork", json={"step": 0, "token_id": taken})
        assert fork.status_code == 202


def test_a_run_that_was_cut_off_is_marked_and_holds_what_was_written(path):
    store = SqliteRunStore(path)
    store.save(kept("a" * 32, RunState.RUNNING))
    store.append("a" * 32, {"v": 1, "seq": 0, "t_ms": 0.1, "type": "run.started"})
    store.flush()
    store.close()
    with serving(store=path) as client:
        shown = client.get(f"{RUNS}/{'a' * 32}").json()
    assert shown["state"] == "interrupted"
    assert [event["type"] for event in shown["events"]] == ["run.started", "run.error"]
    assert shown["events"][-1]["code"] == "interrupted"


@pytest.mark.parametrize(
    ("last", "state"),
    [
        ({"type": "run.finished", "reason": "eos"}, "finished"),
        ({"type": "run.finished", "reason": "cancelled"}, "cancelled"),
        ({"type": "run.error", "code": "timeout"}, "failed"),
    ],
)
def test_a_run_whose_last_event_was_written_before_the_cut_has_no_second_one(path, last, state):
    store = SqliteRunStore(path)
    store.save(replace(kept("a" * 32, RunState.RUNNING), answer=None))
    store.append("a" * 32, {"v": 1, "seq": 0, "t_ms": 0.1, **last})
    store.close()
    with serving(store=path) as client:
        shown = client.get(f"{RUNS}/{'a' * 32}").json()
    assert (shown["state"], shown["result"]) == (state, None)
    assert [event["type"] for event in shown["events"]] == [last["type"]]
    assert shown["ended_at"] is not None


def test_the_newest_ended_runs_are_kept_and_those_under_way(path):
    store = SqliteRunStore(path)
    for number in range(5):
        store.save(kept(f"run{number}", at=float(number)))
        store.append(f"run{number}", {"seq": 0})
    store.save(kept("going", RunState.RUNNING, at=0.0))
    store.retain(3, since=4.0)
    assert [run.name for run in store.listing(10, None)] == ["run4", "run3", "going"]
    assert store.events("run0") == []
    assert store.events("run4") == [{"seq": 0}]
    store.close()


def test_what_was_written_is_read_at_once(path):
    store = SqliteRunStore(path)
    store.save(kept("one"))
    assert store.find("one") == kept("one")
    assert store.find("two") is None
    assert store.listing(10, None)[0].answer is None
    store.close()


def test_a_file_that_is_no_database_is_refused(tmp_path):
    place = tmp_path / "text"
    place.write_text("not a database, but long enough to be looked at as one" * 20)
    with pytest.raises(OutputError, match="--store"):
        SqliteRunStore(str(place))


def test_where_nothing_can_be_written_runs_go_on_and_the_failure_is_told(path):
    told = []
    store = SqliteRunStore(path, told.append)
    store._connection.execute("PRAGMA query_only = ON")
    store.save(kept("one"))
    assert store.flush() is False
    assert not store.holds("one")
    assert "readonly" in told[0]
    store._connection.execute("PRAGMA query_only = OFF")
    store.save(kept("two"))
    assert store.flush() is True
    assert store.find("one") == kept("one")
    assert len(told) == 2
    assert told[1] is None
    store.close()
