import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.domain.errors import InvalidValueError
from tempo.domain.ports.verifier import Attempt
from tempo.domain.search.demands import Demands
from tempo.domain.search.likelihood import Likelihood


def attempt(text="", tokens=4, log_probability=-2.0, *, finished=False):
    return Attempt(text, tokens, log_probability, finished)


@given(st.integers(1, 200), st.floats(-1e4, 0))
def test_likelihood_is_the_length_normalised_log_probability_in_the_unit_interval(tokens, score):
    value = Likelihood().value(attempt(tokens=tokens, log_probability=score))
    assert 0.0 <= value <= 1.0
    assert value == pytest.approx(math.exp(score / tokens))


def test_a_score_that_rounding_lifted_above_zero_is_worth_one():
    assert Likelihood().value(attempt(log_probability=1e-9)) == 1.0


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("The dog ran to the park.", 1.0),
        ("THE DOG ran.", 0.5),
        ("the dogs ran to a parkway", 0.0),
        ("a dog's park", 1.0),
        ("", 0.0),
    ],
)
def test_words_are_demanded_whole_and_in_any_case(text, value):
    assert Demands.of(("dog", " park ")).value(attempt(text)) == value


def test_a_word_is_no_pattern():
    assert Demands.of(("a.c",)).value(attempt("abc")) == 0.0
    assert Demands.of(("a.c",)).value(attempt("(a.c)")) == 1.0


def test_patterns_and_words_count_alike():
    demands = Demands.of(("dog",), (r"^The \w+", r"\d"))
    assert demands.value(attempt("The dog")) == pytest.approx(2 / 3)


@pytest.mark.parametrize("wrong", ["(", "a{2,1}", "[z-a]", "a{99999999999999999999}"])
def test_what_is_no_pattern_is_refused_by_what_it_is(wrong):
    with pytest.raises(InvalidValueError, match="which is no regular expression") as caught:
        Demands.of(patterns=(wrong,))
    assert repr(wrong) in str(caught.value)


@pytest.mark.parametrize("wrong", ["", "  "])
def test_an_empty_word_is_refused(wrong):
    with pytest.raises(InvalidValueError, match="mcts_words holds"):
        Demands.of((wrong,))


def test_no_demand_at_all_is_refused():
    with pytest.raises(InvalidValueError, match="by no demand"):
        Demands.of()


def test_an_attempt_without_tokens_is_refused():
    with pytest.raises(InvalidValueError, match="0 tokens"):
        attempt(tokens=0)
