import pytest

from tempo.application.studies.speed.plan import SpeedPlan
from tempo.domain.errors import InvalidValueError


def test_numbers_are_sorted_and_stand_once():
    plan = SpeedPlan(widths=(4, 1, 4), contexts=(512, 128), batches=(8, 1))
    assert (plan.widths, plan.contexts, plan.batches) == ((1, 4), (128, 512), (1, 8))


def test_the_longest_run_has_room_for_every_round_and_the_one_before_them():
    plan = SpeedPlan(contexts=(10,), rounds=3, steps=5)
    assert plan.decoded == 20
    assert plan.longest == 31


def test_prompts_at_once_may_be_left_out():
    assert SpeedPlan(batches=()).batches == ()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"widths": ()}, "the study has no widths; give at least one"),
        ({"contexts": (0,)}, "contexts has 0; it must be from 1 to 1,048,576"),
        ({"widths": (1, 65)}, "widths has 65; it must be from 1 to 64"),
        ({"rounds": 0}, "rounds has 0; it must be from 1 to 1,000"),
        ({"steps": -1}, "steps has -1; it must be from 1 to 4,096"),
        ({"batch_width": 0}, "widths has 0"),
    ],
)
def test_what_cannot_be_timed_is_refused(given, message):
    with pytest.raises(InvalidValueError, match=message):
        SpeedPlan(**given)
