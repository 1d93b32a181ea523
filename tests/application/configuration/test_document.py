"""What a configuration file may hold, and what is said where it holds something else."""

import math

import pytest

from tempo.application.configuration.document import configuration
from tempo.application.configuration.keys import Key, Kind
from tempo.domain.errors import InvalidValueError, UnknownSettingError

KEYS = {
    "model": Key("model", Kind.TEXT, "The model.", "embedded"),
    "echo": Key("echo", Kind.TRUTH, "Print the prompt.", default=False),
    "sample": Key("sample", Kind.WHOLE, "So many texts.", 0),
    "diverse": Key("diverse", Kind.NUMBER, "So many nats.", 0.0),
    "device_map": Key("device_map", Kind.TEXT, "Spread it.", ""),
    "format": Key("format", Kind.TEXT, "What to print.", "clean", ("clean", "raw")),
}


def read(**content):
    return configuration("run.toml", content, KEYS)


def told(**content):
    with pytest.raises(InvalidValueError) as caught:
        read(**content)
    return str(caught.value)


def test_a_file_is_sorted_into_settings_options_and_the_service():
    found = read(model="here", threshold=0.2, stop=["a"], serve={"port": 1}, diverse=1).common
    assert found.settings == {"threshold": 0.2, "stop": ["a"]}
    assert found.options == {"model": "here", "diverse": 1.0}
    assert found.service == {"port": 1}


def test_a_profile_lies_over_what_holds_for_all():
    found = read(max_steps=9, profiles={"quick": {"max_steps": 3}, "wide": {"max_width": 9}})
    assert [one.settings for one in found.under(None)] == [{"max_steps": 9}]
    assert [one.settings for one in found.under("quick")] == [{"max_steps": 9}, {"max_steps": 3}]
    assert [one.source for one in found.under("wide")] == ["run.toml", "run.toml, profile wide"]


@pytest.mark.parametrize(
    ("profiles", "sentence"),
    [
        ({"quick": {}, "wide": {}}, "run.toml has no profile 'quik'; it has quick, wide"),
        ({}, "run.toml has no profile 'quik'; it has none"),
    ],
)
def test_a_profile_that_is_not_there_is_told_with_those_that_are(profiles, sentence):
    with pytest.raises(UnknownSettingError) as caught:
        read(profiles=profiles).under("quik")
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ({"max_step": 3}, "run.toml: there is no key 'max_step'; did you mean max_steps?"),
        ({"modle": "x"}, "run.toml: there is no key 'modle'; did you mean model?"),
        ({"zzz": 1}, "run.toml: there is no key 'zzz'; tempo config init writes all there are"),
        (
            {"profile": {"quick": {}}},
            "run.toml: there is no table 'profile'; did you mean profiles?",
        ),
        (
            {"max_steps": {"quick": 3}},
            "run.toml: there is no table 'max_steps'; tempo config init writes all there are",
        ),
        (
            {"profiles": {"quick": {"profiles": {"more": {}}}}},
            (
                "run.toml, profile quick: a profile holds no profiles of its own; "
                "put each beside the others"
            ),
        ),
        (
            {"serve": {"prot": 1}},
            "run.toml: there is no key of [serve] 'prot'; did you mean port?",
        ),
        (
            {"profiles": {"quick": {"treshold": 0.1}}},
            "run.toml, profile quick: there is no key 'treshold'; did you mean threshold?",
        ),
    ],
)
def test_an_unknown_key_is_told_with_the_nearest(content, sentence):
    assert told(**content) == sentence


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (
            {"max_steps": "20"},
            "max_steps is '20'; it must be a number without quotation marks, 1 or more",
        ),
        ({"max_steps": 2.5}, "max_steps is 2.5; it must be a whole number, 1 or more"),
        ({"max_steps": True}, "max_steps is True; it must be a whole number, 1 or more"),
        (
            {"threshold": math.nan},
            (
                "selection_threshold is nan; it must be a number, from 0 to 1; 0 means the width "
                "cap alone"
            ),
        ),
        ({"use_relu": "yes"}, "use_relu is 'yes'; it must be true or false"),
        ({"isolate": 1}, "isolate is 1; it must be true or false"),
        ({"use_pruning": "on"}, "use_pruning is 'on'; it must be true or false"),
        ({"bezier_points": [1]}, "bezier_points is [1]; it must be two numbers such as 0.1,0.9"),
        ({"echo": 1}, "echo is 1; it must be true or false"),
        ({"sample": 1.5}, "sample is 1.5; it must be a whole number"),
        ({"sample": True}, "sample is True; it must be a whole number"),
        ({"diverse": math.inf}, "diverse is inf; it must be a number"),
        ({"model": 3}, "model is 3; it must be a text"),
        ({"format": "plain"}, "format is 'plain'; it must be one of clean, raw"),
        ({"serve": 3}, "run.toml: serve is 3; it must be a table of keys and values"),
        ({"serve": {"port": "1"}}, "serve.port is '1'; it must be a whole number"),
        ({"serve": {"port": True}}, "serve.port is True; it must be a whole number"),
        ({"serve": {"port": 99999}}, "serve.port is 99999; it must be a number from 0 to 65535"),
        (
            {"serve": {"run_seconds": math.nan}},
            "serve.run_seconds is nan; it must be a number of at least 0",
        ),
    ],
)
def test_a_value_of_another_type_is_told_with_its_range(content, sentence):
    assert told(**content).endswith(sentence)
    assert told(**content).startswith("run.toml: ")


@pytest.mark.parametrize("name", ["profiles", "profiles.quick"])
def test_profiles_are_tables(name):
    content = {"profiles": 3} if name == "profiles" else {"profiles": {"quick": 3}}
    assert told(**content) == f"run.toml: {name} is 3; it must be a table of keys and values"


def test_infinity_has_a_spelling_in_every_language():
    assert read(window="inf").common.settings == {"window": "inf"}
    assert read(window=math.inf).common.settings == {"window": math.inf}


def test_a_map_of_devices_may_be_a_table():
    found = read(device_map={"model.layers.0": 0}).common
    assert found.options == {"device_map": '{"model.layers.0": 0}'}


def test_nothing_means_nothing_said_and_off_where_there_is_an_off():
    found = read(max_width=None, model=None, isolate=None, top_k=None).common
    assert (found.settings, found.options) == ({"top_k": None}, {})


def test_the_predecessors_notes_and_switches_that_are_off_say_nothing():
    found = read(description="x", experiment_name="y", disable_kv_cache=False, cpu=None)
    assert (found.common.settings, found.common.options) == ({}, {})


def test_a_key_of_the_predecessor_that_asks_for_something_is_answered():
    assert told(disable_kv_cache=True) == (
        "run.toml: disable_kv_cache is of the predecessor; leave it out: the cache is what TEMPO "
        "decodes in, and a law holds it equal to decoding without"
    )
