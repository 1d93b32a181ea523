"""Which threshold moves, in which shape."""

import pytest

from tempo.application.settings.reading import build_request, read_settings
from tempo.application.settings.settings import DEFAULTS
from tempo.application.settings.threshold_curves import CURVE, moved_setting, schedule_of
from tempo.application.settings.words import PAIRS
from tempo.domain.errors import InvalidValueError
from tempo.domain.schedule import (
    AbsoluteBezierThreshold,
    BezierThreshold,
    ConstantThreshold,
    LciThreshold,
    LinearThreshold,
    ReluThreshold,
)

COHERENCE = {"pruning_strategy": "coherence"}
POSTERIOR = {"retroactive_pruning": "posterior"}
ATTENTION = {"retroactive_pruning": "attention"}
FIRST = {
    "selection_threshold": 0.1,
    "attention_threshold": 0.01,
    "posterior_floor": 0.02,
    "coherence_threshold": 0.3,
}


def thresholds(**given):
    """Every threshold of a request by its setting's name."""
    request = build_request(read_settings(given), (1,))
    found = {"selection_threshold": request.selection.threshold}
    if request.strategy is not None:
        strategy = getattr(request.strategy, "coherence", request.strategy)
        found["coherence_threshold"] = strategy.threshold
    if request.retroactive is not None:
        rule = request.retroactive.rule
        name = "posterior_floor" if hasattr(rule, "floor") else "attention_threshold"
        found[name] = getattr(rule, "floor" if hasattr(rule, "floor") else "absolute")
    return found


def refusal(**given):
    with pytest.raises(InvalidValueError) as caught:
        read_settings(given)
    return str(caught.value)


@pytest.mark.parametrize(
    ("given", "curve"),
    [
        ({"threshold_curve": "bezier"}, BezierThreshold(0.1, 1, 0.2, 0.8)),
        ({"threshold_curve": "bezier_absolute"}, AbsoluteBezierThreshold(0.1, 1, 0.2, 0.8)),
        (
            {"threshold_curve": "bezier_absolute", "bezier_p1": 0.4, "bezier_p2": 0.3},
            AbsoluteBezierThreshold(0.1, 1, 0.4, 0.3),
        ),
        ({"threshold_curve": "linear"}, LinearThreshold(0.1, 1)),
        ({"threshold_curve": "relu"}, ReluThreshold(0.1, 1, 0.5)),
        (
            {"threshold_curve": "relu", "relu_activation_point": 0.2},
            ReluThreshold(0.1, 1, 0.2),
        ),
        ({"threshold_curve": "lci"}, LciThreshold(0.1, 1)),
        ({"use_lci_dynamic_threshold": True}, LciThreshold(0.1, 1)),
        ({"use_lci_dynamic_threshold": True, "final_threshold": 0.4}, LciThreshold(0.1, 0.4)),
        ({"threshold_curve": "constant"}, ConstantThreshold(0.1)),
        ({"threshold_curve": "constant", "dynamic_threshold": True}, ConstantThreshold(0.1)),
        ({"threshold_preset": "slow-start"}, BezierThreshold(0.1, 1, 0.2, 0.8)),
        ({"threshold_preset": "linear"}, LinearThreshold(0.1, 1)),
        ({"threshold_preset": "fast-start"}, BezierThreshold(0.1, 1, 0.8, 0.2)),
        ({"threshold_preset": "s-curve"}, BezierThreshold(0.1, 1, 0.2, 0.2)),
        ({"bezier_points": "0.1,0.9"}, BezierThreshold(0.1, 1, 0.1, 0.9)),
        ({"bezier_points": " 0.1 , 0.9 "}, BezierThreshold(0.1, 1, 0.1, 0.9)),
        ({"bezier_points": "[0.1, 0.9]"}, BezierThreshold(0.1, 1, 0.1, 0.9)),
        ({"bezier_points": " [0.1,0.9] "}, BezierThreshold(0.1, 1, 0.1, 0.9)),
        ({"bezier_points": [0.1, 0.9]}, BezierThreshold(0.1, 1, 0.1, 0.9)),
        ({"bezier_points": (0.2, 0.8)}, BezierThreshold(0.1, 1, 0.2, 0.8)),
        ({"bezier_points": "0.1,0.9", "bezier_p1": 0.1}, BezierThreshold(0.1, 1, 0.1, 0.9)),
        ({"final_threshold": 0.05}, BezierThreshold(0.1, 0.05, 0.2, 0.8)),
        ({"use_relu": True, "final_threshold": 0.05}, ReluThreshold(0.1, 0.05, 0.5)),
        ({"threshold_preset": None}, ConstantThreshold(0.1)),
        ({"no_lci_dynamic_threshold": False}, ConstantThreshold(0.1)),
        ({"no_lci_dynamic_threshold": True}, ConstantThreshold(0.1)),
        ({"use_lci_dynamic_threshold": False}, ConstantThreshold(0.1)),
    ],
)
def test_each_shape_is_its_own_schedule(given, curve):
    assert thresholds(**given) == {"selection_threshold": curve}


@pytest.mark.parametrize("name", CURVE)
def test_naming_a_setting_of_the_curve_switches_it_on_even_at_its_default(name):
    default = DEFAULTS[name]
    if default is not None:
        assert thresholds(**{name: default}) != thresholds()


@pytest.mark.parametrize(
    ("given", "moved"),
    [
        ({}, "selection_threshold"),
        (COHERENCE, "selection_threshold"),
        (POSTERIOR, "posterior_floor"),
        (ATTENTION, "attention_threshold"),
        ({**COHERENCE, **ATTENTION}, "attention_threshold"),
        ({**POSTERIOR, "dynamic_target": "selection"}, "selection_threshold"),
        ({**POSTERIOR, "dynamic_target": "retroactive"}, "posterior_floor"),
        ({**ATTENTION, "dynamic_target": "retroactive"}, "attention_threshold"),
        ({**COHERENCE, "dynamic_target": "coherence"}, "coherence_threshold"),
        ({"pruning_strategy": "hybrid", "dynamic_target": "coherence"}, "coherence_threshold"),
        ({**COHERENCE, **ATTENTION, "dynamic_target": "coherence"}, "coherence_threshold"),
    ],
)
def test_the_curve_moves_one_threshold_and_no_other(given, moved):
    found = thresholds(**given, final_threshold=0.6)
    still = {name: ConstantThreshold(FIRST[name]) for name in found if name != moved}
    assert found == still | {moved: BezierThreshold(FIRST[moved], 0.6, 0.2, 0.8)}
    assert moved_setting(read_settings(given)) == moved


@pytest.mark.parametrize(
    ("beside", "name"),
    [
        ({}, "selection_threshold"),
        (COHERENCE, "coherence_threshold"),
        (POSTERIOR, "posterior_floor"),
        (ATTENTION, "attention_threshold"),
    ],
)
@pytest.mark.parametrize("curve", [{}, {"threshold_curve": "linear"}, {"use_relu": True}])
def test_a_threshold_outside_its_range_is_refused_by_its_own_name(beside, name, curve):
    target = {"dynamic_target": "coherence"} if curve and beside == COHERENCE else {}
    sentence = refusal(**beside, **curve, **target, **{name: 1.5})
    assert sentence.startswith(f"{name} is 1.5; it must be in")


def test_a_schedule_says_what_it_moves():
    settings = read_settings({**ATTENTION, "threshold_curve": "lci"})
    for name in ("selection_threshold", "attention_threshold"):
        assert schedule_of(settings, name).name == name


@pytest.mark.parametrize(
    "value",
    [
        *("0.1", "0.1,0.2,0.3", [0.1], 0.1, None, {"a": 1, "b": 2}),
        *("[0.1]", "[0.1,0.9", "0.1,0.9]", "[]", "(0.1,0.9)", "[[0.1,0.9]]", "0.1,[0.9]"),
    ],
)
def test_points_that_are_no_pair_are_refused(value):
    sentence = refusal(bezier_points=value)
    assert sentence == f"bezier_points is {value!r}; it must be two numbers such as 0.1,0.9"
    assert list(PAIRS) == ["bezier_points"]


@pytest.mark.parametrize("value", ["a,b", "0.1,", "0.1,2"])
def test_a_point_that_is_none_is_refused_by_the_settings_name(value):
    assert refusal(bezier_points=value).startswith("bezier_p")


def test_two_words_for_the_same_point_must_agree():
    assert "given twice" in refusal(bezier_points="0.1,0.9", bezier_p2=0.8)
