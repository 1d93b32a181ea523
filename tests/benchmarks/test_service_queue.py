"""The queue that foretells what the service does."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.service_queue import Costs, Request, simulated, steady

SECONDS = st.floats(0.0, 1.0)
REQUESTS = st.lists(
    st.builds(
        Request, st.integers(1, 9), st.floats(1.0, 8.0), st.integers(1, 50), st.integers(0, 9)
    ),
    min_size=1,
    max_size=20,
)
MANY = st.integers(1, 12)


@st.composite
def costs(draw, *, once=SECONDS):
    first, run, row, prompt, answer = (draw(one) for one in (once, *[SECONDS] * 4))
    return Costs(
        lambda runs, rows: first + run * runs + row * rows,
        draw(SECONDS),
        lambda tokens: prompt * tokens,
        lambda rows: answer * rows,
        draw(SECONDS),
    )


def unshared(costs, requests):
    return sum(costs.prompt(one.prompt_tokens) + costs.answer(one.answer_rows) for one in requests)


@given(costs(), REQUESTS, MANY, MANY)
def test_every_request_takes_its_steps_and_is_answered_once(costs, requests, clients, places):
    load = simulated(costs, requests, clients, places)
    assert len(load.waits) == len(requests)
    assert sum(load.runs) == sum(one.steps for one in requests)
    assert max(load.runs) <= min(clients, places, len(requests))
    assert sum(load.rows) == pytest.approx(sum(one.steps * one.rows for one in requests))


@given(costs(), REQUESTS, MANY, MANY)
def test_the_time_is_that_of_shared_passes_and_of_what_is_not_shared(
    costs, requests, clients, places
):
    load = simulated(costs, requests, clients, places)
    busy = load.stepping + unshared(costs, requests)
    assert load.seconds == pytest.approx(busy + load.idle)
    assert -1e-9 <= load.idle <= len(requests) * costs.request + 1e-9
    passes = zip(load.runs, load.rows, strict=True)
    assert load.stepping == pytest.approx(sum(costs.step(*one) for one in passes))
    assert max(load.waits) <= load.seconds + 1e-9


@given(costs(), REQUESTS)
def test_for_one_client_nothing_is_done_beside_anything_else(costs, requests):
    load = simulated(costs, requests, 1, 1)
    assert load.idle == pytest.approx(len(requests) * costs.request)


@given(costs(once=st.just(0.0)), REQUESTS, MANY, MANY)
def test_where_nothing_is_shared_company_gains_what_is_read_and_written_beside(
    costs, requests, clients, places
):
    alone, together = (simulated(costs, requests, *many) for many in ((1, 1), (clients, places)))
    assert together.seconds - together.idle == pytest.approx(alone.seconds - alone.idle)


@given(st.integers(1, 9), st.integers(1, 6), st.integers(1, 6))
def test_where_a_pass_costs_the_same_for_all_they_go_as_one(steps, places, turns):
    free = Costs(lambda _runs, _rows: 1.0, 0.0, lambda _: 0.0, lambda _: 0.0)
    load = simulated(free, [Request(steps, 4.0, 1)] * (places * turns), places, places)
    assert load.seconds == steps * turns
    assert load.company == places
    assert load.wait(50) == steps


def test_who_finds_no_place_waits_for_one():
    free = Costs(lambda _runs, _rows: 1.0, 0.0, lambda _: 0.0, lambda _: 0.0)
    load = simulated(free, [Request(3, 1.0, 1)] * 2, clients=2, places=1)
    assert load.waits == (3.0, 6.0)


@pytest.mark.parametrize(("host", "taken"), [(0.1, 2.0), (5.0, 10.0)])
def test_two_groups_take_what_is_longer_the_passes_or_the_host(host, taken):
    costs = Costs(lambda _runs, _rows: 1.0, host, lambda _: 0.0, lambda _: 0.0, groups_from=2)
    assert costs.step(2, 8.0) == taken
    assert costs.step(1, 4.0) == 1.0 + host


def test_a_steady_service_has_all_its_places_taken():
    costs = Costs(lambda runs, rows: 1.0 + 0.1 * rows, 0.01, lambda _: 0.5, lambda _: 0.0)
    load = steady(costs, Request(16, 4.0, 8), places=8, turns=16)
    assert load.company > 7.5
    assert math.isclose(load.rate, 8 / (16 * (1.0 + 3.2 + 0.08) + 8 * 0.5), rel_tol=0.06)


@pytest.mark.parametrize(("count", "clients", "places"), [(0, 1, 1), (1, 0, 1), (1, 1, 0)])
def test_there_is_no_load_of_nothing(count, clients, places):
    free = Costs(lambda _runs, _rows: 1.0, 0.0, lambda _: 0.0, lambda _: 0.0)
    with pytest.raises(ValueError, match=f"{count} requests, {clients} clients, {places} places"):
        simulated(free, [Request(1, 1.0, 1)] * count, clients, places)
