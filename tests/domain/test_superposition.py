"""Small literal cases, and the laws of lineage on grown lattices.

The literal case: step 0 holds slots 10 and 11 (weights 0.75 and 0.25), step 1 slots 12 and 13, and
two candidates, slots 14 and 15, arrive.
"""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.domain.ancestry import Ancestry
from tempo.domain.errors import InvalidValueError
from tempo.domain.frontier import Frontier, carry_forward
from tempo.domain.superposition import (
    History,
    Lineage,
    Marginal,
    Uniform,
    path_superposition,
    sharpened,
)
from tests.strategies import transition_tables

FIRST = np.log([[0.75, 0.25]])
SECOND = np.log([[0.6, 0.4], [0.2, 0.8]])
THIRD = np.log([[0.5, 0.1], [0.25, 0.2]])


def grown(rule, *tables, start=10, live_of=range):
    """Each step's (frontier before, transition, lineage, histories) under a rule."""
    frontier, ancestry, next_slot, seen = Frontier.of_prompt(), Ancestry(), start, []
    for table in tables:
        transition = carry_forward(frontier, table, table)
        live = list(live_of(table.shape[1]))
        slots = tuple(range(next_slot, next_slot + len(live)))
        next_slot += len(live)
        parents = [
            frontier.slots[transition.best_parent[index]] if frontier.slots else None
            for index in live
        ]
        ancestry.grow(slots, parents)
        onward = transition.among(live)
        lineage = rule.lineage(frontier, onward)
        histories = rule.histories(frontier, onward, lineage, ancestry)
        seen.append((frontier, transition, lineage, histories))
        frontier = Frontier(slots, onward.weights, onward.scores, onward.scores, lineage)
    return seen


def last_histories(rule):
    return grown(rule, FIRST, SECOND, THIRD)[-1][3]


def near(pairs):
    return tuple((slot, pytest.approx(weight)) for slot, weight in pairs)


# f_1(12) = 0.75*0.6 + 0.25*0.2 = 0.5, f_1(13) = 0.75*0.4 + 0.25*0.8 = 0.5
# pi(.|12) = 0.9, 0.1;  pi(.|13) = 0.6, 0.4;  best parents: 12 <- 10, 13 <- 10
# pi(.|14) = 2/3, 1/3;  pi(.|15) = 1/3, 2/3;  best parents: 14 <- 12, 15 <- 13


@pytest.mark.parametrize("rule", [Uniform(), Marginal(), Lineage(), path_superposition()])
def test_the_first_candidates_see_the_prompt_alone(rule):
    assert grown(rule, FIRST)[0][3] == (History((), ()), History((), ()))


def test_uniform_shows_every_slot_alike():
    seen = History(inherits=((12, 1.0),), weights=((12, 1.0), (13, 1.0)))
    assert last_histories(Uniform()) == (seen, seen)


def test_marginal_shows_every_slot_by_its_forward_weight():
    seen = History(inherits=((12, 1.0),), weights=near([(12, 0.5), (13, 0.5)]))
    assert last_histories(Marginal()) == (seen, seen)


def test_path_is_lineage_without_a_window():
    assert path_superposition().window == 0
    assert last_histories(path_superposition()) == last_histories(Lineage(1.0, 0))
    assert last_histories(path_superposition()) == (
        History(inherits=((12, 1.0),), weights=((12, 1.0), (13, 0.0))),
        History(inherits=((13, 1.0),), weights=((12, 0.0), (13, 1.0))),
    )


def test_a_window_of_one_is_soft_over_one_step_and_hard_before():
    assert last_histories(Lineage(1.0, 1)) == (
        History(
            inherits=((12, 1.0),),
            weights=near([(12, 2 / 3), (13, 1 / 3), (10, 1.0), (11, 0.0)]),
        ),
        History(
            inherits=((13, 1.0),),
            weights=near([(12, 1 / 3), (13, 2 / 3), (10, 1.0), (11, 0.0)]),
        ),
    )


def test_a_window_of_two_carries_the_lineage_on():
    assert last_histories(Lineage(1.0, 2)) == (
        History(
            inherits=((12, 1.0),),
            weights=near([(12, 2 / 3), (13, 1 / 3), (10, 0.8), (11, 0.2)]),
        ),
        History(
            inherits=((13, 1.0),),
            weights=near([(12, 1 / 3), (13, 2 / 3), (10, 0.7), (11, 0.3)]),
        ),
    )


def test_sharpness_squares_the_posteriors_that_enter_the_lineage():
    first, _ = last_histories(Lineage(2.0, 2))
    ten = 0.8 * 81 / 82 + 0.2 * 36 / 52
    assert first.weights == near([(12, 0.8), (13, 0.2), (10, ten), (11, 1 - ten)])


def test_an_infinite_window_mixes_the_parents_views():
    assert last_histories(Lineage(1.0, math.inf)) == (
        History(*[near([(12, 2 / 3), (13, 1 / 3)])] * 2),
        History(*[near([(12, 1 / 3), (13, 2 / 3)])] * 2),
    )


windows = st.integers(1, 4) | st.just(math.inf)
sharpnesses = st.sampled_from([0.5, 1.0, 2.0, 5.0])


@given(transition_tables(max_steps=5), sharpnesses, windows)
def test_law_9_lineage_rows_sum_to_one_for_each_step_in_the_window(tables, sharpness, window):
    for number, (_, _, lineage, _) in enumerate(grown(Lineage(sharpness, window), *tables)):
        present = min(number, 1 if math.isinf(window) else window)
        assert len(lineage) == present
        for step in lineage:
            assert step.weights.shape[1] == len(step.slots)
            assert step.weights.min() >= 0
            assert step.weights.sum(axis=1) == pytest.approx(1)


@given(transition_tables(max_steps=5, impossible=False))
def test_law_9_plain_lineage_is_the_probability_of_descent(tables):
    """Against enumeration: the share of the paths to a candidate that pass an earlier one."""
    _, transition, lineage, _ = grown(Lineage(1.0, 9), *tables)[-1]
    widths = [table.shape[1] for table in tables]
    for back, step in enumerate(lineage, start=1):
        passing = np.zeros((widths[-1], widths[-1 - back]))
        for columns in np.ndindex(*widths):
            rows = (0, *columns)
            score = sum(t[r, c] for t, r, c in zip(tables, rows, columns, strict=False))
            passing[columns[-1], columns[-1 - back]] += math.exp(score)
        assert step.weights == pytest.approx(passing / passing.sum(axis=1, keepdims=True))
    assert transition.mass.shape == (widths[-1],)


@given(transition_tables(max_steps=5), windows.filter(math.isfinite))
def test_each_new_row_sees_one_unit_of_every_step_that_it_weighs(tables, window):
    for number, (_, _, _, histories) in enumerate(grown(Lineage(2.0, window), *tables)):
        width_of = [table.shape[1] for table in tables]
        starts = np.cumsum([10, *width_of])
        for history in histories:
            weights = dict(history.weights)
            for step in range(max(0, number - 1 - window), number):
                slots = range(starts[step], starts[step + 1])
                assert sum(weights.pop(slot) for slot in slots) == pytest.approx(1)
            assert weights == {}


@given(transition_tables(max_steps=4), st.data())
def test_only_live_candidates_get_a_history(tables, data):
    tables = [tables[0], *(table for table in tables[1:2])]
    live = data.draw(
        st.sets(st.integers(0, tables[-1].shape[1] - 1), min_size=1).map(sorted), label="live"
    )
    frontier, transition, _, everyone = grown(Lineage(2.0, 2), *tables)[-1]
    onward = transition.among(live)
    lineage = Lineage(2.0, 2).lineage(frontier, onward)
    ancestry = Ancestry()
    if frontier.slots:
        ancestry.grow(frontier.slots, [None] * len(frontier.slots))
        parents = [frontier.slots[transition.best_parent[index]] for index in live]
    else:
        parents = [None] * len(live)
    ancestry.grow([100 + index for index in live], parents)
    histories = Lineage(2.0, 2).histories(frontier, onward, lineage, ancestry)
    assert histories == tuple(everyone[index] for index in live)


def test_sharpening_with_one_changes_nothing_and_survives_tiny_values():
    posterior = np.array([[0.9, 1.0], [0.1, 1e-300]])
    assert sharpened(posterior, 1.0) is posterior
    assert sharpened(posterior, 2.0)[:, 0] == pytest.approx([81 / 82, 1 / 82])
    assert sharpened(posterior, 2.0)[:, 1].tolist() == [1.0, 0.0]


@pytest.mark.parametrize("sharpness", [0.0, -1.0, math.inf, math.nan])
def test_a_sharpness_that_is_no_positive_number_is_refused(sharpness):
    with pytest.raises(InvalidValueError, match="it must be above 0 and finite"):
        Lineage(sharpness, 2)


@pytest.mark.parametrize("window", [-1, 0.5, math.nan, -math.inf])
def test_a_window_that_counts_no_steps_is_refused(window):
    with pytest.raises(InvalidValueError, match=r"it must be 0, 1, 2, \.\.\. or inf"):
        Lineage(2.0, window)


def test_uniform_and_marginal_never_harden_and_have_no_lineage():
    for rule in (Uniform(), Marginal()):
        assert rule.window == math.inf
        assert [lineage for _, _, lineage, _ in grown(rule, FIRST, SECOND)] == [(), ()]
