"""Under which settings a kept run goes on where others are named."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.application.records.record import Provenance
from tempo.application.records.resuming import resumed_settings
from tempo.application.settings.building import build_request
from tempo.application.settings.reading import read_settings
from tempo.application.settings.settings import Settings
from tempo.application.settings.threshold_curves import curve_is_on, moved_setting
from tempo.domain.errors import IneffectiveSettingError
from tempo.domain.schedule import BezierThreshold, ConstantThreshold

POSTERIOR = {"retroactive_pruning": "posterior", "posterior_floor": 0.9}
ATTENTION = {"retroactive_pruning": "attention", "attention_decay": 0.5}
CURVE = {"final_threshold": 0.5, "bezier_p1": 0.1}


def went_on(saved, **named):
    """The settings of a run that goes on from one that was saved under others."""
    kept = json.loads(json.dumps(read_settings(saved).as_mapping()))
    made = resumed_settings(Provenance(settings=kept), named)
    again = json.loads(json.dumps(made.as_mapping()))
    assert read_settings(again) == made
    return made


def selection(settings):
    return build_request(settings, (1,)).selection.threshold


# What a newly named setting takes the effect of -------------------------------------------------


@pytest.mark.parametrize(
    ("saved", "named", "same"),
    [
        (POSTERIOR, {"retroactive_pruning": "off"}, {}),
        (POSTERIOR, {"use_retroactive_pruning": False}, {}),
        (POSTERIOR | {"pruning_lag": 5}, {"retroactive_pruning": "off"}, {}),
        (POSTERIOR, {"retroactive_pruning": "attention"}, {"retroactive_pruning": "attention"}),
        (ATTENTION, {"retroactive_pruning": "posterior"}, {"retroactive_pruning": "posterior"}),
        (
            POSTERIOR | {"complete_pruning_mode": "keep_unattended"},
            {"posterior_floor": 0.1},
            {"retroactive_pruning": "posterior", "posterior_floor": 0.1},
        ),
        (
            {"pruning_strategy": "hybrid", "diversity_steps": 3, "coherence_threshold": 0.5},
            {"pruning_strategy": "coherence"},
            {"pruning_strategy": "coherence", "coherence_threshold": 0.5},
        ),
        ({"pruning_strategy": "coherence"} | POSTERIOR, {"max_width": 1}, {"max_width": 1}),
        (POSTERIOR, {"default_mode": True}, {"default_mode": True}),
        ({"max_width": 4, **CURVE}, {"default_mode": True}, {"default_mode": True}),
        ({"sharpness": 3}, {"superposition": "path"}, {"superposition": "path"}),
    ],
)
def test_what_was_saved_and_has_no_effect_any_more_is_left_out(saved, named, same):
    assert went_on(saved, **named) == read_settings(same)


@pytest.mark.parametrize(
    ("saved", "named"),
    [
        (POSTERIOR, {"retroactive_pruning": "off", "posterior_floor": 0.9}),
        (POSTERIOR, {"retroactive_pruning": "off", "posterior_mass": 0.5}),
        (POSTERIOR, {"attention_threshold": 0.02}),
    ],
)
def test_what_is_named_now_and_has_no_effect_is_refused(saved, named):
    with pytest.raises(IneffectiveSettingError, match=f"{list(named)[-1]} .* would have no effect"):
        went_on(saved, **named)


def test_base_settings_that_are_given_now_are_judged_whole():
    base = read_settings(POSTERIOR)
    with pytest.raises(IneffectiveSettingError, match=r"posterior_floor 0\.9"):
        resumed_settings(Provenance(), {"retroactive_pruning": "off"}, base)


@given(st.sampled_from([{}, POSTERIOR, ATTENTION, CURVE, POSTERIOR | CURVE, {"max_width": 20}]))
def test_where_nothing_is_named_the_saved_settings_hold(saved):
    assert went_on(saved) == read_settings(saved)


def test_what_still_has_an_effect_stays():
    made = went_on(POSTERIOR | {"pruning_lag": 5, "window": 2}, posterior_floor=0.5)
    assert (made.posterior_floor, made.pruning_lag, made.window) == (0.5, 5, 2)


# Which rule `on` means --------------------------------------------------------------------------


@pytest.mark.parametrize("word", [{"use_retroactive_pruning": True}, {"retroactive_pruning": "on"}])
@pytest.mark.parametrize(
    ("saved", "named", "rule"),
    [
        ({}, {}, "posterior"),
        (POSTERIOR, {}, "posterior"),
        (ATTENTION, {}, "attention"),
        ({}, {"attention_threshold": 0.02}, "attention"),
        (POSTERIOR, {"attention_threshold": 0.02}, "attention"),
        (POSTERIOR, {"posterior_floor": 0.1}, "posterior"),
        (ATTENTION, {"posterior_floor": 0.1}, "posterior"),
    ],
)
def test_on_is_the_rule_of_the_settings_that_are_named_and_else_the_saved_one(
    word, saved, named, rule
):
    made = went_on(saved, **word, **named)
    assert made.retroactive_pruning == rule
    assert made.posterior_floor == (named or saved).get("posterior_floor", 0.02)


# The curve of a threshold -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "saved",
    [CURVE, {"use_relu": True}, {"dynamic_threshold": True}, {"threshold_preset": "linear"}],
)
def test_the_switch_alone_stops_a_curve_that_was_saved(saved):
    assert went_on(saved, dynamic_threshold=False) == Settings()
    assert curve_is_on(went_on(saved))


def test_the_switch_alone_stops_a_curve_of_base_settings():
    assert read_settings({"dynamic_threshold": False}, read_settings(CURVE)) == Settings()


def test_a_curve_setting_named_beside_the_switch_wins_over_it():
    made = went_on(CURVE, dynamic_threshold=False, final_threshold=0.3)
    assert selection(made) == BezierThreshold(0.1, 0.3, 0.1, 0.8)


@pytest.mark.parametrize(
    ("saved", "named"),
    [
        (POSTERIOR | CURVE, {"retroactive_pruning": "off"}),
        (POSTERIOR | CURVE | {"dynamic_target": "retroactive"}, {"retroactive_pruning": "off"}),
        (
            {"pruning_strategy": "coherence", "dynamic_target": "coherence"} | CURVE,
            {"pruning_strategy": "none"},
        ),
    ],
)
def test_a_curve_goes_with_the_threshold_that_it_moved(saved, named):
    assert selection(went_on(saved, **named)) == ConstantThreshold(0.1)


def test_a_curve_stays_on_the_threshold_that_it_moved():
    made = went_on(CURVE, retroactive_pruning="posterior")
    assert moved_setting(made) == "selection_threshold"
    assert selection(made) == BezierThreshold(0.1, 0.5, 0.1, 0.8)
