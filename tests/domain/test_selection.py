import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.domain.errors import ContradictionError, InvalidValueError
from tempo.domain.proposal import Proposal
from tempo.domain.schedule import ConstantThreshold
from tempo.domain.selection import Selection, log_threshold
from tempo.domain.tokens import CandidateState, TokenId
from tests.strategies import offers

widths = st.integers(1, 8)


def choose(offer, width):
    return Selection(max_width=width, considered=8).choose(offer.proposal, offer.threshold)


def reaching(offer):
    floor = np.float32(offer.threshold) * (1 - 1e-6)
    probabilities = offer.probabilities[offer.probabilities > 0]
    certain = np.abs(probabilities - offer.threshold) > 1e-6
    return probabilities[probabilities >= floor], bool(certain.all())


def proposal_of(*probabilities, threshold=0.1):
    values = np.array(probabilities)
    passing = values >= threshold
    return Proposal(
        token_ids=tuple(map(TokenId, range(len(values)))),
        log_probabilities=np.log(values),
        passing=int(passing.sum()),
        passing_mass=float(values[passing].sum()),
    )


@given(offers(), widths)
def test_all_that_reaches_the_threshold_is_kept_up_to_the_cap_and_one_at_least(offer, width):
    passing, certain = reaching(offer)
    kept = choose(offer, width).kept
    assert 1 <= kept <= width
    if certain:
        assert kept == max(1, min(len(passing), width))


@given(offers(), widths)
def test_what_is_kept_is_never_below_the_threshold_but_for_the_argmax_alone(offer, width):
    choice = choose(offer, width)
    kept = np.exp(offer.proposal.log_probabilities[: choice.kept])
    assert choice.kept == 1 or kept.min() >= offer.threshold * (1 - 1e-6)


@given(offers(), widths)
def test_no_more_than_one_over_the_threshold_pass(offer, width):
    choice = choose(offer, width)
    assert choice.kept == 1 or choice.kept * offer.threshold <= 1 + 1e-6


@given(offers(), widths)
def test_what_the_cap_cut_is_counted_with_its_mass(offer, width):
    passing, certain = reaching(offer)
    choice = choose(offer, width)
    if certain:
        assert choice.cut == max(0, len(passing) - width)
        expected = np.sort(passing)[::-1][width:].sum()
        assert choice.cut_mass == pytest.approx(expected, abs=1e-9)


@given(offers(), widths)
def test_every_considered_candidate_gets_the_state_that_the_cut_gave_it(offer, width):
    choice = choose(offer, width)
    logs = offer.proposal.log_probabilities.tolist()
    states = [choice.state(rank, log) for rank, log in enumerate(logs)]
    over = sum(log >= log_threshold(offer.threshold) for log in logs[choice.kept :])
    assert states == (
        [CandidateState.KEPT] * choice.kept
        + [CandidateState.OVER_CAP] * over
        + [CandidateState.BELOW_THRESHOLD] * (len(logs) - choice.kept - over)
    )


def test_threshold_zero_means_the_cap_alone():
    proposal = proposal_of(0.7, 0.2, 0.09, 0.009, 0.001, threshold=0.0)
    choice = Selection(ConstantThreshold(0.0), 3, 5).choose(proposal, 0.0)
    assert (choice.kept, choice.cut, choice.near_ties) == (3, 2, 0)
    assert choice.cut_mass == pytest.approx(0.01)


def test_the_argmax_is_kept_where_nothing_reaches_the_threshold():
    choice = Selection().choose(proposal_of(0.3, 0.2, threshold=0.9), 0.9)
    assert (choice.kept, choice.cut, choice.cut_mass) == (1, 0, 0.0)


def test_a_probability_equal_to_the_threshold_passes():
    assert Selection().choose(proposal_of(0.9, 0.1), 0.1).kept == 2


def test_candidates_within_a_millionth_of_the_threshold_are_near_ties():
    proposal = proposal_of(0.5, 0.1 + 9e-7, 0.1 - 9e-7, 0.1 + 3e-6)
    assert Selection().choose(proposal, 0.1).near_ties == 2


def test_a_threshold_is_compared_as_float32_holds_it():
    assert log_threshold(0.1) == float(np.float32(math.log(0.1))) != math.log(0.1)
    assert log_threshold(0.0) == -math.inf


@pytest.mark.parametrize("width", [0, -1, 65])
def test_a_width_outside_1_to_64_is_refused(width):
    with pytest.raises(InvalidValueError, match=rf"max_width is {width}; it must be from 1 to 64"):
        Selection(max_width=width, considered=100)


def test_fewer_considered_than_may_be_kept_is_a_contradiction():
    with pytest.raises(ContradictionError, match=r"considered is 7 and max_width 8"):
        Selection(max_width=8, considered=7)


def test_the_widest_and_the_narrowest_selection_are_allowed():
    assert Selection(max_width=64, considered=64).max_width == 64
    assert Selection(max_width=1, considered=1).max_width == 1
