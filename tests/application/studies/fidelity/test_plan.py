import pytest

from tempo.application.studies.fidelity.plan import StudyPlan
from tempo.domain.errors import InvalidValueError


def test_depths_are_sorted_and_everything_stands_once():
    plan = StudyPlan(depths=(4, 2, 4), thresholds=(0.1, 0.05, 0.1))
    assert (plan.depths, plan.thresholds, plan.deepest) == ((2, 4), (0.1, 0.05), 4)
    assert [rule.name for rule in plan.rules] == ["lineage", "path", "marginal", "uniform"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"depths": (0, 2)}, "depth is 0; it must be 1 or more"),
        ({"depths": ()}, "no depths"),
        ({"thresholds": ()}, "no thresholds"),
        ({"rules": ()}, "no rules"),
        ({"budget": 0}, "budget is 0; it must be 1 path or more"),
        ({"width": 0}, "max_width is 0"),
        ({"width": 65}, "max_width is 65"),
        ({"thresholds": (0.1, 1.5)}, "selection_threshold is 1.5"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(wrong, said):
    with pytest.raises(InvalidValueError, match=said):
        StudyPlan(**wrong)
