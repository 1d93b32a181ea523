"""What a study of early exit refuses, in one sentence each."""

import pytest

from tempo.application.studies.early_exit.plan import EarlyExitPlan
from tempo.domain.errors import ContradictionError, InvalidValueError


def test_exit_layers_are_those_named_or_at_the_documents_shares():
    assert EarlyExitPlan().layers_of(8) == (1, 3, 4, 6, 7)
    assert EarlyExitPlan(fractions=(0.5, 1.0)).layers_of(8) == (4, 8)
    assert EarlyExitPlan(layers=(6, 2, 6)).layers_of(8) == (2, 6)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: EarlyExitPlan(criteria=()), "the study has no criteria; give at least one"),
        (lambda: EarlyExitPlan(levels=()), "the study has no levels; give at least one"),
        (lambda: EarlyExitPlan(levels=(95,)), "level is 95; it must be above 0 and at most 1"),
        (lambda: EarlyExitPlan(steps=1), "steps is 1; it must be 2 or more"),
        (lambda: EarlyExitPlan(calibration=0), "calibration is 0; it must be 1 or more"),
        (lambda: EarlyExitPlan(set_width=0), "set_width is 0; it must be 1 or more"),
        (
            lambda: EarlyExitPlan(set_threshold=1.5),
            "set_threshold is 1.5; it must be from 0 to 1",
        ),
        (
            lambda: EarlyExitPlan(layers=(3, 9)).layers_of(8),
            "exit layer 9 does not exist; the model has layers 1 to 8",
        ),
        (
            lambda: EarlyExitPlan(layers=(0,)).layers_of(8),
            "exit layer 0 does not exist; the model has layers 1 to 8",
        ),
        (
            lambda: EarlyExitPlan(layers=(2,), fractions=(0.5,)),
            "layer and fraction exclude each other; leave one of them out",
        ),
        (
            lambda: EarlyExitPlan(calibration=20).require_texts(20),
            "calibration is 20 and there are 20 texts; it must leave at least one to measure on",
        ),
    ],
)
def test_what_cannot_be_measured_is_one_sentence(make, said):
    with pytest.raises((InvalidValueError, ContradictionError)) as caught:
        make()
    assert str(caught.value) == said
