"""The pool of what runs left: bounded, least recently used first out, never in a run's way."""

from dataclasses import dataclass, field
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.application.serving.admission import Admission, Capacity
from tempo.application.serving.served_run import ServedRun, Work
from tempo.application.serving.state_pool import StatePool
from tempo.domain.errors import MemoryExceededError


@dataclass
class State:
    """Stands in for what a run left: knows `known` tokens of every request, or is of another."""

    cache_rows: int
    known: int | None = 0
    closed: bool = False
    begun: list = field(default_factory=list)
    short: bool = False

    def reach(self, request):
        del request
        return self.known

    def begin(self, request):
        if self.short:
            raise MemoryExceededError("no memory")
        self.begun.append(request)
        return f"begun at {self.known}"

    def close(self):
        self.closed = True


class Evictions:
    def __init__(self):
        self.count = 0

    def __call__(self):
        self.count += 1


def pool(most=10, free=lambda: 100):
    evicted = Evictions()
    return StatePool(most, free, evicted), evicted


def test_the_least_recently_used_leaves_first_and_putting_and_beginning_use():
    held, evicted = pool()
    first, second, third = State(4, 1), State(4, None), State(4, None)
    held.put("first", first)
    held.put("second", second)
    assert held.begin("request") == "begun at 1"
    held.put("third", third)
    assert [one.closed for one in (first, second, third)] == [False, True, False]
    assert (len(held), held.rows, evicted.count) == (2, 8, 1)


def test_a_state_takes_the_place_of_the_one_before_it_without_an_eviction():
    held, evicted = pool()
    earlier, later = State(4), State(6)
    held.put("run", earlier)
    held.put("run", later)
    assert earlier.closed
    assert (len(held), held.rows, evicted.count) == (1, 6, 0)


def test_a_state_that_could_never_fit_leaves_the_others_alone():
    held, evicted = pool()
    small, large = State(4), State(11)
    held.put("small", small)
    held.put("large", large)
    assert (small.closed, large.closed, evicted.count) == (False, True, 0)


def test_the_state_that_knows_most_is_gone_on_from_and_none_of_another_prompt():
    held, _ = pool()
    for name, known in (("b", 2), ("a", 5), ("c", None)):
        held.put(name, State(1, known))
    assert held.begin("request") == "begun at 5"
    alone, _ = pool()
    alone.put("c", State(1, None))
    assert alone.begin("request") is None


def test_a_state_that_there_is_no_memory_to_copy_is_let_go_of():
    held, evicted = pool()
    state = State(4, short=True)
    held.put("run", state)
    assert held.begin("request") is None
    assert (state.closed, len(held), evicted.count) == (True, 0, 1)


def test_states_leave_when_a_run_begins_that_needs_their_rows():
    held, evicted = pool(20, lambda: 20 - admission.rows)
    admission = Admission(Capacity(runs=4, rows=20, queue=100), held.make_room)
    held.put("first", State(6))
    held.put("second", State(6))
    admission.ask(ServedRun("run", Work(12, lambda: None, lambda result: result)))
    admission.begin()
    assert (len(held), held.rows, evicted.count) == (1, 6, 1)


def test_closing_lets_all_go():
    held, evicted = pool()
    states = [State(2), State(3)]
    for number, state in enumerate(states):
        held.put(str(number), state)
    held.close()
    assert all(state.closed for state in states)
    assert (len(held), held.rows, evicted.count) == (0, 0, 0)


actions = st.lists(
    st.tuples(st.sampled_from(["ask", "leave", "put", "begin"]), st.integers(1, 12)),
    min_size=4,
    max_size=40,
)


@given(actions, st.sampled_from([0, 5, 12, 25]))
def test_rows_of_states_never_exceed_what_runs_leave_of_the_budget_and_none_waits_for_them(
    actions, most
):
    evicted = Evictions()
    held = StatePool(most, lambda: 20 - admission.rows, evicted)
    admission = Admission(Capacity(runs=4, rows=20, queue=100), held.make_room)
    alone = Admission(Capacity(runs=4, rows=20, queue=100))
    put, closed = [], 0
    for number, (action, rows) in enumerate(actions):
        if action == "ask":
            run = ServedRun(str(number), Work(rows, lambda: None, lambda result: result))
            for one in (admission, alone):
                one.ask(run)
        elif action == "leave" and admission.under_way:
            run = admission.under_way[0]
            for one in (admission, alone):
                one.leave(run, 1.0)
        elif action == "put":
            put.append(State(rows))
            held.put(str(rows % 5), put[-1])
        elif action == "begin":
            held.begin("request")
        assert admission.begin() == alone.begin()  # as if there were no states
        assert held.rows <= min(most, 20 - admission.rows)
    closed = sum(state.closed for state in put)
    assert len(put) - closed == len(held)
    assert evicted.count <= closed


def test_who_asks_a_run_waits_until_it_answers_or_ends_and_for_no_other():
    held, _ = pool()
    held.ask("nobody", 60.0)
    held.enter("run")
    asking = [Thread(target=held.ask, args=("run", 60.0)) for _ in range(2)]
    for goes_on, thread in zip((True, False), asking, strict=True):
        thread.start()
        while not held.is_asked("run"):
            pass
        held.answer("run", goes_on=goes_on)
        thread.join(20)
        assert not thread.is_alive()
    assert not held.is_asked("run")
    held.ask("run", 60.0)


@pytest.mark.parametrize("most", [0, 3])
def test_what_is_too_large_is_not_held(most):
    held, _ = pool(most)
    held.put("run", State(4))
    assert len(held) == 0
