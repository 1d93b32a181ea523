import math
from dataclasses import MISSING, fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.domain.errors import InvalidValueError
from tempo.domain.tokens import Candidate, CandidateState, LogicalStep, Slot, TokenId, TokenSet
from tests.strategies import candidate, contents, units

KEPT, FINISHED = CandidateState.KEPT, CandidateState.FINISHED


@given(contents, units)
def test_a_candidate_has_a_text_and_a_log_probability(content, probability):
    one = Candidate(TokenId(3), content, probability, 0, KEPT)
    assert one.text == content.decode("utf-8", errors="replace")
    assert math.exp(one.log_probability) == pytest.approx(probability)


@pytest.mark.parametrize("probability", [-1e-9, 1.001, math.nan, math.inf])
def test_a_probability_outside_the_unit_interval_is_refused(probability):
    with pytest.raises(InvalidValueError, match="a candidate's probability is"):
        candidate(0, probability=probability)


@pytest.mark.parametrize("state", CandidateState)
def test_only_kept_and_finished_candidates_are_members(state):
    assert state.is_member == (state in {KEPT, FINISHED})


@given(st.lists(st.booleans(), min_size=1, max_size=5))
def test_the_live_members_are_those_that_are_not_finished(lives):
    members = [candidate(i, state=KEPT if live else FINISHED) for i, live in enumerate(lives)]
    token_set = TokenSet(LogicalStep(0), tuple(members))
    assert token_set.live_indices == tuple(i for i, live in enumerate(lives) if live)
    assert token_set.live == tuple(members[i] for i in token_set.live_indices)
    assert len(token_set) == len(lives)


@pytest.mark.parametrize(
    ("members", "complaint"),
    [
        ([], "step 7 has no candidate"),
        ([candidate(0), candidate(0, rank=1)], "step 7 holds a token twice"),
        ([candidate(0, rank=1), candidate(1, rank=0)], r"the ranks of step 7 are \[1, 0\]"),
        ([candidate(0), candidate(1, rank=0)], r"the ranks of step 7 are \[0, 0\]"),
        ([candidate(0, state=CandidateState.OVER_CAP)], "a candidate in state over_cap"),
    ],
)
def test_a_token_set_holds_each_token_once_by_rank(members, complaint):
    with pytest.raises(InvalidValueError, match=complaint):
        TokenSet(LogicalStep(7), tuple(members))


def test_a_candidate_that_stands_elsewhere_is_the_same_otherwise():
    told = Candidate(
        token_id=TokenId(7),
        content=b" fox",
        probability=0.25,
        rank=3,
        state=CandidateState.KEPT,
        weight=0.5,
        score=-1.0,
        parent=2,
        posterior=0.4,
        slot=Slot(11),
        reason="weakened",
        attention=0.75,
    )
    defaults = {entry.name: entry.default for entry in fields(told) if entry.default is not MISSING}
    assert all(getattr(told, name) != value for name, value in defaults.items())
    moved = told.standing(0.9, -2.0, 1)
    assert moved == replace(told, weight=0.9, score=-2.0, parent=1, posterior=None)
