import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.domain.capture import Capture
from tempo.domain.errors import InvalidValueError
from tempo.domain.pruning.coherence import CoherenceDefinition, CoherencePruning
from tempo.domain.pruning.diversity import DiversityPruning
from tempo.domain.pruning.hybrid import HybridPruning
from tempo.domain.schedule import ConstantThreshold

DIVERSITY = DiversityPruning(2)
COHERENCE = CoherencePruning(ConstantThreshold(0.6), CoherenceDefinition.EMBEDDING)


@given(st.integers(0, 20), st.integers(0, 40))
def test_diversity_judges_the_first_sets_and_coherence_all_others(steps, sets):
    hybrid = HybridPruning(DIVERSITY, COHERENCE, steps)

    assert hybrid.at(sets) is (DIVERSITY if sets < steps else COHERENCE)


def test_only_the_number_of_steps_changes_whose_turn_it_is():
    turns = [HybridPruning(DIVERSITY, COHERENCE, steps).at(3) for steps in (0, 3, 4)]

    assert turns == [COHERENCE, COHERENCE, DIVERSITY]


def test_it_asks_for_what_the_rules_need_that_have_a_turn():
    assert HybridPruning().capture == Capture(context=True, hidden=True)
    assert HybridPruning(steps=0).capture == Capture(context=True)


def test_five_sets_are_judged_by_diversity_unless_told_otherwise():
    assert HybridPruning() == HybridPruning(DiversityPruning(3), CoherencePruning(), 5)


def test_a_negative_number_of_steps_is_refused():
    with pytest.raises(InvalidValueError, match="diversity_steps is -1; it must be 0 or more"):
        HybridPruning(steps=-1)
