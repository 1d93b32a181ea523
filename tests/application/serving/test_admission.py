"""Who goes on, who waits, who is refused: without a model and without threads."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.application.serving.admission import Admission, Capacity
from tempo.application.serving.served_run import ServedRun, Work
from tempo.domain.errors import InvalidValueError, QueueFullError


def run(rows=1, name="run"):
    return ServedRun(name, Work(rows, lambda: None, lambda result: result))


def test_runs_begin_in_the_order_in_which_they_came():
    admission = Admission(Capacity(runs=1, rows=10, queue=5))
    first, second, third = run(), run(), run()
    for one in (first, second, third):
        admission.ask(one)
    assert admission.begin() == [first]
    assert admission.begin() == []
    admission.leave(first, 1.0)
    assert admission.begin() == [second]


def test_a_run_that_needs_many_rows_is_not_overtaken():
    admission = Admission(Capacity(runs=9, rows=10, queue=5))
    small, large, later = run(4), run(8), run(1)
    for one in (small, large, later):
        admission.ask(one)
    assert admission.begin() == [small]
    admission.leave(small, 1.0)
    assert admission.begin() == [large, later]


def test_a_run_that_could_never_begin_is_refused_at_once():
    admission = Admission(Capacity(runs=1, rows=10, queue=5))
    with pytest.raises(InvalidValueError, match=r"11 cache rows.*mcts_simulations"):
        admission.ask(run(11))


def test_a_full_queue_says_how_long_to_wait():
    admission = Admission(Capacity(runs=1, rows=10, queue=1))
    first = run()
    admission.ask(first)
    admission.begin()
    admission.ask(run())
    with pytest.raises(QueueFullError) as refused:
        admission.ask(run())
    assert refused.value.retry_after == 2


def test_no_queue_takes_what_there_is_room_for():
    admission = Admission(Capacity(runs=1, rows=10, queue=0))
    admission.ask(run())
    assert len(admission.begin()) == 1
    with pytest.raises(QueueFullError):
        admission.ask(run())


def test_a_run_that_was_withdrawn_does_not_begin():
    admission = Admission(Capacity(runs=1, rows=10, queue=5))
    one = run()
    admission.ask(one)
    assert admission.withdraw(one)
    assert not admission.withdraw(one)
    assert admission.begin() == []


@given(st.lists(st.tuples(st.integers(1, 10), st.booleans()), max_size=40))
def test_what_goes_on_stays_within_the_capacity_and_all_is_given_back(arrivals):
    admission = Admission(Capacity(runs=3, rows=10, queue=100))
    for rows, one_leaves in arrivals:
        admission.ask(run(rows))
        admission.begin()
        assert len(admission.under_way) <= 3
        assert admission.rows <= 10
        if one_leaves and admission.under_way:
            admission.leave(admission.under_way[0], 0.5)
    while admission.waiting or admission.under_way:
        admission.begin()
        admission.leave(admission.under_way[0], 0.5)
    assert admission.rows == 0
