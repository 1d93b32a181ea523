"""From the settings of pruning to the rules of a request."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.application.settings.reading import build_request, read_settings
from tempo.application.settings.settings import DEFAULTS, Settings
from tempo.application.settings.words import WISHES
from tempo.domain.capture import Capture, LayerWeights
from tempo.domain.errors import ContradictionError, IneffectiveSettingError, InvalidValueError
from tempo.domain.pruning.attention import AttentionPruning, Sigmoid
from tempo.domain.pruning.coherence import CoherenceDefinition, CoherencePruning
from tempo.domain.pruning.diversity import DiversityPruning
from tempo.domain.pruning.hybrid import HybridPruning
from tempo.domain.pruning.posterior import PosteriorPruning
from tempo.domain.pruning.retroactive import AfterPruning, CompleteMode, RetroactivePruning
from tempo.domain.schedule import BezierThreshold, ConstantThreshold
from tests.strategies import units

COHERENCE = {"pruning_strategy": "coherence"}
DIVERSITY = {"pruning_strategy": "diversity"}
HYBRID = {"pruning_strategy": "hybrid"}
POSTERIOR = {"retroactive_pruning": "posterior"}
ATTENTION = {"retroactive_pruning": "attention"}
COMPREHENSIVE = ATTENTION | {"comprehensive_pruning": True}


def asked(**given):
    return build_request(read_settings(given), (1,))


def rule(**given):
    return asked(**given).retroactive.rule


def refusal(error, **given):
    with pytest.raises(error) as caught:
        read_settings(given)
    return str(caught.value)


# Strategies and rules ---------------------------------------------------------------------------


def test_nothing_is_pruned_by_default_and_nothing_is_taken_down():
    request = asked()
    assert (request.strategy, request.retroactive) == (None, None)
    assert request.session_rules.capture == Capture()


@pytest.mark.parametrize(
    ("given", "strategy"),
    [
        (COHERENCE, CoherencePruning()),
        (DIVERSITY, DiversityPruning()),
        (HYBRID, HybridPruning()),
    ],
)
def test_each_strategy_is_its_own_rule_with_the_rules_own_defaults(given, strategy):
    assert asked(**given).strategy == strategy


def test_each_retroactive_rule_has_the_rules_own_defaults():
    assert asked(**POSTERIOR).retroactive == RetroactivePruning(PosteriorPruning())
    assert asked(**ATTENTION).retroactive == RetroactivePruning(AttentionPruning())


@pytest.mark.parametrize("given", [COHERENCE, DIVERSITY, HYBRID, ATTENTION, POSTERIOR])
def test_sessions_take_down_what_the_one_rule_needs(given):
    request = asked(**given)
    owner = request.strategy or request.retroactive.rule
    assert request.session_rules.capture == owner.capture


def test_sessions_take_down_what_both_rules_need():
    capture = asked(**DIVERSITY, **ATTENTION).session_rules.capture
    assert capture == Capture(received=(LayerWeights(),), hidden=True)
    assert capture != asked(**DIVERSITY).session_rules.capture


def test_processors_stay_beside_what_is_taken_down():
    rules = asked(**DIVERSITY, temperature=0.5).session_rules
    assert (rules.temperature, rules.capture) == (0.5, Capture(hidden=True))


# One knob at a time -----------------------------------------------------------------------------

STRATEGY_KNOBS = [
    (COHERENCE, "coherence_threshold", 0.6, {"threshold": ConstantThreshold(0.6)}),
    (COHERENCE, "coherence_definition", "embedding", {"definition": CoherenceDefinition.EMBEDDING}),
    (DIVERSITY, "diversity_clusters", 2, {"clusters": 2}),
    (HYBRID, "diversity_clusters", 2, {"diversity": DiversityPruning(2)}),
    (HYBRID, "diversity_steps", 0, {"steps": 0}),
    (
        HYBRID,
        "coherence_threshold",
        0.6,
        {"coherence": CoherencePruning(ConstantThreshold(0.6))},
    ),
]
RULE_KNOBS = [
    (POSTERIOR, "posterior_mass", 0.7, {"mass": 0.7}),
    (POSTERIOR, "posterior_floor", 0.1, {"floor": ConstantThreshold(0.1)}),
    (ATTENTION, "attention_threshold", 0.2, {"absolute": ConstantThreshold(0.2)}),
    (ATTENTION, "relative_threshold", 0.7, {"relative": 0.7}),
    (ATTENTION, "relative_attention", False, {"relative": None}),
    (ATTENTION, "multi_scale_attention", False, {"layers": LayerWeights(multi_scale=False)}),
    (ATTENTION, "num_layers_to_use", 2, {"layers": LayerWeights(last=2)}),
    (ATTENTION, "sigmoid_threshold", False, {"sigmoid": None}),
    (ATTENTION, "sigmoid_steepness", 3, {"sigmoid": Sigmoid(3.0)}),
    (ATTENTION, "attention_decay", 0.5, {"decay": 0.5}),
]
RETROACTIVE_KNOBS = [
    (
        ATTENTION,
        "complete_pruning_mode",
        "remove_position",
        {"complete_mode": CompleteMode.REMOVE_POSITION},
    ),
    (POSTERIOR, "pruning_lag", 5, {"lag": 5}),
    (POSTERIOR, "comprehensive_pruning", True, {"comprehensive": True}),
    (COMPREHENSIVE, "monotone_pruning", False, {"monotone": False}),
    (POSTERIOR, "after_pruning", "recompute", {"after": AfterPruning.RECOMPUTE}),
]


@pytest.mark.parametrize(("beside", "name", "value", "changed"), STRATEGY_KNOBS)
def test_a_knob_of_a_strategy_changes_its_one_field(beside, name, value, changed):
    before, after = asked(**beside), asked(**beside, **{name: value})
    assert after.strategy == replace(before.strategy, **changed)
    assert after.strategy != before.strategy
    assert after == replace(before, strategy=after.strategy, rules=after.rules)


@pytest.mark.parametrize(("beside", "name", "value", "changed"), RULE_KNOBS)
def test_a_knob_of_a_retroactive_rule_changes_its_one_field(beside, name, value, changed):
    before, after = asked(**beside), asked(**beside, **{name: value})
    expected = replace(before.retroactive.rule, **changed)
    assert after.retroactive == replace(before.retroactive, rule=expected)
    assert after.retroactive != before.retroactive
    assert after == replace(before, retroactive=after.retroactive)
    assert after.session_rules.capture == expected.capture


@pytest.mark.parametrize(("beside", "name", "value", "changed"), RETROACTIVE_KNOBS)
def test_a_knob_of_retroactive_pruning_changes_its_one_field(beside, name, value, changed):
    before, after = asked(**beside), asked(**beside, **{name: value})
    assert after.retroactive == replace(before.retroactive, **changed)
    assert after.retroactive != before.retroactive
    assert after == replace(before, retroactive=after.retroactive)


def test_the_knobs_are_all_there_are():
    names = list(DEFAULTS)
    first, last = names.index("coherence_definition"), names.index("after_pruning")
    turned = {name for _, name, _, _ in STRATEGY_KNOBS + RULE_KNOBS + RETROACTIVE_KNOBS}
    assert turned == set(names[first : last + 1]) - {"retroactive_pruning"}


# Words ------------------------------------------------------------------------------------------


def test_use_pruning_is_coherence_unless_a_strategy_is_named():
    assert read_settings({"use_pruning": True}).pruning_strategy == "coherence"
    assert read_settings({"use_pruning": True, **HYBRID}).pruning_strategy == "hybrid"
    assert read_settings({**DIVERSITY, "use_pruning": True}).pruning_strategy == "diversity"
    assert read_settings({"use_pruning": False}).pruning_strategy == "none"


@pytest.mark.parametrize("switch", ["use_retroactive_pruning", "use_retroactive_removal"])
def test_the_switch_of_retroactive_pruning_leaves_its_rule_open(switch):
    assert rule(**{switch: True}) == PosteriorPruning()
    assert rule(**{switch: True, **ATTENTION}) == AttentionPruning()
    assert rule(**{switch: True, "attention_threshold": 0.2}) == rule(
        **ATTENTION, attention_threshold=0.2
    )
    assert asked(**{switch: False}).retroactive is None
    assert asked(use_retroactive_pruning=True, use_retroactive_removal=True).retroactive


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (HYBRID | {"use_pruning": False}, "use_pruning false and pruning_strategy hybrid"),
        (
            {"pruning_strategy": "none", "use_pruning": True},
            "use_pruning true and pruning_strategy none",
        ),
        (
            POSTERIOR | {"use_retroactive_removal": False},
            "use_retroactive_removal false and retroactive_pruning posterior",
        ),
        (
            {"retroactive_pruning": False, "use_retroactive_pruning": True},
            "use_retroactive_pruning true and retroactive_pruning off",
        ),
        (
            {"use_retroactive_pruning": True, "use_retroactive_removal": False},
            "use_retroactive_removal false and retroactive_pruning on",
        ),
        (
            {"threshold_curve": "linear", "use_lci_dynamic_threshold": True},
            "use_lci_dynamic_threshold true and threshold_curve linear",
        ),
        (
            {"threshold_curve": "lci", "no_lci_dynamic_threshold": True},
            "no_lci_dynamic_threshold true and threshold_curve lci",
        ),
        (
            {"threshold_curve": "lci", "use_lci_dynamic_threshold": False},
            "use_lci_dynamic_threshold false and threshold_curve lci",
        ),
    ],
)
def test_a_switch_beside_a_value_that_it_excludes_is_refused(given, words):
    sentence = refusal(ContradictionError, **given)
    assert sentence == f"{words} exclude each other; leave one of them out"


def test_use_relu_beside_another_shape_is_refused():
    sentence = refusal(ContradictionError, use_relu=True, threshold_curve="lci")
    assert sentence.startswith("use_relu and threshold_curve lci exclude each other")
    assert asked(use_relu=True, threshold_curve="relu") == asked(use_relu=True)


@pytest.mark.parametrize(
    ("said", "meant"), [(True, "on"), (False, "off"), ("true", "on"), ("False", "off")]
)
def test_true_and_false_are_on_and_off(said, meant):
    assert read_settings({"retroactive_pruning": said}) == read_settings(
        {"retroactive_pruning": meant}
    )


def test_true_is_no_other_rule():
    refusal(InvalidValueError, complete_pruning_mode=True)


ATTENTION_SETTINGS = (
    "attention_threshold",
    "relative_threshold",
    "relative_attention",
    "multi_scale_attention",
    "num_layers_to_use",
    "sigmoid_threshold",
    "sigmoid_steepness",
    "attention_decay",
)


@pytest.mark.parametrize("name", ATTENTION_SETTINGS)
def test_an_attention_setting_makes_attention_the_rule_even_at_its_default(name):
    settings = read_settings({"retroactive_pruning": "on", name: DEFAULTS[name]})
    assert settings.retroactive_pruning == "attention"
    assert build_request(settings, (1,)).retroactive.rule == AttentionPruning()


@pytest.mark.parametrize("name", ATTENTION_SETTINGS)
def test_an_attention_setting_at_its_default_says_nothing_beside_the_posterior_rule(name):
    assert rule(**POSTERIOR, **{name: DEFAULTS[name]}) == PosteriorPruning()


def test_other_settings_of_pruning_leave_the_posterior_rule():
    assert rule(retroactive_pruning="on", pruning_lag=5, posterior_mass=0.9) == PosteriorPruning(
        0.9
    )


def test_settings_that_were_never_read_mean_the_same():
    assert Settings(retroactive_pruning="on").retroactive_rule == "posterior"
    named = Settings(retroactive_pruning="on", attention_threshold=0.2)
    assert named.retroactive_rule == "attention"
    said = Settings(retroactive_pruning="on", named=frozenset({"attention_decay"}))
    assert said.retroactive_rule == "attention"
    assert Settings(retroactive_pruning="on").as_mapping()["retroactive_pruning"] == "posterior"


@pytest.mark.parametrize(
    ("word", "value", "name", "meant"),
    [
        ("use_relative_attention", False, "relative_attention", False),
        ("no_relative_attention", True, "relative_attention", False),
        ("no_relative_attention", False, "relative_attention", True),
        ("use_multi_scale_attention", True, "multi_scale_attention", True),
        ("no_multi_scale_attention", True, "multi_scale_attention", False),
        ("use_sigmoid_threshold", False, "sigmoid_threshold", False),
        ("no_sigmoid_threshold", True, "sigmoid_threshold", False),
    ],
)
def test_an_older_switch_of_attention_names_its_setting(word, value, name, meant):
    settings = read_settings({"retroactive_pruning": "on", word: value})
    assert getattr(settings, name) is meant
    assert settings.retroactive_pruning == "attention"


# A step that can fall, and a token that can return -----------------------------------------------


@pytest.mark.parametrize(
    "given",
    [
        {"posterior_floor": 0.13},
        {"posterior_floor": 0.1, "max_width": 16},
        {"max_width": 64},
        {"final_threshold": 0.2},
        {
            "final_threshold": 0.1,
            "threshold_curve": "bezier_absolute",
            "bezier_p1": 0.3,
            "bezier_p2": 0,
        },
    ],
)
def test_a_floor_above_what_the_best_of_a_step_always_has_lets_the_step_fall(given):
    built = asked(**POSTERIOR, complete_pruning_mode="keep_unattended", **given)
    assert built.retroactive.complete_mode is CompleteMode.KEEP_UNATTENDED


@pytest.mark.parametrize(
    "given",
    [
        {"posterior_floor": 0.125},
        {"posterior_floor": 0.1, "final_threshold": 0.1},
        {"dynamic_target": "selection"},
        {"threshold_curve": "constant"},
    ],
)
def test_under_any_other_floor_no_step_falls(given):
    refusal(IneffectiveSettingError, **POSTERIOR, complete_pruning_mode="keep_unattended", **given)


@pytest.mark.parametrize(
    "given",
    [
        {"sigmoid_steepness": 5.9},
        {"sigmoid_threshold": False},
        {"attention_threshold": 0, "final_threshold": 0.1},
    ],
)
def test_an_absolute_threshold_that_can_drop_lets_a_step_fall(given):
    built = asked(**ATTENTION, complete_pruning_mode="keep_unattended", **given)
    assert built.retroactive.complete_mode is CompleteMode.KEEP_UNATTENDED


def test_a_step_that_leaves_needs_a_lag_beyond_the_soft_window():
    sentence = refusal(
        ContradictionError,
        **ATTENTION,
        complete_pruning_mode="remove_position",
        pruning_lag=2,
        window=2,
    )
    assert "pruning_lag must be 3 or more" in sentence


def test_what_is_not_attended_can_return_without_a_sigmoid():
    unattended = {"complete_pruning_mode": "keep_unattended", "sigmoid_threshold": False}
    assert not asked(**COMPREHENSIVE, **unattended, monotone_pruning=False).retroactive.monotone
    refusal(
        IneffectiveSettingError, **COMPREHENSIVE, sigmoid_threshold=False, monotone_pruning=False
    )


# Base settings ----------------------------------------------------------------------------------


def test_a_switch_leaves_the_rule_of_base_settings():
    base = read_settings(HYBRID | ATTENTION)
    again = read_settings({"use_pruning": True, "use_retroactive_pruning": True}, base)
    assert again == base


def test_a_switch_takes_the_rule_of_base_settings_away():
    base = read_settings(HYBRID | ATTENTION)
    off = read_settings({"use_pruning": False, "use_retroactive_pruning": False}, base)
    assert off == Settings()
    lci = read_settings({"use_lci_dynamic_threshold": True})
    assert read_settings({"no_lci_dynamic_threshold": True}, lci).threshold_curve == "bezier"


# There and back ---------------------------------------------------------------------------------

shares = st.floats(0.05, 0.95)


def some_of(**values):
    return st.fixed_dictionaries({}, optional=values)


strategies = st.one_of(
    st.just({}),
    some_of(
        coherence_threshold=units, coherence_definition=st.sampled_from(["attention", "embedding"])
    ).map(COHERENCE.__or__),
    some_of(diversity_clusters=st.integers(1, 9)).map(DIVERSITY.__or__),
    some_of(
        coherence_threshold=units,
        diversity_clusters=st.integers(1, 9),
        diversity_steps=st.integers(1, 9),
    ).map(HYBRID.__or__),
)
retroactive_rules = st.one_of(
    st.just({}),
    some_of(
        posterior_mass=shares,
        posterior_floor=shares,
        pruning_lag=st.integers(1, 9),
        comprehensive_pruning=st.booleans(),
        after_pruning=st.sampled_from(["keep", "recompute"]),
        use_retroactive_pruning=st.just(True),
    ).map({"retroactive_pruning": "on"}.__or__),
    some_of(
        attention_threshold=shares,
        relative_threshold=units,
        multi_scale_attention=st.booleans(),
        sigmoid_threshold=st.booleans(),
        attention_decay=units,
        pruning_lag=st.integers(3, 9),
        complete_pruning_mode=st.sampled_from(list(CompleteMode)),
    ).map(ATTENTION.__or__),
    some_of(
        no_relative_attention=st.booleans(),
        num_layers_to_use=st.none() | st.integers(1, 9),
        sigmoid_steepness=st.floats(0.1, 50),
    ).map({"retroactive_pruning": True}.__or__),
)
final = some_of(final_threshold=units, dynamic_target=st.sampled_from(["auto", "selection"]))
movements = st.one_of(
    st.just({}),
    st.just({"dynamic_threshold": True}),
    st.just({"threshold_curve": "constant"}),
    final.map({"threshold_curve": "lci"}.__or__),
    final.map({"threshold_curve": "linear"}.__or__),
    final.map({"use_relu": True, "relu_activation_point": 0.25}.__or__),
    final.map({"threshold_curve": "bezier_absolute", "bezier_points": "0.5,0"}.__or__),
    final.map({"bezier_p1": 0.2}.__or__),
    st.sampled_from(["slow-start", "linear", "fast-start", "s-curve"]).map(
        lambda name: {"threshold_preset": name}
    ),
)


@given(strategies, retroactive_rules, movements)
def test_settings_of_pruning_read_back_as_the_same_settings_and_the_same_run(
    strategy, retroactive, movement
):
    settings = read_settings(strategy | retroactive | movement)
    again = read_settings(json.loads(json.dumps(settings.as_mapping(), allow_nan=False)))
    assert again == settings
    assert again.as_mapping() == settings.as_mapping()
    assert build_request(again, (1,)) == build_request(settings, (1,))
    assert read_settings({}, settings) == settings
    assert build_request(read_settings({}, settings), (1,)) == build_request(settings, (1,))


# Commands and bodies of the documents -----------------------------------------------------------


def on_attention(threshold):
    return RetroactivePruning(AttentionPruning(threshold))


WRITTEN = [
    ({"threshold": "0.05", "max_tokens": "150"}, 0.05, 150, None),
    (
        {"threshold": "0.1", "use_retroactive_pruning": True, "attention_threshold": "0.02"},
        0.1,
        100,
        on_attention(ConstantThreshold(0.02)),
    ),
    (
        {
            "threshold": "0.08",
            "use_retroactive_pruning": True,
            "attention_threshold": "0.01",
            "bezier_p1": "0.1",
            "bezier_p2": "0.9",
        },
        0.08,
        100,
        on_attention(BezierThreshold(0.01, 1.0, 0.1, 0.9)),
    ),
    ({"threshold": "0.2", "max_tokens": "20"}, 0.2, 20, None),
    ({"threshold": "0.1", "max_tokens": "50"}, 0.1, 50, None),
    (
        {
            "threshold": 0.1,
            "max_tokens": 30,
            "use_retroactive_pruning": True,
            "attention_threshold": 0.015,
        },
        0.1,
        30,
        on_attention(ConstantThreshold(0.015)),
    ),
    (
        {
            "max_tokens": "100",
            "selection_threshold": "0.1",
            "use_retroactive_pruning": True,
            "attention_threshold": "0.01",
            "relative_threshold": "0.5",
            "sigmoid_steepness": "10.0",
        },
        0.1,
        100,
        on_attention(ConstantThreshold(0.01)),
    ),
    ({"selection_threshold": "0.05", "max_tokens": "150"}, 0.05, 150, None),
    (
        {
            "selection_threshold": "0.1",
            "use_retroactive_pruning": True,
            "attention_threshold": "0.02",
        },
        0.1,
        100,
        on_attention(ConstantThreshold(0.02)),
    ),
    (
        {
            "selection_threshold": "0.08",
            "use_retroactive_pruning": True,
            "attention_threshold": "0.01",
            "bezier_p1": "0.1",
            "bezier_p2": "0.9",
        },
        0.08,
        100,
        on_attention(BezierThreshold(0.01, 1.0, 0.1, 0.9)),
    ),
    ({"selection_threshold": "0.2", "max_tokens": "20"}, 0.2, 20, None),
    ({"selection_threshold": "0.1", "max_tokens": "50"}, 0.1, 50, None),
]
"""What each command and each body of the documents says of settings, and what it means."""


@pytest.mark.parametrize(("words", "threshold", "steps", "retroactive"), WRITTEN)
def test_what_the_documents_write_is_accepted_as_written(words, threshold, steps, retroactive):
    request = asked(**words)
    assert request.selection.threshold == ConstantThreshold(threshold)
    assert (request.max_steps, request.strategy) == (steps, None)
    assert request.retroactive == retroactive


def test_a_body_with_every_older_field_at_its_default_is_accepted():
    """Older clients send every field with every request."""
    request = asked(
        max_tokens=50,
        selection_threshold=0.1,
        min_steps=0,
        use_custom_rope=True,
        dynamic_threshold=False,
        final_threshold=1.0,
        bezier_p1=0.2,
        bezier_p2=0.8,
        use_relu=False,
        relu_activation_point=0.5,
        use_retroactive_pruning=True,
        attention_threshold=0.01,
        allow_intraset_token_visibility=False,
        no_relative_attention=False,
        relative_threshold=0.5,
        no_multi_scale_attention=False,
        num_layers_to_use=None,
        no_lci_dynamic_threshold=False,
        no_sigmoid_threshold=False,
        sigmoid_steepness=10,
        complete_pruning_mode="keep_token",
    )
    assert request.selection.threshold == ConstantThreshold(0.1)
    assert request.retroactive == on_attention(ConstantThreshold(0.01))


def test_every_older_switch_says_off_without_an_effect():
    assert asked(**dict.fromkeys(WISHES, False)) == asked()
