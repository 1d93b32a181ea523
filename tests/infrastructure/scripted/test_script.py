import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.domain.errors import InvalidValueError
from tempo.infrastructure.scripted.script import END, Script
from tests.strategies import seeds

SCRIPT = Script.of(
    {
        "": {"a": 0.6, "b": 0.3, END: 0.1},
        "a": {"b": 1.0},
        ("a", "b"): {END: 1.0},
        "c": {"c": 1.0},
    }
)
A, B, C = 1, 2, 3


def named(row):
    return {SCRIPT.vocabulary[token]: value for token, value in enumerate(row) if value}


def test_the_vocabulary_holds_every_name_and_the_end_first():
    assert SCRIPT.vocabulary == (END, "a", "b", "c")
    assert SCRIPT.order == 2


@pytest.mark.parametrize(
    ("tokens", "row"),
    [
        ((), {"a": 0.6, "b": 0.3, END: 0.1}),
        ((B,), {"a": 0.6, "b": 0.3, END: 0.1}),
        ((B, A), {"b": 1.0}),
        ((A, B), {END: 1.0}),
        ((C, A, B), {END: 1.0}),
        ((A, C), {"c": 1.0}),
    ],
)
def test_the_longest_context_that_the_tokens_end_with_holds(tokens, row):
    assert named(SCRIPT.next(tokens)) == row


def test_a_script_needs_an_answer_for_everything():
    with pytest.raises(InvalidValueError, match='a script needs the context ""'):
        Script.of({"a": {"b": 1.0}})


@pytest.mark.parametrize("row", [{"a": 0.9}, {"a": 0.6, "b": 0.5}, {"a": 1.5, "b": -0.5}])
def test_probabilities_that_do_not_sum_to_one_are_refused(row):
    with pytest.raises(InvalidValueError, match="they must sum to 1"):
        Script.of({"": row})


def test_a_table_without_the_empty_context_cannot_answer():
    script = Script((END, "a"), {(1,): SCRIPT.next(())}, 1)
    with pytest.raises(InvalidValueError, match="without the empty context"):
        script.next(())


@given(seeds, st.integers(2, 4), st.integers(0, 2))
def test_a_random_script_has_a_distribution_for_every_context(seed, tokens, order):
    script = Script.random(seed, tokens, order)
    assert len(script.vocabulary) == tokens + 1
    assert len(script.table) == sum(tokens**length for length in range(order + 1))
    for row in script.table.values():
        assert row.sum() == pytest.approx(1)
        assert row.min() > 0
    again = Script.random(seed, tokens, order)
    assert all((again.table[context] == row).all() for context, row in script.table.items())
