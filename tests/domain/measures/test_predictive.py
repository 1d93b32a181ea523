import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.domain.errors import InvalidValueError
from tempo.domain.measures.predictive import (
    ScoredText,
    covered_mass,
    entropy_rate,
    length_normalised_entropy,
    mean_token_entropy,
    predictive_entropy,
)
from tests.strategies import candidate, lattice_step, scored_texts

A_HALF, A_QUARTER = math.log(0.5), math.log(0.25)
ENTROPIES = (predictive_entropy, length_normalised_entropy)


@given(scored_texts)
def test_predictive_entropy_is_the_mean_surprise_of_a_text_among_the_texts(texts):
    weights = [math.exp(text.log_probability) for text in texts]
    shares = [weight / sum(weights) for weight in weights]
    expected = sum(share * -math.log(share) for share in shares)
    assert predictive_entropy(texts) == pytest.approx(expected, abs=1e-9)


@given(scored_texts)
def test_length_normalised_entropy_is_that_of_the_geometric_means(texts):
    weights = [math.exp(text.log_probability) ** (1 / text.length) for text in texts]
    shares = [weight / sum(weights) for weight in weights]
    expected = sum(share * -math.log(share) for share in shares)
    assert length_normalised_entropy(texts) == pytest.approx(expected, abs=1e-9)


@given(scored_texts)
def test_the_entropy_rate_weighs_each_texts_surprise_per_token(texts):
    weights = [math.exp(text.log_probability) for text in texts]
    expected = sum(
        weight / sum(weights) * -text.log_probability / text.length
        for weight, text in zip(weights, texts, strict=True)
    )
    assert entropy_rate(texts) == pytest.approx(expected)


@given(scored_texts)
def test_entropies_between_n_texts_lie_between_zero_and_log_n(texts):
    for measure in ENTROPIES:
        assert 0 <= measure(texts) <= math.log(len(texts)) + 1e-12


@given(scored_texts, st.floats(-700, 0))
def test_entropies_between_texts_do_not_depend_on_their_common_factor(texts, shift):
    shifted = [
        replace(text, log_probability=text.log_probability + shift * text.length) for text in texts
    ]
    assert length_normalised_entropy(shifted) == pytest.approx(
        length_normalised_entropy(texts), abs=1e-9
    )
    far = [replace(text, log_probability=text.log_probability - 5000) for text in texts]
    assert predictive_entropy(far) == pytest.approx(predictive_entropy(texts), abs=1e-9)


def test_figures_by_hand():
    """One token of 1/2 against two tokens of 1/2 each: shares 2/3 and 1/3, or even."""
    texts = [ScoredText("a", A_HALF, 1), ScoredText("b c", A_QUARTER, 2)]
    assert predictive_entropy(texts) == pytest.approx(math.log(3) - 2 / 3 * math.log(2))
    assert length_normalised_entropy(texts) == pytest.approx(math.log(2))
    assert entropy_rate(texts) == pytest.approx(math.log(2))
    assert covered_mass(texts) == pytest.approx(0.75)


def test_a_single_text_leaves_no_doubt_but_has_a_rate():
    text = [ScoredText("a", A_QUARTER, 2)]
    assert [measure(text) for measure in ENTROPIES] == [0.0, 0.0]
    assert entropy_rate(text) == pytest.approx(math.log(2))


def test_an_impossible_text_has_no_share():
    texts = [ScoredText("a", A_HALF, 1), ScoredText("b", -math.inf, 1)]
    assert [measure(texts) for measure in ENTROPIES] == [0.0, 0.0]
    assert entropy_rate(texts) == pytest.approx(math.log(2))
    impossible = [ScoredText("a", -math.inf, 1), ScoredText("b", -math.inf, 2)]
    assert [measure(impossible) for measure in ENTROPIES] == pytest.approx([math.log(2)] * 2)
    assert covered_mass(impossible) == 0.0


def test_no_texts_measure_nothing():
    assert [measure([]) for measure in (*ENTROPIES, entropy_rate, covered_mass)] == [0] * 4


def test_a_mass_that_rounds_above_one_is_one():
    assert covered_mass([ScoredText("a", 1e-9, 1), ScoredText("b", -math.inf, 1)]) == 1.0


def test_a_text_without_tokens_is_refused():
    with pytest.raises(InvalidValueError, match="0 tokens; it must have 1 or more"):
        ScoredText("", 0.0, 0)


def test_the_mean_token_entropy_is_over_steps():
    step = lattice_step(0, [candidate(0)], np.zeros((1, 1)))
    steps = [replace(step, entropy=value) for value in (0.5, 1.5, -1e-12)]
    assert mean_token_entropy(steps) == pytest.approx(2 / 3)
    assert mean_token_entropy([]) == 0.0


def test_a_token_entropy_that_rounds_below_zero_is_zero():
    step = lattice_step(0, [candidate(0)], np.zeros((1, 1)))
    assert mean_token_entropy([replace(step, entropy=-1e-12)]) == 0.0
