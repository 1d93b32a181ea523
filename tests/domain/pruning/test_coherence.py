import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.domain.capture import Capture
from tempo.domain.pruning.candidates import CandidateTraits
from tempo.domain.pruning.coherence import CoherenceDefinition, CoherencePruning
from tempo.domain.pruning.verdict import Verdict
from tempo.domain.schedule import BezierThreshold, ConstantThreshold
from tests.strategies import units

by_embedding = CoherenceDefinition.EMBEDDING


def rule(threshold=0.3, definition=CoherenceDefinition.ATTENTION):
    return CoherencePruning(ConstantThreshold(threshold), definition)


def traits(**told):
    size = len(told.get("attention", told.get("similarity", ())))
    arrays = {
        name: np.array(values) if isinstance(values, list) else values
        for name, values in told.items()
    }
    return CandidateTraits(np.full(size, 1 / size), **arrays)


def verdicts(judge, shown, step=0, max_steps=10):
    return judge.verdicts(shown, step, max_steps)


def stays(judge, shown, **when):
    return [not verdict.prunes for verdict in verdicts(judge, shown, **when)]


def test_the_attention_of_each_row_is_set_against_the_others():
    assert verdicts(rule(0.5), traits(attention=[0.4, 0.2, 0.6, 0.3])) == (
        Verdict("coherence", pytest.approx(0.5), 0.5, 1.0),
        Verdict("coherence", 0.0, 0.5, 0.0),
        Verdict("coherence", 1.0, 0.5, 1.0),
        Verdict("coherence", pytest.approx(0.25), 0.5, 0.0),
    )


def test_the_similarity_of_each_embedding_is_scaled_and_counts_as_far_as_attention_is_focused():
    shown = traits(similarity=[0.1, -0.3, 0.5], focus=0.5)

    assert verdicts(rule(0.25, by_embedding), shown) == (
        Verdict("coherence", pytest.approx(0.25), 0.25, 1.0),
        Verdict("coherence", 0.0, 0.25, 0.0),
        Verdict("coherence", pytest.approx(0.5), 0.25, 1.0),
    )


def test_only_the_threshold_changes_who_stays():
    shown = traits(attention=[0.4, 0.2, 0.6, 0.3])

    assert stays(rule(0.0), shown) == [True, True, True, True]
    assert stays(rule(0.2), shown) == [True, False, True, True]
    assert stays(rule(0.4), shown) == [True, False, True, False]
    assert stays(rule(1.0), shown) == [False, False, True, False]


def test_only_the_definition_changes_who_stays():
    shown = traits(attention=[0.9, 0.1], similarity=[0.1, 0.9], focus=1.0)

    assert stays(rule(0.5), shown) == [True, False]
    assert stays(rule(0.5, by_embedding), shown) == [False, True]


def test_only_the_step_changes_who_stays_under_a_threshold_that_moves():
    moving = CoherencePruning(BezierThreshold(0.0, 1.0, 1 / 3, 2 / 3))
    shown = traits(attention=[0.4, 0.2, 0.6])

    assert stays(moving, shown, step=0, max_steps=11) == [True, True, True]
    assert stays(moving, shown, step=4, max_steps=11) == [True, False, True]
    assert stays(moving, shown, step=10, max_steps=11) == [False, False, True]
    assert [found.threshold for found in verdicts(moving, shown, 4, 11)] == [pytest.approx(0.4)] * 3


def test_without_focus_the_most_similar_one_stays_alone():
    shown = traits(similarity=[0.1, 0.5, -0.3], focus=0.1)

    assert stays(rule(0.3, by_embedding), shown) == [False, True, False]


def test_of_equally_coherent_ones_under_the_threshold_the_most_probable_stays():
    assert stays(rule(0.3, by_embedding), traits(similarity=[0.5] * 3, focus=0.2)) == [
        True,
        False,
        False,
    ]


@pytest.mark.parametrize("noise", [0.0, 1e-7])
def test_rounding_alone_never_tells_candidates_apart(noise):
    assert stays(rule(1.0), traits(attention=[0.3, 0.3 + noise, 0.3 - noise])) == [True] * 3


@given(st.lists(units, min_size=1, max_size=6), units, units, st.sampled_from(CoherenceDefinition))
def test_somebody_stays_and_nobody_less_coherent_than_who_goes(
    values, threshold, focus, definition
):
    shown = traits(attention=values, similarity=values, focus=focus)

    found = verdicts(rule(threshold, definition), shown)

    kept = [verdict.score for verdict in found if not verdict.prunes]
    gone = [verdict.score for verdict in found if verdict.prunes]
    assert kept
    assert all(score < threshold for score in gone)
    assert max(gone, default=0.0) <= min(kept)
    assert all(0.0 <= verdict.score <= 1.0 for verdict in found)


def test_rows_are_fed_only_for_their_own_attention():
    assert rule().feeds
    assert not rule(definition=by_embedding).feeds


@pytest.mark.parametrize("definition", CoherenceDefinition)
def test_it_asks_for_the_attention_to_the_context_and_for_nothing_else(definition):
    judge = rule(definition=definition)

    assert judge.capture == Capture(context=True)
    assert judge.clusters == 0
    assert judge.at(99) is judge


def test_three_tenths_of_the_best_are_asked_for_unless_told_otherwise():
    assert CoherencePruning() == rule(0.3, CoherenceDefinition.ATTENTION)
