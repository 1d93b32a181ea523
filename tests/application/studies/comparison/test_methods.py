import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.application.settings.settings import SPECS
from tempo.application.settings.words import SWITCHES, WISHES, written
from tempo.application.studies.comparison.methods import (
    DEFAULT_METHODS,
    DEFAULT_TEMPO,
    KINDS,
    Tempo,
    methods_of,
    rival_of,
    tempo_of,
)
from tempo.domain.errors import ContradictionError, InvalidValueError, UnknownSettingError
from tempo.infrastructure.decoders.building import BUILDERS

WORDS_OF_TRUTH = [name for name, spec in SPECS.items() if spec.kind is bool]


@pytest.mark.parametrize(
    ("text", "name", "values"),
    [
        ("greedy", "greedy", ()),
        ("beam:8", "beam 8", (8,)),
        ("nucleus", "nucleus 0.9", (0.9, 1)),
        ("nucleus:0.9:0.7", "nucleus 0.9 0.7", (0.9, 0.7)),
        (" superposed:0:1 ", "superposed 0 1", (0, 1, 3)),
        ("superposed:0.54:0.06:5", "superposed 0.54 0.06 5", (0.54, 0.06, 5)),
    ],
)
def test_a_method_is_read_with_its_numbers_and_named_by_them(text, name, values):
    rival = rival_of(text)
    assert (rival.name, rival.values) == (name, values)


@given(st.sampled_from(sorted(KINDS)), st.data())
def test_two_methods_have_one_name_only_if_they_are_the_same(kind, data):
    drawn = st.lists(st.integers(0, 9).map(lambda number: number / 10 + 0.05), max_size=3)
    texts = [
        ":".join([kind, *(str(one) for one in data.draw(drawn)[: len(KINDS[kind].knobs)])])
        for _ in range(2)
    ]
    found = []
    for text in texts:
        try:
            found.append(rival_of(text))
        except InvalidValueError:
            return
    first, second = found
    assert (first.name == second.name) == (first == second)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("bean", "there is no method 'bean'; choose among greedy, "),
        ("beam:0", "beams of the method beam is '0'; it must be a whole number from 1 on"),
        ("beam:2.5", "beams of the method beam is '2.5'; it must be a whole number from 1 on"),
        ("nucleus:2", "top_p of the method nucleus is '2'; it must be a number from 0.01 to 1"),
        ("min-p:nan", "min_p of the method min-p is 'nan'; it must be a number from 0 to 1"),
        ("greedy:3", "the method 'greedy:3' has 1 numbers; write it as greedy"),
        ("cot:4:4", "the method 'cot:4:4' has 2 numbers; write it as cot:BRANCHES"),
    ],
)
def test_what_is_no_method_is_told_in_one_sentence(text, sentence):
    with pytest.raises(InvalidValueError) as caught:
        rival_of(text)
    assert str(caught.value).startswith(sentence)


def test_tempo_is_read_with_its_settings():
    assert tempo_of("superposition=path threshold=0.05 rescore=no") == Tempo(
        {"superposition": "path", "threshold": "0.05"}, rescored=False
    )
    assert tempo_of("max-width=3").name == "tempo max_width=3"
    assert tempo_of("superposition=path threshold=0.05 rescore=no").name == (
        "tempo path 0.05 unrescored"
    )
    assert tempo_of("").name == "tempo"


@pytest.mark.parametrize("word", [*WORDS_OF_TRUTH, *SWITCHES, *WISHES])
def test_a_switch_is_read_from_the_words_true_and_false(word):
    assert written(word, "true") is written(word, "True") is True
    assert written(word, "false") is False
    assert written(word, "perhaps") == "perhaps"


def test_tempo_has_its_switches_on_and_off():
    assert tempo_of("use_mcts=True").settings == {"use_mcts": True}
    assert tempo_of("use_mcts=True threshold=0.1").name == "tempo use_mcts=true 0.1"
    assert tempo_of("use_pruning=false").settings == {"use_pruning": False}
    assert tempo_of("stop=true").settings == {"stop": "true"}


def test_settings_are_held_against_the_tokens_of_the_comparison():
    text = "use_mcts=true mcts_rows=20"
    assert tempo_of(text, 12).settings == {"use_mcts": True, "mcts_rows": "20"}
    with pytest.raises(ContradictionError, match="mcts_rows is 20 and max_steps 60"):
        methods_of([], [text], 60)


@pytest.mark.parametrize(
    ("text", "error", "sentence"),
    [
        ("path", InvalidValueError, "'path' of TEMPO's settings has no value"),
        ("threshold=0.1 threshold=0.2", ContradictionError, "threshold is given twice"),
        ("max_steps=3", ContradictionError, "max_steps is the comparison's"),
        ("rescore=perhaps", InvalidValueError, "rescore is 'perhaps'; it must be yes or no"),
        ("superposition=waves", InvalidValueError, "superposition"),
        ("use_mcts=maybe", InvalidValueError, "use_mcts is 'maybe'; it must be true or false"),
        ("colour=red", UnknownSettingError, ""),
    ],
)
def test_what_is_no_setting_is_told_in_one_sentence(text, error, sentence):
    with pytest.raises(error) as caught:
        tempo_of(text)
    assert str(caught.value).startswith(sentence)


def test_every_method_can_be_built_and_is_compared_once():
    assert set(BUILDERS) == set(KINDS)
    found = methods_of([*DEFAULT_METHODS, "beam"], [*DEFAULT_TEMPO, DEFAULT_TEMPO[0]])
    assert len(found) == len(DEFAULT_METHODS) + len(DEFAULT_TEMPO)
    assert {method.kind for method in found[: len(DEFAULT_METHODS)]} == set(KINDS)
