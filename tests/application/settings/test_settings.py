import dataclasses
import json
import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tempo.application.settings.reading import build_request, read_settings
from tempo.application.settings.settings import DEFAULTS, SPECS, Settings
from tempo.application.settings.specs import Group
from tempo.domain.errors import TempoError

EXPECTED = {
    "selection_threshold": 0.1,
    "threshold_basis": "auto",
    "max_width": 8,
    "considered": 16,
    "max_steps": 100,
    "superposition": "lineage",
    "sharpness": 2,
    "window": 1,
    "visibility": "isolated",
    "positions": "shared",
    "readout": "mixture",
    "temperature": 1,
    "top_k": None,
    "top_p": None,
    "min_p": None,
    "repetition_penalty": 1,
    "min_steps": 0,
    "stop": (),
    "stop_on": "mass",
    "stop_mass": 0.5,
    "max_cache_tokens": None,
    "pruning_strategy": "none",
    "coherence_definition": "attention",
    "coherence_threshold": 0.3,
    "diversity_clusters": 3,
    "diversity_steps": 5,
    "retroactive_pruning": "off",
    "posterior_mass": 0.98,
    "posterior_floor": 0.02,
    "attention_threshold": 0.01,
    "relative_threshold": 0.5,
    "relative_attention": True,
    "multi_scale_attention": True,
    "num_layers_to_use": None,
    "sigmoid_threshold": True,
    "sigmoid_steepness": 10,
    "attention_decay": 1,
    "complete_pruning_mode": "keep_token",
    "pruning_lag": 3,
    "comprehensive_pruning": False,
    "monotone_pruning": True,
    "after_pruning": "keep",
    "dynamic_threshold": False,
    "final_threshold": 1.0,
    "threshold_curve": "bezier",
    "threshold_preset": None,
    "bezier_p1": 0.2,
    "bezier_p2": 0.8,
    "use_relu": False,
    "relu_activation_point": 0.5,
    "dynamic_target": "auto",
    "use_mcts": False,
    "mcts_simulations": 10,
    "mcts_c_puct": 1.0,
    "mcts_depth": 5,
    "mcts_words": (),
    "mcts_pattern": (),
    "mcts_rollout": "sampled",
    "mcts_batch": 8,
    "mcts_rows": None,
    "default_mode": False,
    "seed": 42,
}
"""Design section 8; `default_mode` is the documents' own."""

shares = st.floats(0, 1)
given_settings = st.fixed_dictionaries(
    {},
    optional={
        "selection_threshold": shares,
        "threshold_basis": st.sampled_from(["auto", "total", "leader"]),
        "max_width": st.integers(1, 64),
        "considered": st.integers(1, 200),
        "max_steps": st.integers(1, 500),
        "superposition": st.sampled_from(["lineage", "path", "marginal", "uniform"]),
        "sharpness": st.floats(0.1, 10),
        "window": st.integers(0, 5) | st.sampled_from(["inf", math.inf]),
        "visibility": st.sampled_from(["isolated", "visible"]),
        "top_k": st.none() | st.integers(0, 50),
        "top_p": st.none() | st.floats(0.1, 1),
        "min_p": st.none() | shares,
        "temperature": st.floats(0.1, 5),
        "stop": st.lists(st.text(min_size=1, max_size=3), max_size=2),
        "stop_on": st.sampled_from(["mass", "any", "best", "all"]),
        "stop_mass": st.floats(0.1, 1),
        "min_steps": st.integers(0, 20),
        "dynamic_threshold": st.booleans(),
        "final_threshold": shares,
        "bezier_p1": shares,
        "use_relu": st.booleans(),
        "relu_activation_point": shares,
        "use_mcts": st.booleans(),
        "mcts_simulations": st.integers(1, 50),
        "mcts_words": st.lists(st.sampled_from(["dog", "park"]), max_size=2),
        "default_mode": st.booleans(),
        "seed": st.integers(0, 10**6),
    },
)


def test_the_settings_and_their_defaults_are_those_of_the_design():
    assert DEFAULTS == EXPECTED
    assert list(SPECS) == list(DEFAULTS)


@pytest.mark.parametrize("name", SPECS)
def test_a_setting_is_told_in_one_sentence_with_its_range(name):
    spec = SPECS[name]
    assert spec.meaning.endswith(".")
    assert spec.allowed
    assert isinstance(spec.group, Group)
    assert spec.optional == (DEFAULTS[name] is None)


def test_the_defaults_are_settings_that_run():
    assert read_settings({}) == Settings()
    assert build_request(Settings(), (1,)).max_steps == 100


def test_settings_cannot_change():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().max_steps = 3


def test_a_setting_departs_when_it_differs_and_is_named_when_it_was_given():
    assert not Settings().names("max_steps")
    assert Settings(max_steps=7).names("max_steps")
    assert Settings(max_steps=7).departs("max_steps")
    given_as_default = read_settings({"max_steps": 100})
    assert given_as_default.names("max_steps")
    assert not given_as_default.departs("max_steps")


def test_equal_settings_are_equal_however_they_were_given():
    assert read_settings({"max_steps": 100}) == Settings()
    assert read_settings({"max_steps": 99}) == Settings(max_steps=99)
    assert Settings(max_steps=99) != Settings()


def test_every_setting_is_in_the_mapping_by_its_own_name():
    assert Settings().as_mapping() == EXPECTED | {"stop": [], "mcts_words": [], "mcts_pattern": []}


def test_an_infinite_window_is_a_word_in_the_mapping():
    assert read_settings({"window": math.inf}).as_mapping()["window"] == "inf"


def test_the_mapping_of_the_defaults_reads_back_equal():
    assert read_settings(Settings().as_mapping()) == Settings()


@pytest.mark.parametrize(
    "curve",
    [
        {"final_threshold": 0.5},
        {"dynamic_threshold": True},
        {"use_relu": True, "relu_activation_point": 0.3},
        {"bezier_p1": 0.2},
    ],
)
def test_the_mapping_of_a_curve_reads_back_as_the_same_curve(curve):
    settings = read_settings(curve)
    again = read_settings(settings.as_mapping())
    assert again == settings
    assert build_request(again, (1,)) == build_request(settings, (1,))


@given(given_settings)
def test_the_mapping_is_json_and_reads_back_as_the_same_run(values):
    try:
        settings = read_settings(values)
    except TempoError:
        assume(False)
    text = json.dumps(settings.as_mapping(), allow_nan=False)
    again = read_settings(json.loads(text))
    assert again == settings
    assert build_request(again, (1,)) == build_request(settings, (1,))


def test_the_mapping_of_a_setting_with_no_upper_end_is_json():
    """A range without end must not let a number in that JSON cannot hold."""
    for name in ("temperature", "repetition_penalty"):
        try:
            settings = read_settings({name: math.inf})
        except TempoError:
            continue
        json.dumps(settings.as_mapping(), allow_nan=False)
