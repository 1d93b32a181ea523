"""Runs of a service: how they end, and what is left of them."""

from concurrent.futures import Future
from contextlib import contextmanager

import pytest

from tempo.application.serving.admission import Admission, Capacity
from tempo.application.serving.runner import Runner
from tempo.application.serving.served_run import RunState, ServedRun, Work
from tempo.domain.errors import TimeLimitError
from tempo.domain.events import CandidatesPruned, RunFinished, RunStarted, StepAppended
from tempo.domain.stopping import FinishReason
from tests.strategies import candidate, lattice_step


class Alone:
    """Passes that nobody shares."""

    def together(self, joining):
        return [done(asking) for asking in joining]

    @contextmanager
    def serving(self):
        yield lambda run: run.result()


class Decoded:
    """Events of a run, each of which takes a second."""

    result = "so far"

    def __init__(self, seconds, events):
        self._seconds = seconds
        self._events = events

    def unfolding(self):
        for event in self._events:
            self._seconds[0] += 1.0
            yield event

    def close(self):
        pass


def done(asking):
    """Do a run that asks nothing."""
    future = Future()
    try:
        future.set_result(list(asking))
    except Exception as error:  # why: as those who share passes do  # noqa: BLE001
        future.set_exception(error)
    return future


def ended(events, run_seconds, part=str.upper):
    seconds = [0.0]
    runner = Runner(Alone(), Admission(Capacity(1, 9, 9)), run_seconds, clock=lambda: seconds[0])
    runner.start()
    work = Work(1, lambda: Decoded(seconds, events), str, part=part)
    run = ServedRun("name", work)
    runner.submit(run)
    error = run.done.exception(10)
    runner.stop(1.0)
    return run, error


EVENTS = [RunStarted((1,), 2), RunFinished(FinishReason.MAX_STEPS, "")]


def test_a_run_over_its_time_has_failed_and_leaves_its_part():
    run, error = ended(EVENTS, 0.5)
    assert isinstance(error, TimeLimitError)
    assert (run.state, run.answer) == (RunState.FAILED, "SO FAR")


def test_a_run_whose_end_comes_late_has_ended_all_the_same():
    run, error = ended(EVENTS, 1.5)
    assert error is None
    assert (run.state, run.answer) == (RunState.FINISHED, "so far")


@pytest.mark.parametrize("part", [lambda _: None, lambda _: 1 / 0])
def test_the_error_is_the_runs_own_where_nothing_can_be_made_of_its_part(part):
    run, error = ended(EVENTS, 0.5, part)
    assert isinstance(error, TimeLimitError)
    assert run.answer is None


def test_a_run_is_cancelled_when_all_that_it_has_decoded_is_told():
    step = lattice_step(0, [candidate(0)], [[0.0]])
    pruned = CandidatesPruned((), (step,), (), 0.0, 0, 1)
    events = [StepAppended(step, 1, 0, more=True), pruned, StepAppended(step, 1, 0)]

    def cancelled_with(event):
        run.cancel()
        return ({"type": type(event).__name__},)

    runner = Runner(Alone(), Admission(Capacity(1, 9, 9)), 9.0, clock=lambda: 0.0)
    runner.start()
    work = Work(1, lambda: Decoded([0.0], events), str, tell=cancelled_with)
    run = ServedRun("name", work)
    runner.submit(run)
    assert run.done.result(10) == "so far"
    runner.stop(1.0)
    assert [one["type"] for one in run.log.after(-1)] == ["StepAppended", "CandidatesPruned"]
    assert run.state is RunState.CANCELLED
