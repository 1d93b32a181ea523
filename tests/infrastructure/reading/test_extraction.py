"""Readings against a numpy float64 oracle: `k` rows, `v` vocabulary, `c` candidates."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils._python_dispatch import TorchDispatchMode

from tempo.domain.proposal import Combination, Reading
from tempo.domain.row_rules import RowRules
from tempo.infrastructure.reading import extraction
from tempo.infrastructure.reading.extraction import Rows, read
from tempo.infrastructure.reading.processors import logits_processors
from tests.strategies import logits, row_weights

PLAIN = logits_processors(RowRules())
ARITHMETIC, GEOMETRIC = Combination.ARITHMETIC, Combination.GEOMETRIC


def log_softmax(values):
    with np.errstate(divide="ignore"):
        shifted = values - values.max(axis=-1, keepdims=True)
        return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def combined(rows, weights, combination):
    """The readout [v], in plain probabilities."""
    weights = np.array(weights)[:, None]
    if combination is ARITHMETIC:
        return (weights * np.exp(rows)).sum(axis=0)
    product = np.exp((weights * rows).sum(axis=0))
    return product / product.sum()


@st.composite
def readings(draw):
    values = draw(logits())
    weights = draw(row_weights(len(values)))
    combination = draw(st.sampled_from(Combination))
    threshold = draw(st.sampled_from([0.0, 0.01, 0.05, 0.2, 0.9]))
    level = math.log(threshold) if threshold else -math.inf
    return values, Reading(weights, combination, draw(st.integers(1, 30)), level)


def answer(values, reading, rules=None, paths=(), dtype=torch.float64):
    rows = Rows(torch.tensor(values, dtype=dtype), paths)
    return read(rows, reading, logits_processors(rules or RowRules()))


@given(logits(max_rows=1), st.integers(1, 30))
def test_candidates_are_those_of_a_stable_full_sort(values, considered):
    proposal = answer(values, Reading((1.0,), ARITHMETIC, considered))
    expected = np.argsort(-values[0], kind="stable")[:considered]
    assert proposal.token_ids == tuple(expected.tolist())


@given(logits(max_rows=1), st.integers(1, 30))
def test_equal_values_come_by_token_id_in_float32_too(values, considered):
    proposal = answer(values, Reading((1.0,), ARITHMETIC, considered), dtype=torch.float32)
    expected = np.argsort(-values[0], kind="stable")[:considered]
    assert proposal.token_ids == tuple(expected.tolist())


def test_a_thousand_equal_values_are_cut_at_the_lowest_ids():
    proposal = answer(np.zeros((1, 1000)), Reading((1.0,), ARITHMETIC, 16))
    assert proposal.token_ids == tuple(range(16))


@given(readings())
def test_the_readout_equals_its_definition(case):
    values, reading = case
    proposal = answer(values, reading)
    readout = combined(log_softmax(values), reading.weights, reading.combination)
    assert len(proposal.token_ids) == min(reading.considered, values.shape[1])
    assert np.exp(proposal.log_probabilities) == pytest.approx(readout[list(proposal.token_ids)])
    worst = min(readout[list(proposal.token_ids)])
    others = np.delete(readout, list(proposal.token_ids))
    assert (others <= worst + 1e-12).all()


@given(readings())
def test_entropy_and_what_reaches_the_threshold_are_those_of_the_whole_vocabulary(case):
    values, reading = case
    proposal = answer(values, reading)
    readout = combined(log_softmax(values), reading.weights, reading.combination)
    assert proposal.entropy == pytest.approx(-(readout * np.log(readout)).sum(), abs=1e-9)
    with np.errstate(divide="ignore"):
        margin = np.abs(np.log(readout) - reading.log_threshold)
    if margin.min() > 1e-9:
        passing = readout[np.log(readout) >= reading.log_threshold]
        assert proposal.passing == len(passing)
        assert proposal.passing_mass == pytest.approx(passing.sum())


@given(readings())
def test_each_row_tells_its_own_log_probability_of_each_candidate(case):
    values, reading = case
    proposal = answer(values, reading)
    expected = log_softmax(values)[:, list(proposal.token_ids)]
    assert proposal.rows == pytest.approx(expected)
    assert proposal.plain_rows == pytest.approx(expected)
    assert proposal.finite


@given(readings(), st.data())
def test_a_barred_token_is_never_proposed_and_the_rest_shares_its_mass(case, data):
    values, reading = case
    vocabulary = st.integers(0, values.shape[1] - 1)
    barred = data.draw(st.lists(vocabulary, max_size=values.shape[1] - 1, unique=True))
    reading = Reading(reading.weights, reading.combination, reading.considered, barred=barred)
    proposal = answer(values, reading)
    assert set(proposal.token_ids).isdisjoint(barred)
    cut = values.copy()
    cut[:, barred] = -np.inf
    kept = list(proposal.token_ids)
    assert len(kept) == min(reading.considered, values.shape[1] - len(barred))
    assert proposal.rows == pytest.approx(log_softmax(cut)[:, kept])
    assert proposal.plain_rows == pytest.approx(log_softmax(values)[:, kept])
    assert proposal.passing == values.shape[1] - len(barred)
    assert proposal.passing_mass == pytest.approx(1)


@given(readings(), st.data())
def test_pairs_are_plain_whatever_the_rules(case, data):
    values, reading = case
    pair = st.tuples(st.integers(0, len(values) - 1), st.integers(0, values.shape[1] - 1))
    pairs = tuple(data.draw(st.lists(pair, min_size=1, max_size=6)))
    expected = [log_softmax(values)[row, token] for row, token in pairs]
    alone = answer(values, Reading(pairs=pairs), RowRules(temperature=0.5))
    beside = answer(
        values,
        Reading(reading.weights, reading.combination, reading.considered, pairs=pairs),
        RowRules(temperature=0.5),
    )
    for proposal in (alone, beside):
        assert proposal.pair_scores == pytest.approx(np.array(expected))
    assert alone.token_ids == ()


@given(readings(), st.sampled_from([0.5, 2.0]))
def test_temperature_acts_on_each_row_before_the_readout(case, temperature):
    values, reading = case
    proposal = answer(values, reading, RowRules(temperature=temperature))
    rows = log_softmax(values / temperature)
    kept = list(proposal.token_ids)
    readout = combined(rows, reading.weights, reading.combination)
    assert np.exp(proposal.log_probabilities) == pytest.approx(readout[kept])
    assert proposal.rows == pytest.approx(rows[:, kept])
    assert proposal.plain_rows == pytest.approx(log_softmax(values)[:, kept])


def test_a_row_rule_acts_before_the_mixture_and_not_after():
    values = np.log([[0.6, 0.3, 0.1], [0.1, 0.3, 0.6]])
    proposal = answer(values, Reading((0.5, 0.5), ARITHMETIC, 3), RowRules(top_k=1))
    assert proposal.token_ids == (0, 2)
    assert np.exp(proposal.log_probabilities) == pytest.approx([0.5, 0.5])
    assert np.exp(proposal.rows) == pytest.approx(np.eye(2))


def test_the_repetition_penalty_sees_each_rows_own_path():
    values = np.full((2, 3), 1.0)
    paths = (np.array([0]), np.array([1]))
    reading = Reading((0.5, 0.5), ARITHMETIC, 3)
    proposal = answer(values, reading, RowRules(repetition_penalty=2.0), paths)
    expected = log_softmax(np.array([[0.5, 1.0, 1.0], [1.0, 0.5, 1.0]]))
    assert proposal.rows == pytest.approx(expected[:, list(proposal.token_ids)])


def test_a_token_that_every_row_excludes_is_not_proposed():
    values = np.array([[0.0, -np.inf, 0.0, -np.inf]])
    proposal = answer(values, Reading((1.0,), ARITHMETIC, 4))
    assert proposal.token_ids == (0, 2)
    assert proposal.passing == 2
    assert proposal.finite


def test_rows_that_agree_on_nothing_still_give_a_product():
    values = np.array([[0.0, -np.inf], [-np.inf, 0.0]])
    proposal = answer(values, Reading((0.5, 0.5), GEOMETRIC, 2))
    assert np.isfinite(proposal.log_probabilities).all()
    assert np.exp(proposal.log_probabilities).sum() == pytest.approx(1)


def test_a_row_of_no_weight_says_nothing_in_a_product():
    values = np.array([[0.0, -np.inf], [-np.inf, 0.0]])
    proposal = answer(values, Reading((1.0, 0.0), GEOMETRIC, 2))
    assert proposal.token_ids == (0,)
    assert proposal.log_probabilities.tolist() == [0.0]


def test_a_row_whose_every_token_is_barred_leaves_the_readout_to_the_others():
    values = np.array([[0.0, -np.inf, -np.inf], [0.0, 0.0, 0.0]])
    reading = Reading((0.5, 0.5), ARITHMETIC, 3, barred=(0,))
    proposal = answer(values, reading)
    assert proposal.token_ids == (1, 2)
    assert not np.isnan(proposal.log_probabilities).any()


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
@pytest.mark.parametrize("row", [0, 1])
def test_logits_that_are_not_finite_are_said_to_be_so(wrong, row):
    values = np.zeros((2, 4))
    values[row, 2] = wrong
    assert not answer(values, Reading((1.0, 0.0), ARITHMETIC, 2)).finite
    assert not answer(values, Reading(pairs=((0, 1),))).finite


def test_a_row_of_nothing_but_minus_infinity_is_not_finite():
    values = np.array([[0.0, 0.0], [-np.inf, -np.inf]])
    assert not answer(values, Reading((0.5, 0.5), ARITHMETIC, 2)).finite


class NoCopyToTheHost(TorchDispatchMode):
    """Fails on any operation that would wait for the device."""

    WAITS = ("_local_scalar_dense", "nonzero", "unique", "masked_select", "is_nonzero", "equal")

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        name = operation.overloadpacket.__name__
        assert name not in self.WAITS, f"{name} copies to the host"
        chosen = [one for one in args[1] if one is not None] if name == "index" else []
        assert all(one.dtype is not torch.bool for one in chosen), "counts what is true on the host"
        return operation(*args, **(kwargs or {}))


RULES = [
    RowRules(),
    RowRules(temperature=0.7, top_k=3, top_p=0.9, min_p=0.01),
    RowRules(repetition_penalty=1.2),
]


@pytest.mark.parametrize("rules", RULES, ids=["plain", "warpers", "penalty"])
@pytest.mark.parametrize("combination", Combination)
def test_a_reading_copies_to_the_host_once(rules, combination, monkeypatch):
    copies = []

    def counted(packed):
        copies.append(packed.shape)
        return packed.numpy().astype(np.float64)

    monkeypatch.setattr(extraction, "to_host", counted)
    rows = Rows(torch.randn(3, 50), tuple(np.array([1, 2, row]) for row in range(3)))
    reading = Reading((0.5, 0.3, 0.2), combination, 8, -3.0, barred=(4,), pairs=((1, 3),))
    with NoCopyToTheHost():
        proposal = read(rows, reading, logits_processors(rules))
    assert len(copies) == 1
    assert len(proposal.token_ids) >= 1


def test_the_copy_is_exact():
    packed = torch.tensor([0.1, -torch.inf, 3.0])
    assert extraction.to_host(packed).tolist() == packed.tolist()
    assert extraction.to_host(packed).dtype == np.float64


@pytest.mark.parametrize("vocabulary", [1, 2, 5])
def test_a_vocabulary_smaller_than_what_is_considered_is_shown_whole(vocabulary):
    proposal = answer(np.zeros((2, vocabulary)), Reading((0.5, 0.5), ARITHMETIC, 16))
    assert proposal.token_ids == tuple(range(vocabulary))
    assert proposal.rows.shape == proposal.plain_rows.shape == (2, vocabulary)
