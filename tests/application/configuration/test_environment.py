"""What environment variables say of settings and options."""

import pytest

from tempo.application.configuration.environment import misspelt, options_told, settings_told
from tempo.application.configuration.keys import Key, Kind
from tempo.application.configuration.layering import layered
from tempo.application.settings.reading import read_settings
from tempo.domain.errors import InvalidValueError

KEYS = {
    "device": Key("device", Kind.TEXT, "Where.", "auto"),
    "echo": Key("echo", Kind.TRUTH, "Print the prompt.", default=False),
    "sample": Key("sample", Kind.WHOLE, "So many texts.", 0),
    "diverse": Key("diverse", Kind.NUMBER, "So many nats.", 0.0),
}


def test_a_variable_is_the_word_in_capitals_behind_tempo():
    layer = settings_told(
        {
            "TEMPO_THRESHOLD": "0.2",
            "TEMPO_USE_RELU": "Yes",
            "TEMPO_ISOLATE": "0",
            "TEMPO_WINDOW": "inf",
            "TEMPO_STOP": "The End",
            "TEMPO_MAX_STEPS": "",
            "THRESHOLD": "0.9",
        }
    )
    assert layer.words == {
        "threshold": "0.2",
        "window": "inf",
        "stop": "The End",
        "use_relu": True,
        "isolate": False,
    }
    said = {"threshold": 0.2, "use_relu": True, "isolate": False, "window": "inf"}
    assert layered([layer]).settings == read_settings({**said, "stop": ["The End"]})


@pytest.mark.parametrize("word", ["use_relu", "isolate", "use_pruning"])
def test_what_is_neither_true_nor_false_is_refused(word):
    with pytest.raises(InvalidValueError) as caught:
        settings_told({f"TEMPO_{word.upper()}": "perhaps"})
    assert str(caught.value) == (
        f"environment: TEMPO_{word.upper()} is 'perhaps'; it must be true or false"
    )


def test_options_are_read_by_their_kind():
    told = {
        "TEMPO_DEVICE": "cpu",
        "TEMPO_ECHO": "1",
        "TEMPO_SAMPLE": "3",
        "TEMPO_DIVERSE": "0.5",
    }
    assert options_told(told, KEYS) == {"device": "cpu", "echo": True, "sample": 3, "diverse": 0.5}


@pytest.mark.parametrize(
    ("name", "text", "allowed"),
    [
        ("echo", "x", "true or false"),
        ("sample", "1.5", "a whole number"),
        ("diverse", "nan", "a number"),
    ],
)
def test_an_option_that_says_no_value_is_refused(name, text, allowed):
    with pytest.raises(
        InvalidValueError, match=rf"^environment: {name} is .*; it must be {allowed}$"
    ):
        options_told({f"TEMPO_{name.upper()}": text}, KEYS)


def test_a_variable_that_is_nearly_one_of_ours_is_named_with_it():
    told = {
        "TEMPO_MAX_STEP": "5",
        "TEMPO_WIDTH": "",
        "TEMPO_ECCHO": "1",
        "TEMPO_PROT": "80",
        "TEMPO_CONFIG_PROFIL": "quick",
    }
    assert misspelt(told, lambda: KEYS) == [
        "TEMPO_CONFIG_PROFIL says nothing to any command; did you mean TEMPO_CONFIG_PROFILE?",
        "TEMPO_ECCHO says nothing to any command; did you mean TEMPO_ECHO?",
        "TEMPO_MAX_STEP says nothing to any command; did you mean TEMPO_MAX_STEPS?",
        "TEMPO_PROT says nothing to any command; did you mean TEMPO_PORT?",
        "TEMPO_WIDTH says nothing to any command; did you mean TEMPO_MAX_WIDTH?",
    ]


def test_variables_of_ours_and_of_others_are_let_be():
    ours = ("MAX_STEPS", "THRESHOLD", "USE_RELU", "ISOLATE", "ECHO", "PORT", "API_TOKEN", "CONFIG")
    others = ("SERVICE_HOST", "SERVICE_PORT", "PORT_80_TCP_ADDR", "HARNESS", "UI_PORT")
    told = {f"TEMPO_{name}": "1" for name in (*ours, *others)}
    assert misspelt({**told, "MAX_STEP": "1", "XTEMPO_MAX_STEP": "1"}, lambda: KEYS) == []


def test_the_options_are_not_asked_for_where_every_variable_is_known():
    def never():
        raise AssertionError

    assert misspelt({"TEMPO_MAX_STEPS": "5", "HOME": "/"}, never) == []
