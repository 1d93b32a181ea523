import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.domain.errors import InvalidValueError
from tempo.domain.search.puct import Puct, Span, most_visited
from tempo.domain.search.statistics import Statistics

shares = st.floats(0, 1)


@st.composite
def visited(draw):
    visits = draw(st.integers(0, 20))
    return Statistics(visits, visits * draw(shares), draw(st.integers(0, 2)))


families = st.lists(st.tuples(shares, visited()), min_size=1, max_size=6)


def scores(family, c=1.0, span=None, parent=None):
    priors, children = zip(*family, strict=True)
    parent = parent or Statistics(sum(child.visits for child in children) + 1, 0.5)
    return Puct(c).scores(parent, priors, children, span or Span(0.0, 1.0))


def chosen(family, c=1.0, span=None, parent=None):
    priors, children = zip(*family, strict=True)
    parent = parent or Statistics(sum(child.visits for child in children) + 1, 0.5)
    return Puct(c).choose(parent, priors, children, span or Span(0.0, 1.0))


def test_the_score_is_the_value_and_the_bound_of_the_paper():
    family = [(0.5, Statistics(3, 2.4)), (0.25, Statistics(1, 0.1))]
    parent = Statistics(9, 5.0)
    assert scores(family, 2.0, parent=parent) == pytest.approx(
        [0.8 + 2.0 * 0.5 * 3.0 / 4.0, 0.1 + 2.0 * 0.25 * 3.0 / 2.0]
    )


@given(st.lists(shares, min_size=1, max_size=6), st.floats(0.1, 5))
def test_before_any_visit_the_prior_decides(priors, c):
    family = [(prior, Statistics()) for prior in priors]
    assert chosen(family, c, Span(), Statistics()) == priors.index(max(priors))


@given(families)
def test_without_exploration_the_best_value_is_chosen(family):
    tried = [(prior, child) for prior, child in family if child.tried]
    if tried:
        expected = [child.expected(0.0) for _, child in tried]
        assert expected[chosen(tried, 0.0)] == max(expected)


@given(families, st.floats(0.01, 1))
def test_a_higher_prior_never_lowers_a_childs_score(family, more):
    raised = [(family[0][0] + more, family[0][1]), *family[1:]]
    assert scores(raised)[0] > scores(family)[0]
    assert scores(raised)[1:] == scores(family)[1:]


@given(families)
def test_a_simulation_under_way_never_raises_a_childs_score(family):
    (prior, child), *others = family
    parent = Statistics(100, 50.0)
    before = scores(family, parent=parent)[0]
    after = scores([(prior, child.entered()), *others], parent=parent)[0]
    assert after <= before + 1e-9 or not child.tried


@given(families, st.floats(0.1, 3), st.floats(0, 1))
def test_values_count_by_their_place_alone(family, factor, shift):
    """The same choice whatever the scale of the verifier."""
    turned = [
        (prior, Statistics(child.visits, factor * child.total + shift * child.visits))
        for prior, child in family
    ]
    settled = [(prior, Statistics(child.visits, child.total)) for prior, child in family]
    parent = Statistics(10, 4.0)
    other = Statistics(10, factor * 4.0 + shift * 10)
    assert scores(turned, 1.0, Span(shift, factor + shift), other) == pytest.approx(
        scores(settled, 1.0, Span(0.0, 1.0), parent), abs=1e-9
    )


def test_a_child_without_visits_is_taken_to_be_worth_what_its_parent_is():
    family = [(0.0, Statistics()), (0.0, Statistics(1, 0.2))]
    assert scores(family, parent=Statistics(2, 1.2)) == pytest.approx([0.6, 0.2])


def test_of_equal_children_the_first_is_chosen():
    assert chosen([(0.5, Statistics()), (0.5, Statistics())]) == 0
    assert most_visited([Statistics(2, 1.0), Statistics(2, 1.0)]) == 0


def test_a_search_decides_for_the_most_visited_and_then_for_the_better():
    assert most_visited([Statistics(2, 2.0), Statistics(3, 0.0)]) == 1
    assert most_visited([Statistics(2, 0.1), Statistics(2, 0.2)]) == 1


def test_where_all_values_are_one_none_stands_above_another():
    assert Span(0.4, 0.4).place(0.4) == 0.0
    assert Span(0.2, 0.6).place(0.5) == pytest.approx(0.75)


@pytest.mark.parametrize("c", [-0.1, math.inf, math.nan])
def test_a_wrong_constant_is_refused_by_name(c):
    with pytest.raises(InvalidValueError, match=f"mcts_c_puct is {c}; it must be 0 or more"):
        Puct(c)


def test_a_span_from_high_to_low_is_refused():
    with pytest.raises(InvalidValueError, match="turn them round"):
        Span(1.0, 0.0)
