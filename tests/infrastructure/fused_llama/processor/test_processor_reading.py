"""The kernels that read a processor's rows answer as PyTorch does."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import LogitsProcessorList

from tempo.domain.proposal import Combination, Reading
from tempo.infrastructure.fused_llama.processor.reading import knows, proposal
from tempo.infrastructure.reading.extraction import Rows, read

NONE = LogitsProcessorList()


@st.composite
def asked(draw):
    """Rows of logits, some of them equal, and a reading of them."""
    rows, vocabulary = draw(st.integers(1, 5)), draw(st.integers(3, 700))
    seed, spread = draw(st.integers(0, 2**32 - 1)), draw(st.sampled_from([0.1, 1.0, 6.0]))
    logits = np.random.default_rng(seed).normal(0.0, spread, (rows, vocabulary))
    if draw(st.booleans()):
        logits = logits.round()  # so that many are equal
    tokens = st.integers(0, vocabulary - 1)
    weights = np.array(
        draw(st.lists(st.sampled_from([0.0, 0.2, 1.0]), min_size=rows, max_size=rows))
    )
    weights[draw(st.integers(0, rows - 1))] += 1.0
    reading = Reading(
        weights=tuple((weights / weights.sum()).tolist()),
        considered=draw(st.integers(1, 20)),
        log_threshold=draw(st.sampled_from([-np.inf, -9.0, -3.3, -0.7])),
        barred=tuple(draw(st.lists(tokens, max_size=2, unique=True))),
        pairs=tuple(draw(st.lists(st.tuples(st.integers(0, rows - 1), tokens), max_size=3))),
    )
    return logits.astype(np.float32), reading


@given(asked())
def test_what_is_read_is_what_pytorch_reads_in_double_precision(given_rows):
    logits, reading = given_rows
    found = proposal(logits, reading)
    every = replace(reading, considered=logits.shape[1])
    wanted = read(Rows(torch.from_numpy(logits).double()), every, NONE)
    assert found.finite
    assert len(found.token_ids) == min(reading.considered, len(wanted.token_ids))
    best = wanted.log_probabilities[: len(found.token_ids)]
    assert found.log_probabilities == pytest.approx(best, abs=2e-6)
    order = [wanted.token_ids.index(token) for token in found.token_ids]
    assert wanted.log_probabilities[order] == pytest.approx(best, abs=2e-6)
    assert found.rows == pytest.approx(wanted.rows[:, order], abs=2e-6)
    assert found.plain_rows == pytest.approx(wanted.plain_rows[:, order], abs=2e-6)
    assert found.entropy == pytest.approx(wanted.entropy, abs=1e-4)
    assert found.pair_scores == pytest.approx(wanted.pair_scores, abs=2e-6)
    assert found.processed_scores == pytest.approx(wanted.processed_scores, abs=2e-6)


@given(asked())
def test_what_passes_is_counted_as_the_candidates_stand(given_rows):
    logits, reading = given_rows
    found = proposal(logits, reading)
    passing = found.log_probabilities >= reading.log_threshold
    assert found.passing >= passing.sum()
    if not passing.all():
        assert found.passing == passing.sum()
        shares = np.exp(found.log_probabilities[passing])
        assert found.passing_mass == pytest.approx(shares.sum(), abs=1e-6)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_is_told(value):
    logits = np.zeros((2, 300), dtype=np.float32)
    logits[1, 17] = value
    reading = Reading(weights=(0.5, 0.5), considered=3)
    assert not proposal(logits, reading).finite
    assert not read(Rows(torch.from_numpy(logits)), reading, NONE).finite


def test_of_equal_tokens_the_lowest_stay():
    logits = np.zeros((1, 600), dtype=np.float32)
    found = proposal(logits, Reading(weights=(1.0,), considered=5, barred=(1, 3)))
    assert found.token_ids == (0, 2, 4, 5, 6)


def test_tokens_without_a_probability_in_float32_are_left_to_pytorch():
    logits = np.full((1, 10), -200.0, dtype=np.float32)
    logits[0, 4] = 0.0
    assert proposal(logits, Reading(weights=(1.0,), considered=2)) is None
    assert proposal(logits, Reading(weights=(1.0,), considered=1)).token_ids == (4,)


def test_unusual_readings_are_not_known():
    assert knows(Reading(weights=(0.5, 0.5), considered=1), 2)
    assert not knows(Reading(weights=(1.0,), considered=1), 2)
    assert not knows(Reading(), 1)
    assert not knows(Reading(weights=(1.0,), considered=1, pairs=((1, 0),)), 1)
    assert not knows(Reading(weights=(1.0,), considered=1, mixtures=((1.0,),)), 1)
    geometric = Reading(weights=(1.0,), considered=1, combination=Combination.GEOMETRIC)
    assert not knows(geometric, 1)
