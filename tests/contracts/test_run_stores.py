"""What every store of runs must do, of one process or shared."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from math import inf

import pytest
from sqlalchemy import delete, update

from tempo.application.serving.run_store import KeptRun
from tempo.application.serving.served_run import RunState
from tempo.application.serving.shared_store import Progress
from tempo.domain.errors import InvalidValueError, OutputError, UnavailableError
from tempo.infrastructure.documents import Documents
from tempo.infrastructure.serving.shared.database import opened
from tempo.infrastructure.serving.shared.database_run_store import DatabaseRunStore
from tempo.infrastructure.serving.shared.tables import LEASES, METADATA, RUNS
from tempo.infrastructure.serving.sqlite_run_store import SqliteRunStore
from tests.fakes.shared_run_store import FakeSharedRunStore, Memory
from tests.interfaces.http.conftest import until
from tests.postgres import postgres_server

pytestmark = pytest.mark.xdist_group("postgres")


def kept(name, state=RunState.QUEUED, at=1.0):
    ended = at + 1.0 if state.is_over else None
    answer = {"clean_text": name, "score": -0.5} if state.is_over else None
    return KeptRun(name, state, at, ended, {"prompt": "\x00é " + name}, answer)


def event(number, **more):
    return {"v": 1, "seq": number, "type": "step.appended", "text": "\x00é", **more}


@pytest.fixture(scope="session")
def postgres():
    with postgres_server() as url:
        yield url


class Place:
    """Where several replicas keep their runs, and what passes for time there."""

    def __init__(self, open_store, age):
        self._open, self._age = open_store, age
        self._opened = []

    def replica(self, **options):
        self._opened.append(self._open(**options))
        return self._opened[-1]

    def age(self, name, seconds):
        """Let so many seconds go by for a run's lease."""
        self._age(name, seconds)

    def close(self):
        for store in self._opened:
            store.close()


def database_place(url):
    def aged(name, seconds):
        with opened(url).writing() as connection:
            lease = update(LEASES).where(LEASES.c.run == name)
            earlier = {one: LEASES.c[one] - seconds for one in ("until", "heard_at")}
            connection.execute(lease.values(earlier))

    with opened(url).writing() as connection:
        connection.execute(delete(RUNS))
    return Place(lambda seconds=10.0, **more: DatabaseRunStore(opened(url), seconds, **more), aged)


def fake_place():
    memory = Memory()

    def aged(name, seconds):
        lease = memory.rows[name].lease
        lease.until -= seconds
        lease.heard_at -= seconds

    return Place(lambda seconds=10.0: FakeSharedRunStore(memory, seconds), aged)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def place(request, tmp_path):
    if request.param == "memory":
        made = fake_place()
    elif request.param == "sqlite":
        made = database_place(f"sqlite:///{tmp_path}/runs.sqlite3")
    else:
        made = database_place(request.getfixturevalue("postgres"))
    yield made
    made.close()


class Begun:
    """A store of one process, whose runs begin by being saved."""

    def __init__(self, path):
        self._store = SqliteRunStore(path)
        self.begin = self._store.save

    def __getattr__(self, name):
        return getattr(self._store, name)


@pytest.fixture(params=["alone", "memory", "sqlite", "postgresql"])
def store(request, tmp_path):
    """One process's view of any store."""
    if request.param == "alone":
        made = Begun(str(tmp_path / "runs.sqlite3"))
        yield made
        made.close()
        return
    if request.param == "memory":
        place = fake_place()
    elif request.param == "sqlite":
        place = database_place(f"sqlite:///{tmp_path}/runs.sqlite3")
    else:
        place = database_place(request.getfixturevalue("postgres"))
    yield place.replica()
    place.close()


# Any store ---------------------------------------------------------------------------------------


def test_what_was_written_is_read_at_once(store):
    store.begin(kept("one"))
    assert store.find("one") == kept("one")
    assert store.find("two") is None
    told = [event(0), event(1)]
    for one in told:
        store.append("one", one)
    assert store.events("one") == told
    ended = kept("one", RunState.FINISHED)
    store.save(ended)
    assert store.find("one") == ended
    assert [run.answer for run in store.listing(10, None)] == [None]
    assert store.holds("one")


def test_an_event_is_written_once(store):
    store.begin(kept("one"))
    store.append("one", event(0))
    store.append("one", event(0))
    assert store.events("one") == [event(0)]


def test_the_newest_ended_runs_are_kept_and_those_under_way(store):
    for number in range(5):
        run = kept(f"run{number}", RunState.FINISHED, at=float(number))
        store.begin(replace(run, state=RunState.QUEUED, ended_at=None, answer=None))
        store.append(run.name, event(0))
        store.save(run)
    store.begin(kept("going", at=0.0))
    store.flush()
    store.retain(3, since=4.0)
    assert [run.name for run in store.listing(10, None)] == ["run4", "run3", "going"]
    assert store.events("run0") == []
    assert store.events("run4") == [event(0)]


def test_runs_are_listed_newest_first_and_children_oldest_first(store):
    for at in (3.0, 1.0, 2.0):
        parent = {"run_id": "run1.0", "step": 0, "token_id": 7} if at > 1.0 else None
        store.begin(replace(kept(f"run{at}", at=at), parent=parent))
    assert [run.name for run in store.listing(2, None)] == ["run3.0", "run2.0"]
    assert [run.name for run in store.listing(9, 3.0)] == ["run2.0", "run1.0"]
    assert [run.name for run in store.children("run1.0")] == ["run2.0", "run3.0"]
    assert store.children("run1.0")[0].parent == {"run_id": "run1.0", "step": 0, "token_id": 7}


def test_a_run_that_is_dropped_is_gone_with_its_events(store):
    store.begin(kept("one"))
    store.append("one", event(0))
    store.drop("one")
    assert store.flush()
    assert (store.find("one"), store.events("one"), store.listing(9, None)) == (None, [], [])


# Shared stores -----------------------------------------------------------------------------------


def test_a_run_is_there_for_all_as_soon_as_it_has_begun(place):
    one, other = place.replica(), place.replica()
    one.begin(kept("run"))
    assert other.find("run") == kept("run")
    assert other.progress({"run": -1, "none": -1})["run"].events == []
    assert "none" not in other.progress({"run": -1, "none": -1})


def test_others_read_an_event_once_it_is_written_and_know_that_the_run_has_begun(place):
    one, other = place.replica(), place.replica()
    one.begin(kept("run"))
    written = []
    one.append("run", event(0), lambda: written.append(other.events("run")))
    one.append("run", event(1), lambda: written.append(other.events("run")))
    one.flush()
    assert until(lambda: len(written) == 2)
    assert written[0][0] == event(0)
    assert written[1] == [event(0), event(1)]
    assert other.find("run").state is RunState.RUNNING
    assert other.progress({"run": 0})["run"] == Progress(is_over=False, events=[event(1)])
    one.save(kept("run", RunState.FINISHED))
    one.flush()
    assert other.progress({"run": 1})["run"] == Progress(is_over=True, events=[])


def test_only_a_run_whose_lease_has_ended_is_claimed_and_by_one_replica(place):
    one, other, third = place.replica(), place.replica(), place.replica()
    one.begin(kept("run"))
    assert other.claim() is None
    place.age("run", 9.0)
    one.renew()
    place.age("run", 9.0)
    assert other.claim() is None
    place.age("run", 9.0)
    claim = other.claim()
    assert (claim.run, claim.claims) == (kept("run"), 1)
    assert third.claim() is None
    place.age("run", 99.0)
    assert third.claim().claims == 2


def test_a_replica_that_is_late_claims_nothing_that_it_does_itself(place):
    one, other = place.replica(), place.replica()
    one.begin(kept("run"))
    place.age("run", 99.0)
    assert one.claim() is None
    one.renew()
    assert other.claim() is None
    place.age("run", 99.0)
    assert other.claim().claims == 1
    place.age("run", 99.0)
    assert one.claim().claims == 2  # the other died meanwhile, and all of it went unnoticed


def test_who_lost_a_run_knows_it_and_writes_nothing_of_it_any_more(place):
    one, other = place.replica(), place.replica()
    one.begin(kept("run"))
    one.append("run", event(0))
    one.flush()
    assert set(one.held()) == {"run"}
    place.age("run", 99.0)
    other.claim()
    written = []
    one.append("run", event(1, by="one"), lambda: written.append(1))
    one.save(kept("run", RunState.FAILED))
    one.drop("run")
    one.flush()
    assert one.held() == {}
    one.append("run", event(1, by="one"), lambda: written.append(1))
    one.renew()
    one.let_go("run")
    one.flush()
    assert written == []
    assert other.claim() is None
    assert set(other.held()) == {"run"}
    other.append("run", event(1, by="other"))
    assert other.events("run") == [event(0), event(1, by="other")]
    assert other.find("run").state is RunState.RUNNING


def test_a_run_that_is_let_go_is_claimed_at_once_and_an_ended_one_never(place):
    one, other = place.replica(), place.replica()
    for name in ("first", "second", "over"):
        one.begin(kept(name, at={"first": 1.0, "second": 2.0, "over": 0.0}[name]))
    one.save(kept("over", RunState.FINISHED))
    for name in ("second", "first", "over"):
        one.let_go(name)
    assert [other.claim().run.name for _ in range(2)] == ["first", "second"]
    assert other.claim() is None


def test_a_wish_to_stop_and_a_listener_elsewhere_reach_who_does_the_run(place):
    one, other = place.replica(), place.replica()
    one.begin(kept("run"))
    assert not one.held()["run"].is_asked_to_stop
    assert one.held()["run"].heard_before == inf
    other.ask_to_stop("run")
    other.hear(["run"])
    place.age("run", 5.0)
    held = one.held()["run"]
    assert held.is_asked_to_stop
    assert 5.0 <= held.heard_before < 9.0
    place.age("run", 99.0)
    other.claim()
    assert other.held()["run"].is_asked_to_stop


def test_however_many_claim_at_once_each_run_is_claimed_once(place):
    one, others = place.replica(), [place.replica() for _ in range(4)]
    names = [f"run{number}" for number in range(12)]
    for name in names:
        one.begin(kept(name))
        one.let_go(name)

    def claimed(replica):
        found = []
        while (claim := replica.claim()) is not None:
            found.append(claim.run.name)
        return found

    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(claimed, others))
    left = claimed(one)  # a replica that met the others' claims may have come away empty
    assert sorted([*left, *(name for found in taken for name in found)]) == sorted(names)
    for replica, found in zip(others, taken, strict=True):
        assert set(replica.held()) == set(found)


def test_a_database_whose_connections_break_is_connected_to_again(postgres):
    place = database_place(postgres)
    store, told = place.replica(), []
    store.begin(kept("run"))
    with opened(postgres).writing() as connection:
        others = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        )
        connection.exec_driver_sql(f"{others} AND application_name = 'tempo'")
    store.append("run", event(0), lambda: told.append(0))
    assert until(lambda: store.flush() and told == [0])
    assert store.events("run") == [event(0)]
    assert set(store.held()) == {"run"}
    place.close()


def test_a_database_that_does_not_answer_is_told_as_such(tmp_path):
    told = []
    store = DatabaseRunStore(opened(f"sqlite:///{tmp_path}/runs.sqlite3"), 10.0, told.append)
    store.begin(kept("run"))
    METADATA.drop_all(store._database.engine)
    for ask in (
        lambda: store.find("run"),
        lambda: store.events("run"),
        lambda: store.progress({"run": -1}),
        store.held,
    ):
        with pytest.raises(UnavailableError, match="the store of runs does not answer; try again"):
            ask()
    for change in (lambda: store.begin(kept("two")), store.renew, store.claim):
        with pytest.raises(UnavailableError, match="the store of runs takes nothing at present"):
            change()
    store.append("run", event(0))
    assert store.flush() is False
    assert store.is_failing
    assert not store.holds("run")
    assert "no such table" in told[0]
    store.close()


@pytest.mark.parametrize("shared", [False, True])
def test_a_file_of_one_process_and_a_shared_file_are_the_same(tmp_path, shared):
    path, url = str(tmp_path / "runs.sqlite3"), f"sqlite:///{tmp_path}/runs.sqlite3"
    alone, together = (lambda: Begun(path)), (lambda: DatabaseRunStore(opened(url), 10.0))
    first, second = (together, alone) if shared else (alone, together)
    written = first()
    written.begin(kept("run"))
    written.append("run", event(0))
    written.save(kept("run", RunState.FINISHED))
    written.close()
    read = second()
    assert read.find("run") == kept("run", RunState.FINISHED)
    assert read.events("run") == [event(0)]
    assert read.children("run") == []
    read.close()


def test_a_run_that_a_service_of_one_process_left_under_way_is_claimed(tmp_path):
    alone = Begun(str(tmp_path / "runs.sqlite3"))
    alone.begin(kept("left"))
    alone.append("left", event(0))
    alone.close()
    place = database_place_of(f"sqlite:///{tmp_path}/runs.sqlite3")
    assert place.claim().run.name == "left"
    assert place.claim() is None
    place.close()


def database_place_of(url):
    return DatabaseRunStore(opened(url), 10.0)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("sqlite:////proc/none/runs.sqlite3", r"/proc/none.*--store"),
        ("postgresql://me:secret@127.0.0.1:1/db", r"runs cannot be kept in .*--store"),
        ("postgresql://me:secret@127.0.0.1:1/db", r"^(?!.*secret)"),
    ],
)
def test_a_database_that_cannot_be_opened_is_one_sentence(url, reason):
    with pytest.raises(OutputError, match=reason) as raised:
        Documents.shared_run_store(url, 10.0)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("url", ["mysql://host/db", "http://host", "sqlite://"])
def test_a_database_of_another_kind_is_refused(url):
    with pytest.raises(InvalidValueError, match="postgresql://"):
        Documents.shared_run_store(url, 10.0)
