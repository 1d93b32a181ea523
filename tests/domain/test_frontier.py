import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.domain.frontier import Frontier, carry_forward
from tests.oracles import every_path
from tests.strategies import frontiers, log_rows, transition_tables


@st.composite
def steps(draw):
    rows, columns = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    return draw(frontiers(rows)), draw(log_rows(rows, columns))


def carried(tables):
    """The frontier after each table, all members live."""
    frontier = Frontier.of_prompt()
    for table in tables:
        transition = carry_forward(frontier, table, 2 * table)
        yield frontier, transition
        frontier = Frontier((), transition.weights, transition.scores, transition.plain_scores)
    yield frontier, None


@given(transition_tables())
def test_forward_weights_are_probabilities(tables):
    for frontier, _ in carried(tables):
        assert frontier.weights.min() >= 0
        assert frontier.weights.sum() == pytest.approx(1, abs=1e-9)


@given(steps())
def test_parent_posteriors_sum_to_one_for_each_candidate(step):
    transition = carry_forward(step[0], step[1], step[1])
    assert transition.parent_posterior.min() >= 0
    assert transition.parent_posterior.sum(axis=0) == pytest.approx(1)


@given(steps())
def test_a_parent_posterior_is_the_parents_share_of_the_joint(step):
    frontier, rows = step
    transition = carry_forward(frontier, rows, rows)
    joint = frontier.weights[:, None] * np.exp(rows)
    reached = joint.sum(axis=0) > 0
    expected = joint[:, reached] / joint.sum(axis=0)[reached]
    assert transition.parent_posterior[:, reached] == pytest.approx(expected)


@given(steps())
def test_the_mass_of_a_candidate_is_the_mixture_and_the_kept_mass_its_sum(step):
    frontier, rows = step
    transition = carry_forward(frontier, rows, rows)
    mixture = frontier.weights @ np.exp(rows)
    assert transition.mass == pytest.approx(mixture)
    assert transition.kept_mass == pytest.approx(mixture.sum())
    assert transition.kept_mass <= 1


@given(transition_tables())
def test_scores_are_the_maximum_over_all_paths(tables):
    *_, (frontier, _) = carried(tables)
    best = np.full(tables[-1].shape[1], -math.inf)
    for columns, score in every_path(tables):
        best[columns[-1]] = max(best[columns[-1]], score)
    assert frontier.scores == pytest.approx(best)


@given(transition_tables(impossible=False))
def test_plain_scores_follow_the_best_path_of_the_processed_scores(tables):
    *_, (frontier, _) = carried(tables)
    assert frontier.plain_scores == pytest.approx(2 * frontier.scores)


@given(steps())
def test_the_best_parent_attains_the_score(step):
    frontier, rows = step
    transition = carry_forward(frontier, rows, rows)
    for column, parent in enumerate(transition.best_parent):
        assert transition.scores[column] == frontier.scores[parent] + rows[parent, column]


def test_equal_parents_go_to_the_lower_row():
    frontier = Frontier((), np.array([0.2, 0.4, 0.4]), np.log([0.2, 0.4, 0.4]), np.zeros(3))
    rows = np.log([[0.5, 0.8], [0.5, 0.4], [0.5, 0.4]])
    assert carry_forward(frontier, rows, rows).best_parent == (1, 0)


def test_a_candidate_that_no_row_gives_any_probability_shares_its_parents_evenly():
    frontier = Frontier((), np.array([0.9, 0.1]), np.log([0.9, 0.1]), np.zeros(2))
    transition = carry_forward(frontier, np.full((2, 1), -math.inf), np.zeros((2, 1)))
    assert transition.parent_posterior.tolist() == [[0.5], [0.5]]
    assert transition.mass.tolist() == [0.0]
    assert transition.weights.tolist() == [1.0]


def test_weights_go_on_among_the_live_alone():
    rows = np.log([[0.5, 0.2, 0.1]])
    transition = carry_forward(Frontier.of_prompt(), rows, rows)
    assert transition.among([0, 2]).weights == pytest.approx([5 / 6, 1 / 6])
    assert transition.kept_mass == pytest.approx(0.8)
