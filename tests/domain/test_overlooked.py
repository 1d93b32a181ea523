"""What a step looked at and did not keep is made when somebody looks, and is what it always was."""

import math

import pytest

from tempo.domain.commitment import PASSED_OVER
from tempo.domain.overlooked import Overlooked
from tempo.domain.selection import Choice
from tempo.domain.tokens import Candidate, CandidateState

TOKENS = (7, 3, 9, 4, 5)
CONTENTS = (b" a", b" b", b" c", b" d", b" e")
LOGS = [math.log(one) for one in (0.4, 0.3, 0.15, 0.1, 0.05)]
CHOICE = Choice(threshold=0.1, level=LOGS[3], kept=3, cut=1, cut_mass=0.1, near_ties=0)


def overlooked(members=(0, 2), reasons=None):
    return Overlooked(TOKENS, CONTENTS, LOGS, CHOICE, members, reasons or {})


def expected(reason):
    return (
        Candidate(3, b" b", math.exp(LOGS[1]), 1, CandidateState.PRUNED, reason=reason),
        Candidate(4, b" d", math.exp(LOGS[3]), 3, CandidateState.OVER_CAP),
        Candidate(5, b" e", math.exp(LOGS[4]), 4, CandidateState.BELOW_THRESHOLD),
    )


@pytest.mark.parametrize(
    ("reasons", "reason"), [({3: "posterior 0.01"}, "posterior 0.01"), ({}, PASSED_OVER)]
)
def test_each_says_why_it_was_not_kept(reasons, reason):
    assert tuple(overlooked(reasons=reasons)) == expected(reason)


def test_it_is_a_sequence_of_candidates():
    found = overlooked()
    assert len(found) == 3
    assert found[0].token_id == 3
    assert [one.token_id for one in found[1:]] == [4, 5]
    assert found == expected(PASSED_OVER) == tuple(found)
    assert found == overlooked()
    assert found != overlooked((0, 1))
    assert hash(found) == hash(tuple(found))
    assert repr(found) == repr(tuple(found))


def test_a_step_that_keeps_all_overlooks_nothing():
    assert not overlooked((0, 1, 2, 3, 4))
    assert tuple(overlooked((0, 1, 2, 3, 4))) == ()
