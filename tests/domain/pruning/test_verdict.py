import pytest

from tempo.domain.errors import InvalidValueError
from tempo.domain.pruning.verdict import Verdict


def test_only_a_weight_of_nothing_prunes():
    assert Verdict("posterior", 0.1, 0.2, 0.0).prunes
    assert not Verdict("posterior", 0.1, 0.2, 1e-9).prunes
    assert not Verdict("posterior", 0.1, 0.2, 1.0).prunes


@pytest.mark.parametrize("weight", [-0.01, 1.01, float("nan")])
def test_a_weight_is_a_share(weight):
    with pytest.raises(
        InvalidValueError, match=r"a verdict's weight is .*; it must be in \[0, 1\]"
    ):
        Verdict("posterior", 0.1, 0.2, weight)
