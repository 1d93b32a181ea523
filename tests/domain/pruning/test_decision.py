import pytest

from tempo.domain.errors import InvalidValueError
from tempo.domain.pruning.decision import PruningDecision


def decision(score=0.25, **fields):
    given = {"step": 2, "token_id": 7, "rule": "posterior", "threshold": 0.5, "decided_at": 4}
    return PruningDecision(score=score, **(given | {"mass": 0.1} | fields))


def test_a_candidate_stays_at_or_above_the_threshold():
    assert not decision(0.4999).keeps
    assert decision(0.5).keeps
    assert decision(0.6).keeps


def test_the_verdict_reads_as_one_phrase():
    assert decision().reason == "posterior at step 4: 0.25 < 0.5"
    assert decision(0.123456).reason == "posterior at step 4: 0.1235 < 0.5"
    assert decision(0.75).reason == "posterior at step 4: 0.75 >= 0.5"


def test_nobody_is_judged_before_their_step():
    assert decision(decided_at=2).decided_at == 2
    with pytest.raises(InvalidValueError, match="step 2 was judged at the earlier step 1"):
        decision(decided_at=1)


@pytest.mark.parametrize("mass", [-0.1, 1.1, float("nan")])
def test_a_mass_outside_the_unit_interval_is_refused(mass):
    with pytest.raises(InvalidValueError, match="a pruned candidate's mass is"):
        decision(mass=mass)
