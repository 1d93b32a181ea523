import numpy as np
import pytest

from tempo.domain.proposal import Combination
from tempo.domain.readout import Readout

FORWARD = np.array([0.2, 0.5, 0.3])
SCORES = np.log([0.02, 0.01, 0.01])


@pytest.mark.parametrize(
    ("readout", "weights", "combination"),
    [
        (Readout.MIXTURE, (0.2, 0.5, 0.3), Combination.ARITHMETIC),
        (Readout.PRODUCT, (0.2, 0.5, 0.3), Combination.GEOMETRIC),
        (Readout.SURVIVORS, (0.5, 0.25, 0.25), Combination.ARITHMETIC),
        (Readout.BEST, (0.0, 1.0, 0.0), Combination.ARITHMETIC),
        (Readout.LAST, (0.0, 0.0, 1.0), Combination.ARITHMETIC),
    ],
)
def test_a_readout_weighs_the_rows(readout, weights, combination):
    assert readout.row_weights(FORWARD, SCORES) == pytest.approx(weights)
    assert readout.combination is combination


def test_the_heaviest_of_equal_rows_is_the_first():
    assert Readout.BEST.row_weights(np.array([0.4, 0.4, 0.2]), SCORES) == (1.0, 0.0, 0.0)


def test_survivors_that_processors_made_impossible_are_weighed_as_the_mixture_does():
    scores = np.full(3, -np.inf)
    assert Readout.SURVIVORS.row_weights(FORWARD, scores) == (0.2, 0.5, 0.3)


def test_survivors_of_tiny_probability_keep_their_proportions():
    weights = Readout.SURVIVORS.row_weights(FORWARD, SCORES - 2000.0)
    assert weights == pytest.approx((0.5, 0.25, 0.25))
