import math

import pytest

from tempo.application.settings.reading import (
    ALIASES,
    CURVE,
    MULTIPATH,
    SWITCHES,
    build_request,
    read_settings,
)
from tempo.application.settings.settings import DEFAULTS, SPECS, Settings
from tempo.application.settings.words import WISHES
from tempo.domain.errors import (
    ContradictionError,
    IneffectiveSettingError,
    InvalidValueError,
    UnknownSettingError,
)
from tempo.domain.layout import PositionScheme
from tempo.domain.readout import Readout
from tempo.domain.row_rules import RowRules
from tempo.domain.schedule import BezierThreshold, ConstantThreshold, ReluThreshold
from tempo.domain.stopping import StopOn, Stopping
from tempo.domain.superposition import Lineage, Marginal, Uniform, path_superposition
from tempo.domain.visibility import Visibility

ABOVE_ONE = 1.0000001
BELOW_ZERO = -1e-9


def asked(**given):
    """The request that settings mean."""
    return build_request(read_settings(given), (1,))


def schedule(**given):
    return asked(**given).selection.threshold


def refusal(error, given, base=None):
    with pytest.raises(error) as caught:
        read_settings(given, base)
    return str(caught.value)


# Ranges -----------------------------------------------------------------------------------------

ACCEPTED = {
    "selection_threshold": (0, 1),
    "threshold_basis": ("auto", "total", "leader"),
    "max_width": (1, 64),
    "considered": (8, 10_000),
    "max_steps": (1, 10**6),
    "superposition": ("lineage", "path", "marginal", "uniform"),
    "sharpness": (1e-6, 1000),
    "window": (0, 1, 50, "inf", math.inf),
    "visibility": ("isolated", "visible"),
    "positions": ("shared", "consecutive"),
    "readout": ("mixture", "product", "survivors", "best", "last"),
    "temperature": (1e-6, 1000),
    "top_k": (None, 0, 1, 10**6),
    "top_p": (None, 1e-6, 1),
    "min_p": (None, 0, 1),
    "repetition_penalty": (1e-6, 1000),
    "min_steps": (0, 100),
    "stop": ((), "x", ["x", "y"]),
    "stop_on": ("mass", "any", "best", "all"),
    "stop_mass": (1e-6, 1),
    "max_cache_tokens": (None, 3, 10**6),
    "pruning_strategy": ("none", "coherence", "diversity", "hybrid"),
    "coherence_definition": ("attention", "embedding"),
    "coherence_threshold": (0, 1),
    "diversity_clusters": (1, 10**6),
    "diversity_steps": (0, 10**6),
    "retroactive_pruning": ("off", "posterior", "attention"),
    "posterior_mass": (1e-6, 1),
    "posterior_floor": (1e-6, 1),
    "attention_threshold": (0, 1),
    "relative_threshold": (0, 1),
    "relative_attention": (True, False),
    "multi_scale_attention": (True, False),
    "num_layers_to_use": (None, 1, 10**6),
    "sigmoid_threshold": (True, False),
    "sigmoid_steepness": (1e-6, 1000),
    "attention_decay": (0, 1),
    "complete_pruning_mode": ("keep_token", "keep_unattended", "remove_position"),
    "pruning_lag": (1, 10**6),
    "comprehensive_pruning": (True, False),
    "monotone_pruning": (True, False),
    "after_pruning": ("keep", "recompute"),
    "dynamic_threshold": (True, False),
    "final_threshold": (0, 1),
    "threshold_curve": ("bezier", "bezier_absolute", "linear", "relu", "lci", "constant"),
    "threshold_preset": (None, "slow-start", "linear", "fast-start", "s-curve"),
    "bezier_p1": (0, 1),
    "bezier_p2": (0, 1),
    "use_relu": (True, False),
    "relu_activation_point": (0, 1),
    "dynamic_target": ("auto", "selection", "retroactive", "coherence"),
    "use_mcts": (True, False),
    "mcts_simulations": (1, 10**6),
    "mcts_c_puct": (0, 1000),
    "mcts_depth": (1, 10**6),
    "mcts_words": ((), "x", ["x", "y"]),
    "mcts_pattern": ((), "x", ["x+", "(y)"]),
    "mcts_rollout": ("sampled", "greedy"),
    "mcts_batch": (1, 10**6),
    "mcts_rows": (None, 99, 10**6),
    "default_mode": (True, False),
    "seed": (0, 2**64),
}
OUTSIDE = {
    "selection_threshold": (BELOW_ZERO, ABOVE_ONE),
    "threshold_basis": ("all",),
    "max_width": (0, 65, -1),
    "considered": (7, 0),
    "max_steps": (0, -1),
    "superposition": ("greedy", ""),
    "sharpness": (0, -1, math.inf),
    "window": (-1, 1.5),
    "visibility": ("hidden",),
    "positions": ("apart",),
    "readout": ("mean",),
    "temperature": (0, -1),
    "top_k": (-1,),
    "top_p": (0, ABOVE_ONE),
    "min_p": (BELOW_ZERO, ABOVE_ONE),
    "repetition_penalty": (0, -1),
    "min_steps": (-1,),
    "stop_on": ("never",),
    "stop_mass": (0, ABOVE_ONE),
    "max_cache_tokens": (0, -1),
    "pruning_strategy": ("all", True),
    "coherence_definition": ("cosine",),
    "coherence_threshold": (BELOW_ZERO, ABOVE_ONE),
    "diversity_clusters": (0, -1),
    "diversity_steps": (-1,),
    "retroactive_pruning": ("sometimes", 1),
    "posterior_mass": (0, ABOVE_ONE),
    "posterior_floor": (0, BELOW_ZERO, ABOVE_ONE),
    "attention_threshold": (BELOW_ZERO, ABOVE_ONE),
    "relative_threshold": (BELOW_ZERO, ABOVE_ONE),
    "num_layers_to_use": (0, -1),
    "sigmoid_steepness": (0, -1, math.inf),
    "attention_decay": (BELOW_ZERO, ABOVE_ONE),
    "complete_pruning_mode": ("keep_best",),
    "pruning_lag": (0, -1),
    "after_pruning": ("forget",),
    "final_threshold": (BELOW_ZERO, ABOVE_ONE),
    "threshold_curve": ("spline",),
    "threshold_preset": ("slow",),
    "bezier_p1": (BELOW_ZERO, ABOVE_ONE),
    "bezier_p2": (BELOW_ZERO, ABOVE_ONE),
    "relu_activation_point": (BELOW_ZERO, ABOVE_ONE),
    "dynamic_target": ("posterior",),
    "mcts_simulations": (0, -1),
    "mcts_c_puct": (-0.5, math.inf),
    "mcts_depth": (0, -1),
    "mcts_words": ("", " "),
    "mcts_pattern": ("(",),
    "mcts_rollout": ("random",),
    "mcts_batch": (0, -1),
    "mcts_rows": (0, -1, 98),
}
HYBRID = {"pruning_strategy": "hybrid"}
RETROACTIVE = {"retroactive_pruning": "posterior"}
ATTENTION = {"retroactive_pruning": "attention"}
SEARCH = {"use_mcts": True}
BESIDE = {
    "coherence_definition": HYBRID,
    "coherence_threshold": HYBRID,
    "diversity_clusters": HYBRID,
    "diversity_steps": HYBRID,
    "posterior_mass": RETROACTIVE,
    "posterior_floor": RETROACTIVE,
    "attention_threshold": ATTENTION,
    "relative_threshold": ATTENTION,
    "relative_attention": ATTENTION,
    "multi_scale_attention": ATTENTION,
    "num_layers_to_use": ATTENTION,
    "sigmoid_threshold": ATTENTION,
    "sigmoid_steepness": ATTENTION,
    "attention_decay": ATTENTION,
    "complete_pruning_mode": ATTENTION,
    "pruning_lag": RETROACTIVE | {"max_steps": 10**6 + 1},
    "comprehensive_pruning": RETROACTIVE,
    "monotone_pruning": ATTENTION | {"comprehensive_pruning": True},
    "after_pruning": RETROACTIVE,
    "relu_activation_point": {"use_relu": True},
    "dynamic_target": HYBRID | RETROACTIVE,
    "mcts_simulations": SEARCH,
    "mcts_c_puct": SEARCH,
    "mcts_depth": SEARCH,
    "mcts_words": SEARCH,
    "mcts_pattern": SEARCH,
    "mcts_rollout": SEARCH,
    "mcts_batch": SEARCH,
    "mcts_rows": SEARCH,
}
"""What a setting needs beside it to have an effect."""


def cases(table):
    return [(name, value) for name, values in table.items() for value in values]


def test_the_tables_of_ranges_know_every_setting():
    assert list(ACCEPTED) == list(SPECS)
    switches = {name for name, spec in SPECS.items() if spec.kind is bool}
    assert set(OUTSIDE) == set(SPECS) - switches - {"stop", "seed"}


@pytest.mark.parametrize(("name", "value"), cases(ACCEPTED))
def test_both_ends_of_a_range_are_accepted(name, value):
    settings = read_settings({name: value, **BESIDE.get(name, {})})
    build_request(settings, (1,))
    read = getattr(settings, name)
    wanted = math.inf if value == "inf" else value
    if SPECS[name].kind is list:
        wanted = tuple(wanted)
    assert read == wanted


@pytest.mark.parametrize(("name", "value"), cases(OUTSIDE))
def test_a_value_just_outside_is_refused_by_name_value_and_range(name, value):
    sentence = refusal(InvalidValueError, {name: value, **BESIDE.get(name, {})})
    assert name in sentence
    assert str(value) in sentence
    told = ("must", "consider at least", "raise mcts_rows", "give one as Python's re module")
    assert any(phrase in sentence for phrase in told)
    assert len(sentence.splitlines()) == 1


@pytest.mark.parametrize("name", ["max_width", "max_steps", "seed", "selection_threshold"])
@pytest.mark.parametrize("digits", [200, 400, 5000])
@pytest.mark.parametrize("spelled", [lambda digits: 10**digits, lambda digits: "9" * digits])
def test_a_number_of_hundreds_of_digits_is_not_told_whole(name, digits, spelled):
    """Some are in their range; of no other is the end of the sentence out of sight."""
    try:
        read_settings({name: spelled(digits)})
    except InvalidValueError as error:
        sentence = str(error)
        assert sentence.startswith(f"{name} is ")
        assert len(sentence) < 200
        assert "must be" in sentence


@pytest.mark.parametrize("name", [name for name, spec in SPECS.items() if spec.choices])
def test_a_refused_rule_is_told_all_rules(name):
    sentence = refusal(InvalidValueError, {name: "nonsense"})
    assert all(choice in sentence for choice in SPECS[name].choices)


def test_an_empty_stop_string_is_refused():
    assert "stop" in refusal(InvalidValueError, {"stop": ["x", ""]})


@pytest.mark.parametrize("name", SPECS)
def test_the_default_of_a_setting_is_never_an_error(name):
    """Whatever else is set: a value that changes nothing by being there cannot be wrong."""
    default = DEFAULTS[name]
    for others in (
        {},
        {"superposition": "path"},
        {"superposition": "uniform"},
        {"window": 0},
        {"stop_on": "any"},
        {"use_relu": True},
        {"threshold_curve": "constant"},
        {"threshold_preset": "linear"},
        {"default_mode": True},
        {"use_mcts": True},
        {"dynamic_threshold": False},
        {"pruning_strategy": "coherence"},
        {"pruning_strategy": "diversity"},
        {"retroactive_pruning": "posterior"},
        {"retroactive_pruning": "attention", "relative_attention": False},
        {"retroactive_pruning": "attention", "sigmoid_threshold": False},
    ):
        if name not in others:
            read_settings({name: default, **others})


# Words ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("alias", "name"),
    [
        ("threshold", "selection_threshold"),
        ("max_tokens", "max_steps"),
        ("max_parallel_tokens", "max_width"),
    ],
)
def test_an_alias_is_its_setting(alias, name):
    assert read_settings({alias: 1}) == read_settings({name: 1})
    assert ALIASES[alias] == name


def test_an_alias_of_a_rule_is_its_setting():
    assert read_settings({"bezier_preset": "s-curve"}).threshold_preset == "s-curve"
    removed = read_settings({"complete_removal_mode": "remove_position", **ATTENTION})
    assert removed.complete_pruning_mode == "remove_position"


def test_there_are_no_other_aliases():
    assert len(ALIASES) == 5


@pytest.mark.parametrize(
    ("switch", "on", "off"),
    [
        ("allow_intraset_token_visibility", Visibility.VISIBLE, Visibility.ISOLATED),
        ("isolate", Visibility.ISOLATED, Visibility.VISIBLE),
        ("use_custom_rope", PositionScheme.SHARED, PositionScheme.CONSECUTIVE),
        ("no_use_custom_rope", PositionScheme.CONSECUTIVE, PositionScheme.SHARED),
    ],
)
def test_an_older_switch_means_a_rule_when_on_and_the_other_when_off(switch, on, off):
    field = SWITCHES[switch][0]
    assert getattr(asked(**{switch: True}), field) is on
    assert getattr(asked(**{switch: False}), field) is off


@pytest.mark.parametrize("switch", [*SWITCHES, *WISHES])
@pytest.mark.parametrize("value", ["false", None])
def test_an_older_switch_takes_true_or_false_alone(switch, value):
    sentence = refusal(InvalidValueError, {switch: value})
    assert switch in sentence
    assert "true or false" in sentence


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("treshold", "did you mean threshold?"),
        ("max_step", "did you mean max_steps?"),
        ("isolated", "did you mean isolate?"),
        ("xyz", "see the settings' reference"),
        ("named", "see the settings' reference"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest_one(word, hint):
    sentence = refusal(UnknownSettingError, {word: 1})
    assert sentence == f"there is no setting {word!r}; {hint}"


@pytest.mark.parametrize(
    "given",
    [
        {"threshold": 0.2, "selection_threshold": 0.3},
        {"max_tokens": 4, "max_steps": 5},
        {"isolate": True, "visibility": "visible"},
        {"isolate": True, "allow_intraset_token_visibility": True},
        {"use_custom_rope": True, "no_use_custom_rope": True},
    ],
)
def test_a_setting_given_twice_with_two_values_is_refused(given):
    assert "given twice" in refusal(ContradictionError, given)


def test_a_setting_given_twice_with_one_value_is_fine():
    assert read_settings({"threshold": 0.2, "selection_threshold": "0.2"}).selection_threshold == (
        0.2
    )
    assert read_settings({"isolate": True, "visibility": "isolated"}).visibility == "isolated"


# Ineffective values and contradictions ----------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "needs"),
    [
        ({"sharpness": 3, "superposition": "path"}, "superposition lineage"),
        ({"sharpness": 3, "superposition": "marginal"}, "superposition lineage"),
        ({"sharpness": 3, "superposition": "uniform"}, "superposition lineage"),
        ({"sharpness": 3, "window": 0}, "a window above 0"),
        ({"window": 3, "superposition": "path"}, "superposition lineage"),
        ({"window": "inf", "superposition": "uniform"}, "superposition lineage"),
        ({"stop_mass": 0.4, "stop_on": "any"}, "stop_on mass"),
        ({"stop_mass": 0.4, "stop_on": "best"}, "stop_on mass"),
        ({"stop_mass": 0.4, "stop_on": "all"}, "stop_on mass"),
        ({"relu_activation_point": 0.4}, "use_relu"),
        ({"bezier_p1": 0.4, "use_relu": True}, "leave out use_relu"),
        ({"bezier_p2": 0.4, "use_relu": True}, "leave out use_relu"),
        ({"bezier_p1": 0.4, "threshold_curve": "linear"}, "threshold_curve bezier"),
        ({"bezier_p2": 0.4, "threshold_curve": "lci"}, "threshold_curve bezier"),
        ({"bezier_p1": 0.4, "threshold_preset": "s-curve"}, "leave out threshold_preset"),
        ({"bezier_p2": 0.4, "threshold_preset": "linear"}, "leave out threshold_preset"),
        ({"threshold_preset": "s-curve", "threshold_curve": "linear"}, "threshold_curve bezier"),
        ({"threshold_preset": "s-curve", "threshold_curve": "bezier_absolute"}, "curve bezier"),
        ({"threshold_preset": "linear", "use_relu": True}, "leave out use_relu"),
        ({"relu_activation_point": 0.4, "threshold_curve": "lci"}, "threshold_curve relu"),
        ({"final_threshold": 0.4, "threshold_curve": "constant"}, "other than constant"),
        ({"dynamic_target": "selection", "threshold_curve": "constant"}, "other than constant"),
        ({"dynamic_target": "retroactive"}, "retroactive_pruning"),
        ({"dynamic_target": "coherence"}, "pruning_strategy coherence or hybrid"),
        ({"dynamic_target": "coherence", "pruning_strategy": "diversity"}, "coherence or hybrid"),
        ({"coherence_threshold": 0.4}, "pruning_strategy coherence or hybrid"),
        ({"coherence_threshold": 0.4, "pruning_strategy": "diversity"}, "coherence or hybrid"),
        ({"coherence_definition": "embedding"}, "pruning_strategy coherence or hybrid"),
        ({"diversity_clusters": 4}, "pruning_strategy diversity, or hybrid"),
        ({"diversity_clusters": 4, "pruning_strategy": "coherence"}, "diversity, or hybrid"),
        ({"diversity_clusters": 4, **HYBRID, "diversity_steps": 0}, "diversity_steps above 0"),
        ({"diversity_steps": 4}, "pruning_strategy hybrid"),
        ({"diversity_steps": 4, "pruning_strategy": "diversity"}, "pruning_strategy hybrid"),
        ({"posterior_mass": 0.9}, "retroactive_pruning"),
        ({"posterior_mass": 0.9, **ATTENTION}, "retroactive_pruning posterior"),
        ({"posterior_floor": 0.1, **ATTENTION}, "retroactive_pruning posterior"),
        ({"posterior_floor": 0.1, "retroactive_pruning": "on", "attention_decay": 1}, "posterior"),
        ({"attention_threshold": 0.1}, "retroactive_pruning"),
        ({"attention_threshold": 0.1, **RETROACTIVE}, "retroactive_pruning attention"),
        ({"relative_threshold": 0.1, **RETROACTIVE}, "retroactive_pruning attention"),
        ({"relative_attention": False, **RETROACTIVE}, "retroactive_pruning attention"),
        ({"multi_scale_attention": False, **RETROACTIVE}, "retroactive_pruning attention"),
        ({"num_layers_to_use": 2, **RETROACTIVE}, "retroactive_pruning attention"),
        ({"sigmoid_threshold": False, **RETROACTIVE}, "retroactive_pruning attention"),
        ({"sigmoid_steepness": 2, **RETROACTIVE}, "retroactive_pruning attention"),
        ({"attention_decay": 0.5, **RETROACTIVE}, "retroactive_pruning attention"),
        ({"relative_threshold": 0.1, **ATTENTION, "relative_attention": False}, "relative_att"),
        ({"num_layers_to_use": 2, **ATTENTION, "multi_scale_attention": False}, "multi_scale"),
        ({"sigmoid_steepness": 2, **ATTENTION, "sigmoid_threshold": False}, "sigmoid_threshold"),
        ({"complete_pruning_mode": "remove_position"}, "retroactive_pruning"),
        ({"complete_pruning_mode": "remove_position", **RETROACTIVE}, "above 1/8"),
        ({"complete_pruning_mode": "keep_unattended", **RETROACTIVE}, "max_width 8"),
        (
            {"complete_pruning_mode": "keep_unattended", **ATTENTION, "attention_threshold": 0},
            "an attention_threshold above 0",
        ),
        (
            {"complete_pruning_mode": "keep_unattended", **ATTENTION, "sigmoid_steepness": 5.8},
            "a sigmoid_steepness above 5.9",
        ),
        ({"pruning_lag": 4}, "retroactive_pruning"),
        ({"comprehensive_pruning": True}, "retroactive_pruning"),
        ({"monotone_pruning": False}, "retroactive_pruning"),
        ({"monotone_pruning": False, **ATTENTION}, "comprehensive_pruning"),
        ({"monotone_pruning": False, **RETROACTIVE, "comprehensive_pruning": True}, "sigmoid"),
        ({"after_pruning": "recompute"}, "retroactive_pruning"),
        ({"pruning_lag": 200, **RETROACTIVE}, "it needs a max_steps above 200"),
        ({"pruning_lag": 5, **ATTENTION, "max_steps": 5}, "it needs a max_steps above 5"),
        ({**RETROACTIVE, "max_width": 1}, "max_width above 1"),
        ({**ATTENTION, "max_width": 1, "pruning_lag": 4}, "max_width above 1"),
        ({**HYBRID, "max_width": 1}, "max_width above 1"),
        ({"pruning_strategy": "coherence", "max_width": 1}, "max_width above 1"),
        (
            {"relative_attention": False, **ATTENTION, "attention_threshold": 0},
            "an attention_threshold above 0",
        ),
        (
            {
                "relative_threshold": 0,
                **ATTENTION,
                "attention_threshold": 0,
                "sigmoid_threshold": False,
            },
            "an attention_threshold above 0, or a sigmoid_threshold",
        ),
    ],
)
def test_a_value_that_could_change_nothing_is_refused(given, needs):
    sentence = refusal(IneffectiveSettingError, given)
    name, value = next(iter(given.items()))
    assert name in sentence
    assert str(value) in sentence
    assert needs in sentence


@pytest.mark.parametrize(
    ("given", "field", "value"),
    [
        ({"sharpness": 3}, "superposition", Lineage(3.0, 1)),
        ({"sharpness": 3, "window": 2}, "superposition", Lineage(3.0, 2)),
        ({"window": 0}, "superposition", Lineage(2.0, 0)),
        ({"stop_mass": 0.4}, "stopping", Stopping(stop_mass=0.4)),
        ({"pruning_lag": 5, "max_steps": 6, **RETROACTIVE}, "max_steps", 6),
        ({"max_width": 2, **RETROACTIVE}, "strategy", None),
        ({"max_width": 1, "max_steps": 2}, "max_steps", 2),
        (
            {"relative_attention": False, "attention_threshold": 0, "final_threshold": 0.1}
            | ATTENTION,
            "strategy",
            None,
        ),
        ({"relative_threshold": 0, "attention_threshold": 0, **ATTENTION}, "strategy", None),
    ],
)
def test_the_same_value_where_it_has_an_effect_is_accepted(given, field, value):
    assert getattr(asked(**given), field) == value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("selection_threshold", 0.2),
        ("max_width", 4),
        ("superposition", "path"),
        ("sharpness", 3),
        ("window", 2),
        ("readout", "best"),
        ("pruning_strategy", "coherence"),
        ("coherence_threshold", 0.4),
        ("retroactive_pruning", "posterior"),
        ("retroactive_pruning", "attention"),
        ("attention_threshold", 0.4),
        ("pruning_lag", 4),
        ("threshold_curve", "lci"),
        ("threshold_preset", "s-curve"),
        ("dynamic_target", "selection"),
    ],
)
def test_plain_greedy_decoding_excludes_what_needs_several_paths(name, value):
    sentence = refusal(ContradictionError, {"default_mode": True, name: value})
    assert sentence == f"default_mode decodes one path greedily; leave out {name}"
    assert name in MULTIPATH


@pytest.mark.parametrize(
    "given",
    [
        {"visibility": "visible"},
        {"positions": "consecutive"},
        {"dynamic_threshold": True},
        {"final_threshold": 0.5},
        {"use_relu": True},
    ],
)
def test_plain_greedy_decoding_refuses_all_else_that_could_change_nothing(given):
    """One token a step has no siblings, and no threshold decides about it."""
    (name,) = given
    assert name in refusal(InvalidValueError, {"default_mode": True, **given})


@pytest.mark.parametrize("named", [{}, {"pruning_lag": DEFAULTS["pruning_lag"]}])
def test_a_run_too_short_for_the_lag_by_default_is_accepted(named):
    assert asked(max_steps=2, **RETROACTIVE, **named).retroactive.lag == 3


def test_plain_greedy_decoding_is_one_token_a_step():
    selection = asked(default_mode=True).selection
    assert selection.max_width == 1


def test_fewer_steps_than_the_least_are_refused():
    sentence = refusal(ContradictionError, {"min_steps": 5, "max_steps": 4})
    assert sentence == "min_steps is 5 and max_steps 4; min_steps must not be larger"
    assert asked(min_steps=4, max_steps=4).stopping.min_steps == 4


@pytest.mark.parametrize(
    "curve", [{"final_threshold": 0.5}, {"bezier_p1": 0.4}, {"bezier_p2": 0.4}, {"use_relu": True}]
)
def test_a_curve_setting_wins_over_the_default_of_the_switch(curve):
    """Naming a default is never an error and changes nothing."""
    assert schedule(dynamic_threshold=False, **curve) == schedule(**curve)
    assert schedule(**curve) != ConstantThreshold(0.1)


def test_a_curve_setting_at_its_default_leaves_a_switch_that_was_named_off():
    assert schedule(dynamic_threshold=False, final_threshold=1.0) == ConstantThreshold(0.1)


# The curve of the threshold ---------------------------------------------------------------------


def test_without_a_curve_the_threshold_is_constant():
    assert schedule(threshold=0.3) == ConstantThreshold(0.3)
    assert schedule(dynamic_threshold=False) == ConstantThreshold(0.1)


@pytest.mark.parametrize("name", ["final_threshold", "bezier_p1", "bezier_p2"])
@pytest.mark.parametrize("departs", [True, False], ids=["another value", "its default"])
def test_naming_a_curve_setting_switches_the_curve_on(name, departs):
    value = 0.45 if departs else DEFAULTS[name]
    curve = {"final_threshold": 1.0, "bezier_p1": 0.2, "bezier_p2": 0.8} | {name: value}
    assert name in CURVE
    assert schedule(**{name: value}) == BezierThreshold(
        0.1, curve["final_threshold"], curve["bezier_p1"], curve["bezier_p2"]
    )


def test_the_switch_alone_moves_the_threshold_to_its_default_end():
    assert schedule(dynamic_threshold=True) == BezierThreshold(0.1, 1.0, 0.2, 0.8)


def test_a_straight_line_takes_the_place_of_the_curve():
    assert schedule(use_relu=True) == ReluThreshold(0.1, 1.0, 0.5)
    assert schedule(
        use_relu=True, dynamic_threshold=True, relu_activation_point=0.2, final_threshold=0.4
    ) == ReluThreshold(0.1, 0.4, 0.2)


def test_leaving_the_straight_line_out_by_name_switches_nothing_on():
    assert schedule(use_relu=False) == ConstantThreshold(0.1)


# From names to types ----------------------------------------------------------------------------


def test_considered_follows_a_larger_width():
    assert asked(max_width=32).selection.considered == 32
    assert asked(max_width=16).selection.considered == 16
    assert asked(max_width=4).selection.considered == 16


def test_considered_that_was_named_stays_and_must_be_large_enough():
    assert asked(max_width=32, considered=40).selection.considered == 40
    sentence = refusal(ContradictionError, {"max_width": 32, "considered": 31})
    assert "considered is 31 and max_width 32" in sentence
    sentence = refusal(ContradictionError, {"considered": -1})
    assert "considered is -1 and max_width 8" in sentence


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        ({}, Lineage(2.0, 1)),
        ({"window": "inf"}, Lineage(2.0, math.inf)),
        ({"superposition": "path"}, path_superposition()),
        ({"superposition": "marginal"}, Marginal()),
        ({"superposition": "uniform"}, Uniform()),
    ],
)
def test_each_superposition_is_its_own_rule(given, rule):
    assert asked(**given).superposition == rule


def test_the_processors_and_stopping_rules_arrive():
    request = asked(
        temperature=0.7,
        top_k=5,
        top_p=0.9,
        min_p=0.1,
        repetition_penalty=1.2,
        min_steps=2,
        stop=["x"],
        stop_on="best",
        readout="product",
        max_steps=9,
    )
    assert request.rules == RowRules(0.7, 5, 0.9, 0.1, 1.2)
    assert request.stopping == Stopping(StopOn.BEST, 0.5, 2, ("x",))
    assert (request.readout, request.max_steps) == (Readout.PRODUCT, 9)


def test_top_k_of_zero_is_off():
    assert asked(top_k=0).rules == RowRules()


def test_the_prompt_and_barred_tokens_arrive():
    request = build_request(Settings(), [4, 5], [6])
    assert (request.prompt_ids, request.barred) == ((4, 5), (6,))


# Base settings ----------------------------------------------------------------------------------


def test_names_override_base_settings():
    base = Settings(max_steps=7, max_width=3)
    read = read_settings({"max_tokens": 9}, base)
    assert (read.max_steps, read.max_width) == (9, 3)


def test_a_name_can_put_a_base_setting_back_to_its_default():
    assert read_settings({"max_steps": 100}, Settings(max_steps=7)) == Settings()


def test_considered_follows_the_width_of_base_settings():
    assert read_settings({}, Settings(max_width=32)).considered == 32
    assert read_settings({"max_width": 32}, Settings(max_steps=7)).considered == 32


def test_a_curve_named_in_base_settings_stays_named():
    base = read_settings({"final_threshold": 1.0})
    assert build_request(read_settings({"max_steps": 5}, base), (1,)).selection.threshold == (
        BezierThreshold(0.1, 1.0, 0.2, 0.8)
    )


def test_base_settings_and_names_are_judged_together():
    with pytest.raises(IneffectiveSettingError):
        read_settings({"superposition": "path"}, Settings(window=5))


@pytest.mark.parametrize(
    "wrong",
    [
        {"superposition": "linage"},
        {"readout": "mean"},
        {"stop_on": "never"},
        {"visibility": "hidden"},
        {"max_steps": "many"},
        {"max_steps": 2.5},
    ],
)
def test_base_settings_are_judged_like_names(wrong):
    with pytest.raises(InvalidValueError):
        read_settings({}, Settings(**wrong))


def test_one_stop_string_in_base_settings_is_one_string():
    assert read_settings({}, Settings(stop="abc")).stop == ("abc",)
