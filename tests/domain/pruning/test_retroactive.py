import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.domain.errors import ContradictionError, InvalidValueError
from tempo.domain.pruning.attention import AttentionPruning
from tempo.domain.pruning.posterior import PosteriorPruning
from tempo.domain.pruning.retroactive import AfterPruning, CompleteMode, RetroactivePruning

WHOLE_STEPS = [CompleteMode.KEEP_UNATTENDED, CompleteMode.REMOVE_POSITION]


def pruning(**fields):
    return RetroactivePruning(PosteriorPruning(), **fields)


def test_a_step_is_judged_once_three_steps_later_unless_told_otherwise():
    assert pruning() == pruning(
        complete_mode=CompleteMode.KEEP_TOKEN,
        lag=3,
        comprehensive=False,
        monotone=True,
        after=AfterPruning.KEEP,
    )


@pytest.mark.parametrize("lag", [0, -1])
def test_nothing_later_is_no_evidence(lag):
    with pytest.raises(InvalidValueError, match=f"pruning_lag is {lag}; it must be 1 or more"):
        pruning(lag=lag)


@pytest.mark.parametrize("mode", WHOLE_STEPS)
@pytest.mark.parametrize(("window", "needed"), [(0, 2), (1, 2), (2, 3), (5, 6), (math.inf, 2)])
def test_a_whole_step_goes_only_once_no_row_sees_it_softly(mode, window, needed):
    pruning(complete_mode=mode, lag=needed).require_window(window)
    with pytest.raises(
        ContradictionError,
        match=f"{mode.value} takes .*pruning_lag must be {needed} or more; it is {needed - 1}",
    ):
        pruning(complete_mode=mode, lag=needed - 1).require_window(window)


@given(st.integers(0, 9) | st.just(math.inf), st.integers(1, 4))
def test_where_one_candidate_always_stays_every_lag_will_do(window, lag):
    pruning(complete_mode=CompleteMode.KEEP_TOKEN, lag=lag).require_window(window)


def test_attention_is_judged_only_after_somebody_attended():
    assert RetroactivePruning(AttentionPruning(), lag=2).lag == 2
    with pytest.raises(ContradictionError, match=r"pruning_lag is 1; .* it must be 2 or more"):
        RetroactivePruning(AttentionPruning(), lag=1)


@pytest.mark.parametrize("mode", WHOLE_STEPS)
def test_what_is_kept_or_removed_as_a_whole_step_is_not_decoded_again(mode):
    pruning(complete_mode=mode, after=AfterPruning.KEEP)
    pruning(complete_mode=CompleteMode.KEEP_TOKEN, after=AfterPruning.RECOMPUTE)
    with pytest.raises(ContradictionError, match=f"complete_pruning_mode {mode.value} keeps or"):
        pruning(complete_mode=mode, after=AfterPruning.RECOMPUTE)
