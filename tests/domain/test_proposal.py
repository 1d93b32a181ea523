import pytest

from tempo.domain.errors import InvalidValueError
from tempo.domain.proposal import Reading


def test_the_weights_of_a_reading_sum_to_one():
    assert Reading(weights=(0.5, 0.5), considered=1).weights == (0.5, 0.5)
    with pytest.raises(InvalidValueError, match=r"the readout's weights sum to 0\.9"):
        Reading(weights=(0.5, 0.4), considered=1)


def test_a_readout_considers_at_least_one_candidate():
    with pytest.raises(InvalidValueError, match="a readout of 0 candidates"):
        Reading(weights=(1.0,))


def test_a_reading_of_pairs_alone_needs_no_weights():
    assert Reading(pairs=((0, 3),)).considered == 0
