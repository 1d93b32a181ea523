"""Where a row that sees two candidates stands, layer by layer."""

import numpy as np
import pytest
from hypothesis import given, settings

from tempo.application.studies.curves.cells import Cell
from tempo.application.studies.lens.plan import LensPlan
from tempo.application.studies.lens.study import FedPair, LensStudy, figures_of
from tempo.domain.proposal import Reading
from tempo.domain.row_rules import RowRules
from tempo.infrastructure.container import container_around
from tests.contracts.adapters import drawn, plain_logits
from tests.fakes.numbered_tokenizer import NumberedTokenizer
from tests.strategies import seeds, units

LAYERS, HIDDEN, VOCABULARY = 3, 6, 5
PROMPT = (7, 3, 9)


def lenses_of(states, seed):
    logits = states @ np.random.default_rng(seed).normal(size=(HIDDEN, VOCABULARY))
    return logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True)


@settings(deadline=None)
@given(seeds, units, units)
def test_states_that_are_a_mixture_are_found_at_its_weight(seed, share, weight):
    one, other = np.random.default_rng(seed).normal(size=(2, LAYERS, HIDDEN))
    rows = [one, other, weight * one + (1 - weight) * other, other, 0.5 * (one + other)]
    states = np.stack(rows, axis=1)
    figures = figures_of(FedPair(share, states), lenses_of(states, seed))
    for layer in range(1, LAYERS):
        error = figures[Cell("weight_error", "lineage", layer)]
        assert error == pytest.approx(abs(weight - share), abs=1e-9)
        assert figures[Cell("weight_error", "uniform", layer)] == pytest.approx(share, abs=1e-9)
        assert figures[Cell("weight_error", "half and half", layer)] == pytest.approx(0.0, abs=1e-9)
        assert figures[Cell("commitment", "half and half", layer)] == pytest.approx(0.0, abs=1e-9)
        assert figures[Cell("commitment", "uniform", layer)] == pytest.approx(1.0)
        assert figures[Cell("beside", "lineage", layer)] == pytest.approx(0.0, abs=1e-6)
    assert figures[Cell("decided", "lineage", LAYERS - 1)] == 1.0
    assert figures[Cell("final_kl", "uniform", LAYERS - 1)] == pytest.approx(0.0, abs=1e-12)


def test_where_both_runs_are_one_there_is_no_weight():
    states = np.ones((LAYERS, 5, HIDDEN))
    figures = figures_of(FedPair(0.3, states), lenses_of(states, 1))
    assert {cell.quantity for cell in figures} == {
        "commitment",
        "lens_kl",
        "final_kl",
        "decided",
    }
    assert {cell.series for cell in figures if cell.quantity == "commitment"} == {"posterior"}


def test_rows_that_see_one_candidate_are_those_of_separate_runs():
    container = container_around(model := drawn("llama-sdpa"), ())
    backend, activations = container.plain_backend(), container.activations()
    study = LensStudy(LensPlan(), backend, NumberedTokenizer(), activations)
    with backend.open(PROMPT, RowRules()) as session:
        asked = Reading(weights=(1.0,), considered=2)
        pair = backend.propose([(session, asked)])[0].token_ids
        fed = study._fed(session, len(PROMPT))
    first, other = (plain_logits(model, (*PROMPT, token))[-1] for token in pair)
    joint = np.logaddexp(log_softmax(first), log_softmax(other))
    assert 0.0 < fed.posterior < 1.0
    said = activations.lens(fed.states[-1].astype(np.float32))
    alone = [
        [log_softmax(plain_logits(model, (*PROMPT, token, behind))[-1]) for token in pair]
        for behind in np.argsort(-joint)[:5]
    ]
    assert any(np.allclose(said[:2], one, atol=1e-3) for one in alone)
    assert fed.states.shape == (activations.shape.layers + 1, 5, activations.shape.hidden)
    assert np.allclose(fed.states[0], fed.states[0][0])  # the token alone


def test_a_study_yields_a_prompts_figures():
    container = container_around(drawn("llama-sdpa"), ())
    study = LensStudy(
        LensPlan(), container.plain_backend(), NumberedTokenizer(), container.activations()
    )
    found = list(study.contexts(("7 3 9", "1 2")))
    assert [one.prompt for one in found] == ["7 3 9", "1 2"]
    assert {cell.quantity for cell in found[0].figures} == {
        quantity.name for quantity in study.layout.quantities
    }


def log_softmax(logits):
    return logits - np.logaddexp.reduce(logits)
