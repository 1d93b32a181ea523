import numpy as np
import pytest

from tempo.domain.proposal import Combination
from tempo.domain.readout import Readout

FORWARD = np.array([0.2, 0.5, 0.3])


@pytest.mark.parametrize(
    ("readout", "weights", "combination"),
    [
        (Readout.MIXTURE, (0.2, 0.5, 0.3), Combination.ARITHMETIC),
        (Readout.PRODUCT, (0.2, 0.5, 0.3), Combination.GEOMETRIC),
        (Readout.BEST, (0.0, 1.0, 0.0), Combination.ARITHMETIC),
        (Readout.LAST, (0.0, 0.0, 1.0), Combination.ARITHMETIC),
    ],
)
def test_a_readout_weighs_the_rows(readout, weights, combination):
    assert readout.row_weights(FORWARD) == weights
    assert readout.combination is combination


def test_the_heaviest_of_equal_rows_is_the_first():
    assert Readout.BEST.row_weights(np.array([0.4, 0.4, 0.2])) == (1.0, 0.0, 0.0)
