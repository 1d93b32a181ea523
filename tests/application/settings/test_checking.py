"""What a form is told of settings: all that is wrong, at its field, and what has no effect now."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.application.settings.building import build_request
from tempo.application.settings.checking import checked, without_effect
from tempo.application.settings.conditions import ineffective
from tempo.application.settings.reading import merged, read_settings
from tempo.application.settings.settings import DEFAULTS, SPECS, Settings
from tempo.application.settings.words import ALIASES, PAIRS, SWITCHES, WISHES
from tempo.domain.errors import InvalidValueError

WORDS = (*SPECS, *ALIASES, *PAIRS, *SWITCHES, *WISHES, "no_such_setting", "max_widht")
VALUES = (
    st.sampled_from([value for spec in SPECS.values() for value in spec.choices])
    | st.sampled_from([-1, 0, 1, 2, 3, 8, 65, 10**6, 0.0, 0.01, 0.3, 1.0, 2.5, "inf", "0.1,0.9"])
    | st.booleans()
    | st.none()
    | st.floats()
    | st.integers()
    | st.text(max_size=3)
    | st.lists(st.text(max_size=2), max_size=2)
)
given_settings = st.dictionaries(st.sampled_from(WORDS), VALUES, max_size=5)


def unbounded(settings):
    """Any settings are within these bounds."""


def told(**named):
    return [(one.field, one.message) for one in checked(named, unbounded).complaints]


def is_accepted(named):
    try:
        read_settings(named)
    except InvalidValueError:
        return False
    return True


@given(given_settings)
def test_settings_are_wrong_here_where_a_run_would_refuse_them(named):
    assert (not checked(named, unbounded).complaints) == is_accepted(named)


@given(given_settings)
def test_each_thing_that_is_wrong_is_told_once_under_a_name_of_the_form(named):
    complaints = checked(named, unbounded).complaints
    assert len(set(complaints)) == len(complaints)
    for one in complaints:
        assert one.field in {*SPECS, *named}
        assert one.message


@given(given_settings)
def test_a_setting_without_effect_has_none_at_any_value(named):
    if not is_accepted(named):
        return
    settings = merged(named)
    for name, _ in checked(named, unbounded).without_effect:
        changed = {**named, name: OTHER[name]}
        try:
            other = merged(changed)
        except InvalidValueError:
            continue
        assert settings.default_mode or name in dict(ineffective(other))


OTHER = {
    name: {
        "bool": lambda value: not value,
        "int": lambda value: (value or 1) + 1,
        "float": lambda value: 0.4 * (value or 1) + 0.011,
        "str": lambda value: next(one for one in spec.choices if one != value),  # noqa: B023 - called below
        "list": lambda value: ["x"],
    }[spec.kind.__name__](DEFAULTS[name])
    for name, spec in SPECS.items()
}
"""A value of each setting that is not its default."""


def test_several_wrong_values_are_told_at_once():
    assert told(max_width=0, temperature="hot", posterior_floor=2.0, no_such=1, maxsteps=3) == [
        ("temperature", "temperature is 'hot'; it must be a number, above 0"),
        ("no_such", "there is no setting 'no_such'; see the settings' reference"),
        ("maxsteps", "there is no setting 'maxsteps'; did you mean max_steps?"),
        ("max_width", "max_width is 0; it must be from 1 to 64"),
    ]
    # posterior_floor needs a rule; whether it has one is judged once all can be read.
    assert [field for field, _ in told(posterior_floor=2.0, max_width=0)] == [
        "posterior_floor",
        "max_width",
    ]


@pytest.mark.parametrize(
    ("named", "field", "words"),
    [
        ({"attention_threshold": 0.2}, "attention_threshold", "it needs retroactive_pruning"),
        ({"default_mode": True, "max_width": 3}, "max_width", "leave out max_width"),
        ({"min_steps": 9, "max_steps": 4}, "min_steps", "min_steps must not be larger"),
        ({"use_relu": True, "threshold_curve": "lci"}, "threshold_curve", "exclude each other"),
        ({"threshold": 0.2, "selection_threshold": 0.3}, "selection_threshold", "given twice"),
        ({"use_pruning": True, "pruning_strategy": "none"}, "use_pruning", "exclude each other"),
        ({"use_pruning": "maybe"}, "pruning_strategy", "true or false"),
        ({"bezier_preset": "round", "threshold_preset": "round"}, "threshold_preset", "one of"),
        ({"bezier_points": "0.1"}, "bezier_points", "two numbers"),
        ({"bezier_points": [2, 0.1]}, "bezier_p1", "in [0, 1]"),
        (
            {"retroactive_pruning": "attention", "pruning_lag": 1},
            "pruning_lag",
            "it must be 2 or more",
        ),
        (
            {"retroactive_pruning": "attention", "sigmoid_steepness": -1.0},
            "sigmoid_steepness",
            "above 0",
        ),
    ],
)
def test_what_is_wrong_is_told_at_its_field(named, field, words):
    ((found, message),) = told(**named)  # once, whatever number of words is for it
    assert found == field
    assert words in message


def test_a_bound_of_the_service_is_told_beside_the_rest():
    def judge(settings):
        if settings.max_steps > 50:
            message = f"max_steps is {settings.max_steps}; this service allows at most 50"
            raise InvalidValueError(message)

    found = checked({"max_steps": 60, "temperature": 0.0}, judge).complaints
    assert [one.field for one in found] == ["temperature", "max_steps"]
    (default,) = checked({}, judge).complaints
    assert default.field == "max_steps"


def test_nothing_is_wrong_with_nothing():
    found = checked({}, unbounded)
    assert found.complaints == ()
    assert found.preview.sentence == "selection_threshold is 0.1 at every step"


def test_what_has_no_effect_now_says_what_it_needs():
    found = dict(checked({}, unbounded).without_effect)
    assert found["attention_threshold"] == "retroactive_pruning attention"
    assert found["posterior_floor"] == "retroactive_pruning posterior"
    assert found["pruning_lag"] == "retroactive_pruning"
    assert found["coherence_threshold"] == "pruning_strategy coherence or hybrid"
    assert "final_threshold" not in found  # naming it moves the threshold
    posterior = dict(checked({"retroactive_pruning": "posterior"}, unbounded).without_effect)
    assert "posterior_floor" not in posterior
    assert "pruning_lag" not in posterior
    assert posterior["attention_threshold"] == "retroactive_pruning attention"


def test_a_value_that_is_too_large_leaves_its_field_open():
    """Who has set a lag beyond the run must be able to lower it again."""
    named = {"retroactive_pruning": "posterior", "pruning_lag": 9, "max_steps": 5}
    assert [field for field, _ in told(**named)] == ["pruning_lag"]
    short = {"retroactive_pruning": "posterior", "max_steps": 2}
    for asked in (named, short):
        assert "pruning_lag" not in dict(checked(asked, unbounded).without_effect)


@pytest.mark.parametrize("word", ["retroactive_pruning", "use_retroactive_pruning"])
def test_where_the_rule_is_left_open_naming_a_setting_of_attention_chooses_it(word):
    found = dict(checked({word: True}, unbounded).without_effect)
    assert "attention_threshold" not in found
    assert "posterior_floor" not in found
    found = dict(checked({word: True, "attention_threshold": 0.2}, unbounded).without_effect)
    assert found["posterior_floor"] == "retroactive_pruning posterior"


def test_of_several_needs_the_first_is_told_in_full():
    found = without_effect(Settings(relative_attention=False))
    assert found["relative_threshold"] == "retroactive_pruning attention"


def test_greedy_decoding_leaves_settings_of_several_paths_without_effect():
    found = checked({"default_mode": True}, unbounded)
    needs = dict(found.without_effect)
    assert needs["max_width"] == needs["attention_threshold"] == "default_mode off"
    assert "temperature" not in needs
    assert found.preview is None


def test_no_curve_is_drawn_from_what_is_wrong():
    assert checked({"final_threshold": 3.0}, unbounded).preview is None
    assert checked({"threshold_curve": "round"}, unbounded).preview is None
    found = checked({"final_threshold": 0.5, "temperature": -1.0}, unbounded)
    assert found.preview.sentence.startswith("selection_threshold goes from 0.1 at step 0 to 0.5")


def test_the_order_of_what_was_said_is_that_of_the_settings():
    assert list(without_effect(Settings())) == [
        name for name in SPECS if name in without_effect(Settings())
    ]
    build_request(Settings(), ())
