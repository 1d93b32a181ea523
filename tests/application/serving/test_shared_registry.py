"""Runs that outlive the replica that does them: nobody hears anything twice, or misses it."""

from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from threading import Event as Flag

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.application.serving.admission import Admission, Capacity
from tempo.application.serving.registry import Retention
from tempo.application.serving.run_store import KeptRun
from tempo.application.serving.runner import Runner
from tempo.application.serving.served_run import RunState, ServedRun, Work
from tempo.application.serving.shared_registry import MOST_CLAIMS, SharedRegistry
from tempo.domain.errors import InvalidValueError, RunNotFoundError, UnavailableError
from tests.fakes.shared_run_store import FakeSharedRunStore, Memory

LEASE = 10.0
KEPT = KeptRun("run", RunState.QUEUED, 0.0, None, {"prompt": "p"})


class Time:
    """Seconds that a test lets go by."""

    now = 0.0

    def __call__(self):
        return self.now


class Alone:
    """Passes that nobody shares."""

    def together(self, joining):
        return [_done(asking) for asking in joining]

    @contextmanager
    def serving(self):
        yield lambda run: run.result()


def _done(asking):
    future = Future()
    try:
        future.set_result(list(asking))
    except Exception as error:  # why: as those who share passes do  # noqa: BLE001
        future.set_exception(error)
    return future


class Told:
    """A decoding whose events are the documents that are told of it, and whose result is all."""

    def __init__(self, events, passes=lambda _: None):
        self._events = events
        self._passes = passes
        self.result = []

    def unfolding(self):
        for number, event in enumerate(self._events):
            self._passes(number)
            if event["type"] != "run.stats":
                self.result.append(event["text"])
            yield event

    def close(self):
        pass


def work(events, passes=lambda _: None):
    def last(state, outcome):
        if state.is_failure:
            code = "interrupted" if state is RunState.INTERRUPTED else "failed"
            return ({"type": "run.error", "code": code, "message": str(outcome)},)
        return ({"type": "run.finished", "reason": "eos", "text": str(outcome)},)

    return Work(1, lambda: Told(events, passes), " ".join, tell=lambda event: (event,), last=last)


class Replica:
    """One of several, over what they share."""

    def __init__(self, memory, appends_left=None, **more):
        self.store = FakeSharedRunStore(memory, LEASE)
        if appends_left is not None:
            self.store.appends_left = appends_left
        clock = memory.clock
        self.registry = SharedRegistry(self.store, Retention(1e9, 100, 1e9, 3), clock)
        self.runner = Runner(Alone(), Admission(Capacity(4, 9, more.get("queue", 9))), 9.0)
        self.runner.start()

    def begin(self, events, passes=lambda _: None, name="run"):
        run = ServedRun(name, work(events, passes), detached=True)
        self.registry.begin(self.runner, run, {"prompt": "p"})
        return run

    def adopt(self, events, passes=lambda _: None):
        """Take over what another left, and return the run."""
        made = []

        def revived(kept, told):
            made.append(ServedRun(kept.name, work(events, passes), detached=True, told=told))
            return made[-1]

        self.registry.adopt(self.runner, revived)
        return made[0] if made else None

    def ended(self, run):
        run.done.exception(10)
        assert self.registry._entries[run.name].settled.wait(10)
        return self

    def stop(self):
        self.runner.stop(1.0)


@contextmanager
def replicas(count, **more):
    memory = Memory(Time())
    made = [Replica(memory, **more) for _ in range(count)]
    try:
        yield memory.clock, made
    finally:
        for one in made:
            one.stop()


def bare(event):
    """What an event says, without when."""
    return {name: value for name, value in event.items() if name not in {"v", "t_ms"}}


def step(text):
    return {"type": "step.appended", "text": text, "p": 0.25}


STATS = {"type": "run.stats", "tok_s": 1.0}


def with_stats(events, places):
    """The same events with figures of the moment among them."""
    told = list(events)
    for place in sorted(places, reverse=True):
        told.insert(min(place, len(events)), STATS)
    return told


# The law -----------------------------------------------------------------------------------------

places = st.lists(st.integers(0, 8), max_size=3)


@given(
    texts=st.lists(st.text("ab", max_size=3), min_size=1, max_size=8),
    lives=st.lists(st.integers(0, 12), max_size=MOST_CLAIMS),
    figures=st.lists(places, min_size=MOST_CLAIMS + 1, max_size=MOST_CLAIMS + 1),
)
def test_whatever_the_moments_replicas_die_at_every_event_is_told_once_and_the_answer_is_the_same(
    texts, lives, figures
):
    steps = [step(text) for text in texts]
    memory, heard = Memory(Time()), []

    def hear(replica):
        """Read on behind what was read, as with Last-Event-ID."""
        heard.extend(bare(one) for one in replica.registry.log("run").after(len(heard) - 1))

    made = []
    for number, life in enumerate([*lives, None]):
        replica = Replica(memory, life)
        made.append(replica)
        told = with_stats(steps, figures[number])
        run = replica.begin(told) if number == 0 else replica.adopt(told)
        if run is not None:
            run.done.result(10)
            replica.ended(run)
        hear(replica)
        memory.clock.now += LEASE + 1.0
    expected = [*steps, {"type": "run.finished", "reason": "eos", "text": " ".join(texts)}]
    assert [one["seq"] for one in heard] == list(range(len(heard)))
    said = [{name: one[name] for name in one if name != "seq"} for one in heard]
    assert [one for one in said if one["type"] != "run.stats"] == expected
    kept = made[-1].registry.find("run")
    assert (kept.state, kept.answer) == (RunState.FINISHED, " ".join(texts))
    assert memory.rows["run"].events == made[-1].store.events("run")
    for one in made:
        one.stop()


# Death -------------------------------------------------------------------------------------------


def test_what_was_not_written_was_not_told():
    with replicas(1, appends_left=2) as (_, (one,)):
        run = one.begin([step("a"), step("b"), step("c")])
        one.ended(run)
        log = one.registry.log("run")
        assert [event["text"] for event in log.after(-1)] == ["a", "b"]
        assert (len(log), log.ended) == (2, False)


def test_a_run_is_adopted_only_once_its_lease_has_ended():
    with replicas(2) as (clock, (one, other)):
        goes_on = Flag()
        run = one.begin([step("a")], lambda _: goes_on.wait(10))
        clock.now += 0.9 * LEASE
        one.registry.renew()
        clock.now += 0.9 * LEASE
        assert other.adopt([step("a")]) is None
        clock.now += 0.2 * LEASE
        adopted = other.adopt([step("a")])
        other.ended(adopted)
        assert other.registry.find("run").answer == "a"
        one.registry.tend(one.runner)  # it lives, and finds that the run is no longer its own
        goes_on.set()
        run.done.exception(10)
        assert one.registry.find("run") == other.store.find("run")
        assert [event["type"] for event in one.registry.log("run").after(-1)] == [
            "step.appended",
            "run.finished",
        ]


def test_a_run_that_comes_back_to_a_replica_unnoticed_is_told_by_its_new_decoding_alone():
    with replicas(2) as (clock, (one, other)):
        goes_on = Flag()
        texts = [step("a"), step("b")]
        run = one.begin(texts, lambda number: goes_on.wait(10) if number else None)
        clock.now += 2 * LEASE
        assert other.store.claim() is not None
        clock.now += 2 * LEASE
        adopted = one.adopt(texts)
        assert run.log.is_left
        one.ended(adopted)
        goes_on.set()
        run.done.exception(10)
        told = one.registry.log("run").after(-1)
        assert list(told) == one.store.events("run")
        assert [event["seq"] for event in told] == [0, 1, 2]


def test_a_run_whose_events_cannot_be_read_is_left_to_others(monkeypatch):
    def unavailable(name):
        raise UnavailableError("the database does not answer")

    with replicas(2) as (clock, (one, other)):
        goes_on = Flag()
        one.begin([step("a")], lambda _: goes_on.wait(10))
        clock.now += 2 * LEASE
        with monkeypatch.context() as broken:
            broken.setattr(other.store, "events", unavailable)
            with pytest.raises(UnavailableError):
                other.adopt([step("a")])
        other.registry.renew()
        assert other.store.claim() is not None
        goes_on.set()


def test_times_go_on_behind_those_that_were_told():
    with replicas(2) as (clock, (one, other)):
        one.store.appends_left = 1
        one.ended(one.begin([step("a"), step("b")]))
        one.store.memory.rows["run"].events[0]["t_ms"] = 5000.0
        clock.now += 2 * LEASE
        other.ended(other.adopt([step("a"), step("b")]))
        times = [event["t_ms"] for event in other.registry.log("run").after(-1)]
        assert times[0] == 5000.0
        assert 5000.0 <= times[1] < 15_000.0


def test_a_replay_that_says_something_else_ends_the_run_as_interrupted():
    with replicas(2) as (clock, (one, other)):
        one.store.appends_left = 2
        one.ended(one.begin([step("a"), step("b"), step("c")]))
        clock.now += 2 * LEASE
        run = other.adopt([step("a"), step("B"), step("c")])
        other.ended(run)
        kept = other.registry.find("run")
        assert kept.state is RunState.INTERRUPTED
        told = other.registry.log("run").after(-1)
        assert [event["type"] for event in told] == ["step.appended", "step.appended", "run.error"]
        assert told[-1]["code"] == "interrupted"
        assert told[-1]["message"] == (
            "the replica that did the run is gone, and what another decoded in its place is not "
            "what was told: event 1 (step.appended) differs; what was told until then is here, "
            "and asking again begins a new run"
        )


@pytest.mark.parametrize(
    ("now", "state"),
    [
        ({**step("a"), "p": 0.2501}, RunState.FINISHED),
        ({**step("a"), "p": 0.26}, RunState.INTERRUPTED),
        ({**step("a"), "p": None}, RunState.INTERRUPTED),
        ({**step("a"), "more": 1}, RunState.INTERRUPTED),
        ({"type": "step.appended", "text": "a"}, RunState.INTERRUPTED),
    ],
)
def test_a_replay_agrees_where_only_rounding_differs(now, state):
    with replicas(2) as (clock, (one, other)):
        one.store.appends_left = 1
        one.ended(one.begin([step("a"), step("b")]))
        clock.now += 2 * LEASE
        other.ended(other.adopt([now, step("b")]))
        assert other.registry.find("run").state is state


def test_a_replay_that_ends_before_what_was_told_does_not_agree():
    with replicas(2) as (clock, (one, other)):
        one.store.appends_left = 2
        one.ended(one.begin([step("a"), step("b"), step("c")]))
        clock.now += 2 * LEASE
        other.ended(other.adopt([step("a")]))
        assert other.registry.find("run").state is RunState.INTERRUPTED


def test_a_replay_that_fails_has_failed():
    def failing(number):
        if number == 1:
            message = "no memory"
            raise InvalidValueError(message)

    with replicas(2) as (clock, (one, other)):
        one.store.appends_left = 2
        one.ended(one.begin([step("a"), step("b"), step("c")]))
        clock.now += 2 * LEASE
        other.ended(other.adopt([step("a"), step("b")], failing))
        assert other.registry.find("run").state is RunState.FAILED
        told = other.registry.log("run").after(-1)
        assert [one.get("message") for one in told] == [None, None, "no memory"]


def test_a_run_whose_answer_alone_was_lost_gets_it_and_tells_nothing_more():
    with replicas(2) as (clock, (one, other)):
        one.ended(one.begin([step("a")]))
        row = one.store.memory.rows["run"]
        row.run = replace(row.run, state=RunState.QUEUED, ended_at=None, answer=None)
        before = list(row.events)
        clock.now += 2 * LEASE
        other.ended(other.adopt([step("a")]))
        assert other.registry.find("run").answer == "a"
        assert row.events == before


@pytest.mark.parametrize(
    ("last", "state"),
    [
        ({"type": "run.finished", "reason": "cancelled", "text": ""}, RunState.CANCELLED),
        ({"type": "run.error", "code": "timeout"}, RunState.FAILED),
    ],
)
def test_a_run_that_told_another_end_is_not_decoded_anew(last, state):
    with replicas(1) as (clock, (one,)):
        dead = FakeSharedRunStore(one.store.memory, LEASE)
        dead.begin(KEPT)
        dead.append("run", {"seq": 0, **last})
        clock.now += 2 * LEASE
        assert one.adopt([step("a")]) is None
        assert one.registry.find("run").state is state
        assert len(one.registry.log("run").after(-1)) == 1


def test_a_run_that_all_replicas_died_of_is_left_alone():
    memory = Memory(Time())
    dying = [Replica(memory, 1) for _ in range(MOST_CLAIMS + 1)]
    dying[0].ended(dying[0].begin([step("a"), step("b")]))
    for one in dying[1:]:
        memory.clock.now += 2 * LEASE
        one.store.appends_left = 0
        one.ended(one.adopt([step("a"), step("b")]))
    memory.clock.now += 2 * LEASE
    last = Replica(memory)
    assert last.adopt([step("a"), step("b")]) is None
    assert last.registry.find("run").state is RunState.INTERRUPTED
    assert last.registry.log("run").after(-1)[-1]["message"] == (
        "the run was under way in each of 4 replicas as they ended, and is not tried again"
    )
    for one in (*dying, last):
        one.stop()


def test_a_run_that_cannot_be_decoded_anew_is_interrupted_with_the_reason():
    def refused(kept, told):
        message = "the parent is gone"
        raise RunNotFoundError(message)

    with replicas(2) as (clock, (one, other)):
        one.store.appends_left = 1
        one.ended(one.begin([step("a"), step("b")]))
        clock.now += 2 * LEASE
        assert other.registry.adopt(other.runner, refused) == "run"
        told = other.registry.log("run").after(-1)
        assert told[-1]["message"].endswith("could not be decoded anew: the parent is gone")
        assert other.registry.find("run").state is RunState.INTERRUPTED


# Stopping ----------------------------------------------------------------------------------------


def test_a_replica_that_stops_leaves_its_runs_to_others_at_once():
    with replicas(1) as (_, (other,)):
        one, goes_on = Replica(other.store.memory), Flag()
        run = one.begin([step("a"), step("b")], lambda number: number == 0 or goes_on.wait(10))
        while not one.store.events("run"):
            pass
        one.registry.stop_adopting()

        def leave(run):
            one.registry.leave(run)
            goes_on.set()

        one.runner.stop(0.05, leave)
        assert run.log.is_left
        assert [event["text"] for event in one.store.events("run")] == ["a"]
        other.ended(other.adopt([step("a"), step("b")]))
        assert other.registry.find("run").answer == "a b"


def test_a_replica_that_stops_or_is_full_adopts_nothing():
    with replicas(2) as (clock, (one, other)):
        one.store.appends_left = 0
        one.ended(one.begin([step("a")]))
        clock.now += 2 * LEASE
        other.registry.stop_adopting()
        assert other.adopt([step("a")]) is None
        full = Replica(one.store.memory, queue=1)
        goes_on = Flag()
        waiting = [
            full.begin([step("a")], lambda _: goes_on.wait(10), name=f"run{number}")
            for number in range(5)
        ]
        assert full.adopt([step("a")]) is None
        goes_on.set()
        for run in waiting:
            full.ended(run)
        full.ended(full.adopt([step("a")]))
        full.stop()


def test_a_run_that_a_replica_has_no_room_for_is_left_to_the_next():
    with replicas(2) as (clock, (one, other)):
        one.store.appends_left = 0
        one.ended(one.begin([step("a")]))
        clock.now += 2 * LEASE
        stopping = Replica(one.store.memory)
        stopping.runner.stop(0.0)
        stopping.adopt([step("a")])
        assert "run" not in stopping.registry._entries
        other.ended(other.adopt([step("a")]))
        assert other.registry.find("run").answer == "a"


# Runs of other replicas --------------------------------------------------------------------------


def test_a_run_is_cancelled_followed_and_found_from_another_replica():
    with replicas(2) as (_, (one, other)):
        goes_on = Flag()
        run = one.begin([step("a"), step("b")], lambda number: number == 0 or goes_on.wait(10))
        leave = other.registry.log("run") and other.registry.listen("run")
        log = other.registry.log("run")
        while not one.store.events("run"):
            pass
        woken = []
        log.listen(lambda: woken.append(len(log)))
        other.registry.tend(other.runner)
        assert [event["text"] for event in log.after(-1)] == ["a"]
        assert woken == [1]
        assert not log.ended
        assert other.registry.find("run").state is RunState.RUNNING
        other.registry.renew()
        assert one.store.held()["run"].heard_before == 0.0
        assert other.registry.cancel(other.runner, "run").state is RunState.RUNNING
        one.registry.tend(one.runner)
        goes_on.set()
        one.ended(run)
        other.registry.tend(other.runner)
        assert log.ended
        assert len(log) == len(one.store.events("run"))
        assert other.registry.find("run").state is RunState.CANCELLED
        leave()


def test_a_run_that_is_cancelled_while_it_is_decoded_anew_tells_all_that_was_told():
    with replicas(2) as (clock, (one, other)):
        one.store.appends_left = 1
        one.ended(one.begin([step("a"), step("b")]))
        clock.now += 2 * LEASE
        arrived, goes_on = Flag(), Flag()

        def passes(number):
            if number == 0:
                arrived.set()
                goes_on.wait(10)
            if number == 1:
                other.registry.tend(other.runner)

        run = other.adopt([step("a"), step("b"), step("c")], passes)
        arrived.wait(10)
        other.registry.cancel(other.runner, "run")
        other.registry.tend(other.runner)
        assert not run.is_cancelled()
        goes_on.set()
        other.ended(run)
        kept = other.registry.find("run")
        assert (kept.state, kept.answer) == (RunState.CANCELLED, "a b")


def test_a_run_that_somebody_listens_to_elsewhere_goes_on():
    memory = Memory(Time())
    retention = Retention(5.0, 100, 1e9, 3)
    one, other = Replica(memory), Replica(memory)
    for replica in (one, other):
        replica.registry._retention = retention
    goes_on = Flag()
    run = ServedRun("run", work([step("a")], lambda _: goes_on.wait(10)))
    one.registry.begin(one.runner, run, {})
    other.registry.log("run")
    leave = other.registry.listen("run")
    for _ in range(4):
        memory.clock.now += 4.0
        for replica in (one, other):
            replica.registry.renew()
            replica.registry.tend(replica.runner)
        one.registry.sweep(one.runner)
    assert not run.is_cancelled()
    leave()
    for _ in range(2):
        memory.clock.now += 4.0
        for replica in (one, other):
            replica.registry.renew()
            replica.registry.tend(replica.runner)
        one.registry.sweep(one.runner)
    assert run.is_cancelled()
    goes_on.set()
    for replica in (one, other):
        replica.stop()


def test_what_has_ended_is_leased_no_longer():
    with replicas(1) as (_, (one,)):
        one.ended(one.begin([step("a")]))
        assert set(one.store.held()) == {"run"}
        one.registry.sweep(one.runner)
        assert one.store.held() == {}
        assert one.registry.find("run").answer == "a"


def test_a_store_that_does_not_answer_begins_no_run():
    with replicas(1) as (_, (one,)):

        def silent(_):
            message = "the store of runs takes nothing at present; try again in a few seconds"
            raise UnavailableError(message)

        one.store.begin = silent
        with pytest.raises(UnavailableError):
            one.begin([step("a")])
        assert one.registry._entries == {}
