import pytest

from tempo.domain.errors import InvalidValueError
from tempo.domain.pruning.decision import Effect, PruningDecision


def decision(score=0.25, effect=Effect.PRUNED, **fields):
    given = {"step": 2, "token_id": 7, "rule": "posterior", "threshold": 0.5, "decided_at": 4}
    return PruningDecision(score=score, effect=effect, **(given | {"mass": 0.1} | fields))


def test_a_candidate_leaves_unless_it_is_weakened_or_unattended():
    assert {effect for effect in Effect if not effect.leaves} == {
        Effect.WEAKENED,
        Effect.UNATTENDED,
    }


def test_the_decision_reads_as_one_phrase():
    assert decision().reason == "pruned at step 4: posterior 0.25 against 0.5"
    assert decision(0.123456).reason == "pruned at step 4: posterior 0.1235 against 0.5"
    assert (
        decision(effect=Effect.POSITION_REMOVED, rule="attention", decided_at=9).reason
        == "position_removed at step 9: attention 0.25 against 0.5"
    )


def test_what_is_gone_is_seen_by_nobody_unless_it_is_said_otherwise():
    assert decision().weight == 0.0
    assert decision(effect=Effect.WEAKENED, weight=0.3).weight == 0.3


def test_nobody_is_judged_before_their_step():
    assert decision(decided_at=2).decided_at == 2
    with pytest.raises(InvalidValueError, match="step 2 was judged at the earlier step 1"):
        decision(decided_at=1)


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_mass_or_weight_outside_the_unit_interval_is_refused(share):
    with pytest.raises(InvalidValueError, match="a pruned candidate's mass is"):
        decision(mass=share)
    with pytest.raises(InvalidValueError, match="a judged candidate's weight is"):
        decision(weight=share)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_both_ends_of_the_unit_interval_are_in_it(share):
    assert (decision(mass=share).mass, decision(weight=share).weight) == (share, share)
