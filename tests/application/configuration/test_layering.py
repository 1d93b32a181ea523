"""Settings that several places name: the higher place wins, setting by setting."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.application.configuration.layering import COMMAND_LINE, Layer, layered
from tempo.application.settings.reading import read_settings
from tempo.application.settings.settings import SPECS
from tempo.domain.errors import ContradictionError, InvalidValueError

shares = st.floats(0, 1)
independent = st.fixed_dictionaries(
    {},
    optional={
        "selection_threshold": shares,
        "max_steps": st.integers(1, 200),
        "temperature": st.floats(0.1, 5),
        "top_k": st.none() | st.integers(1, 50),
        "stop": st.lists(st.text(min_size=1, max_size=3), max_size=2),
        "visibility": st.sampled_from(["isolated", "visible"]),
        "retroactive_pruning": st.sampled_from(["off", "posterior", "attention"]),
        "max_width": st.integers(2, 64),
    },
)
"""Settings none of which excludes another, or moves it."""


def laid(*said):
    return layered([Layer(f"place {number}", words) for number, words in enumerate(said)])


@given(independent)
def test_one_place_alone_means_what_it_says(words):
    assert laid(words).settings == read_settings(words)


@given(independent, independent)
def test_a_higher_place_has_its_way(below, above):
    settings = laid(below, above).settings
    alone = read_settings(above)
    for name in above:
        assert getattr(settings, name) == getattr(alone, name)


@given(independent, independent)
def test_what_the_higher_place_leaves_out_the_lower_one_says(below, above):
    found = laid(below, above)
    alone = read_settings(below)
    for name in below.keys() - above.keys():
        assert getattr(found.settings, name) == getattr(alone, name)
        assert found.origins[name] == "place 0"


@given(independent, independent)
def test_a_place_that_says_nothing_changes_nothing(below, above):
    assert laid(below, {}, above, {}) == layered([Layer("place 0", below), Layer("place 2", above)])


@given(independent, independent)
def test_what_comes_out_is_read_as_what_it_is(below, above):
    found = laid(below, above)
    assert read_settings(found.words) == found.settings


@given(independent, independent)
def test_every_setting_has_an_origin_and_a_default_is_nobodys(below, above):
    found = laid(below, above)
    assert list(found.origins) == list(SPECS)
    for name, origin in found.origins.items():
        assert origin == "default" or found.settings.names(name) or name in {**below, **above}


def test_another_name_of_a_setting_wins_over_it_too():
    found = laid({"selection_threshold": 0.2, "use_custom_rope": False}, {"threshold": 0.3})
    assert found.settings.selection_threshold == 0.3
    assert found.settings.positions == "consecutive"


def test_what_the_higher_place_makes_ineffective_is_set_aside():
    found = laid({"retroactive_pruning": "posterior", "posterior_mass": 0.9}, {"use_mcts": True})
    assert found.settings == read_settings({"use_mcts": True})
    assert found.origins["posterior_mass"] == "default"


def test_an_origin_names_the_word_that_was_said():
    spelled = {"threshold": "TEMPO_THRESHOLD"}
    found = layered([Layer("environment", {"threshold": 0.3, "max_width": 40}, spelled)])
    assert found.origins["selection_threshold"] == "environment (TEMPO_THRESHOLD)"
    assert found.origins["considered"] == "environment"  # follows from the width
    assert found.origins["max_steps"] == "default"


def test_a_setting_named_at_its_default_has_its_origin():
    assert laid({"max_steps": 5}, {"max_steps": 100}).origins["max_steps"] == "place 1"


def test_a_wrong_value_is_told_with_its_place():
    with pytest.raises(InvalidValueError, match=r"^place 0: max_width is 99; it must be"):
        laid({"max_width": 99})


def test_the_command_line_needs_no_place():
    with pytest.raises(ContradictionError, match=r"^min_steps is 200 and max_steps 100"):
        layered([Layer("file", {"max_steps": 5}), Layer(COMMAND_LINE, {"min_steps": 200})])


@pytest.mark.parametrize(
    ("below", "above"),
    [
        ({"max_steps": 5}, {"min_steps": 9}),
        ({"min_steps": 9}, {"max_steps": 5}),
        ({"considered": 20}, {"max_width": 30}),
        ({"max_width": 30}, {"considered": 20}),
    ],
)
def test_a_partner_that_the_higher_place_goes_beyond_gives_way(below, above):
    assert laid(below, above).settings == read_settings(above)
