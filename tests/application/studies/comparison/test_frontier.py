import math

import numpy as np
from hypothesis import given

from tempo.application.studies.comparison.frontier import Point, frontier, undominated
from tests.strategies import points


def dominates(one, other):
    (cost, quality), (other_cost, other_quality) = one, other
    return cost <= other_cost and quality >= other_quality and one != other


@given(points())
def test_the_frontier_holds_all_that_nothing_dominates_and_nothing_else(found):
    costs, qualities = found
    pairs = list(zip(costs.tolist(), qualities.tolist(), strict=True))
    for pair, here in zip(pairs, undominated(costs, qualities).tolist(), strict=True):
        if math.isnan(pair[0]) or math.isnan(pair[1]):
            assert not here
        else:
            assert here is not any(dominates(other, pair) for other in pairs)


@given(points())
def test_whatever_is_off_the_frontier_is_beaten_by_something_on_it(found):
    costs, qualities = found
    on = undominated(costs, qualities)
    pairs = list(zip(costs.tolist(), qualities.tolist(), strict=True))
    for place in np.flatnonzero(~on):
        if not any(map(math.isnan, pairs[place])):
            assert any(dominates(pairs[other], pairs[place]) for other in np.flatnonzero(on))


def test_points_stand_by_cost_with_how_firmly_they_hold_their_place():
    costs = {"greedy": [1, 1, 1, 1], "beam": [4, 4, 4, 4], "worse": [5, 5, 5, 5]}
    qualities = {
        "greedy": [-1.0, -1.0, -1.0, -1.0],
        "beam": [-0.5, -0.5, -0.9, -1.0],
        "worse": [-0.6, -0.6, -1.0, -1.1],
    }
    cheap, dear, beaten = frontier(costs, qualities, 1)
    assert cheap == Point("greedy", 1.0, -1.0, on_frontier=True, support=1.0)
    assert (dear.method, dear.cost, dear.on_frontier) == ("beam", 4.0, True)
    assert 0.98 < dear.support < 1.0  # four times the prompt where greedy is as good
    assert (beaten.on_frontier, beaten.support) == (False, 0.0)


def test_a_method_whose_quality_is_unknown_has_no_place():
    costs = {"greedy": [1.0, 1.0], "beam": [2.0, 2.0]}
    nowhere = {"greedy": [math.nan, math.nan], "beam": [math.nan, -1.0]}
    (beam,) = frontier(costs, nowhere, 1)
    assert (beam.method, beam.support) == ("beam", 1.0)  # of the sets that hold the second prompt
    assert frontier(costs, dict.fromkeys(costs, [math.nan] * 2), 1) == ()
