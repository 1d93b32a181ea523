"""The disk fills, so that SQLite itself says so: the service goes on, says so, recovers."""

import pytest

from tempo.application.serving.served_run import RunState
from tempo.infrastructure.serving import sqlite_run_store
from tempo.infrastructure.serving.sqlite_run_store import SqliteRunStore
from tests.interfaces.http.conftest import serving, until
from tests.interfaces.http.test_metrics import metric
from tests.interfaces.http.test_runs import RUNS, begun, events_of
from tests.interfaces.http.test_store import kept


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "runs.sqlite3")


def fill(store):
    """Leave the database no page more than it has."""
    store.flush()
    (pages,) = store._connection.execute("PRAGMA page_count").fetchone()
    store._connection.execute(f"PRAGMA max_page_count = {pages}")


def free(store):
    store._connection.execute("PRAGMA max_page_count = 1000000")


def store_of(client):
    return client.app.state.service.registry._store


def test_runs_go_on_while_the_disk_is_full_and_are_written_once_it_is_not(path, service_log):
    with serving(store=path) as client:
        first = begun(client)
        events_of(client, first)
        assert until(lambda: client.get(f"{RUNS}/{first['run_id']}").json()["result"] is not None)
        store = store_of(client)
        fill(store)
        assert metric(client, "tempo_store_writable") == 1
        runs = [begun(client, max_steps=4) for _ in range(12)]
        told = [events_of(client, run) for run in runs]
        assert {one[-1]["type"] for one in told} == {"run.finished"}
        assert not store.flush()
        places = [f"{RUNS}/{run['run_id']}" for run in runs]
        assert until(lambda: client.get(places[-1]).json()["result"] is not None)
        shown = [client.get(place).json() for place in places]
        assert [one["stored"] for one in shown].count(False) >= 10
        assert [one["events"] for one in shown] == told
        assert metric(client, "tempo_store_writable") == 0
        assert client.post("/generate", json={"prompt": "Once"}).status_code == 200
        assert client.get("/ready").status_code == 200
        listed = [one["run_id"] for one in client.get(RUNS).json()["runs"]]
        assert listed == [run["run_id"] for run in [first, *runs]][::-1]
        (line,) = service_log("store.failed")
        assert "database or disk is full" in line["reason"]
        free(store)
        assert until(lambda: metric(client, "tempo_store_writable") == 1)
        assert len(service_log("store.recovered")) == 1
        assert client.get(places[0]).json()["stored"]
    with serving(store=path) as client:
        assert [client.get(place).json()["events"] for place in places] == told


def test_what_waits_for_a_full_disk_is_bounded_and_the_oldest_run_is_given_up(path, monkeypatch):
    monkeypatch.setattr(sqlite_run_store, "MOST_UNWRITTEN", 20_000)
    store = SqliteRunStore(path)
    fill(store)
    for number in range(20):
        store.save(kept(f"run{number}"))
        store.append(f"run{number}", {"seq": 0, "text": "x" * 4000})
    assert store.flush() is False
    assert not any(store.holds(f"run{number}") for number in range(20))
    free(store)
    assert until(store.flush)
    held = [number for number in range(20) if store.holds(f"run{number}")]
    assert held == list(range(20 - len(held), 20))
    assert 2 <= len(held) <= 5
    store.append("run0", {"seq": 1})
    assert store.flush() is True
    assert store.find("run0") is None
    assert {run.name for run in store.listing(99, None)} == {f"run{one}" for one in held}
    store.drop("run0")
    store.save(kept("run0"))
    assert store.flush()
    assert store.holds("run0")
    store.close()


def test_what_waits_is_tried_again_although_nothing_more_comes(path):
    store = SqliteRunStore(path)
    fill(store)
    for number in range(200):
        store.save(kept(f"run{number}"))
    assert until(lambda: store.is_failing)
    free(store)
    assert until(lambda: not store.is_failing)
    store.close()


def test_one_statement_that_cannot_be_written_spoils_no_other(path):
    store = SqliteRunStore(path)
    store.append("nobody", {"seq": 0})
    store.save(kept("one"))
    assert store.flush() is True
    assert (store.holds("one"), store.holds("nobody")) == (True, False)
    assert store.find("one") is not None
    store.close()


def test_no_more_ended_runs_wait_in_memory_than_are_kept(path):
    with serving(store=path, retained_runs=3) as client:
        fill(store_of(client))
        runs = [begun(client, max_steps=4) for _ in range(12)]
        # A slow machine forgets the first run before the last has ended.
        held = client.app.state.service.registry._entries
        assert until(lambda: all(one.run.state.is_over for one in list(held.values())))
        assert until(lambda: len(held) <= 3)
        left = [run for run in runs if run["run_id"] in held]
        assert left == runs[-len(left) :]


def test_a_result_that_was_shown_is_on_the_disk(path):
    with serving(store=path) as client:
        run = begun(client)
        place = f"{RUNS}/{run['run_id']}"
        assert until(lambda: client.get(place).json()["result"] is not None)
        found = store_of(client)._connection.execute("SELECT answer FROM runs").fetchall()
        assert found[0][0] is not None
        assert client.get(place).json()["state"] == RunState.FINISHED


def test_a_second_service_does_not_take_over_the_runs_of_the_first(path):
    store = SqliteRunStore(path)
    with pytest.raises(sqlite_run_store.OutputError, match=r"another service .*--store"):
        SqliteRunStore(path)
    store.close()
    SqliteRunStore(path).close()
