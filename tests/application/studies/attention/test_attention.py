"""How later rows attend to sets, over a model that attends as it is told and over a tiny one."""

from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np
import pytest

from tempo.application.studies.attention.plan import AttentionPlan
from tempo.application.studies.attention.study import AttentionStudy
from tempo.application.studies.curves.cells import Cell
from tempo.application.studies.fidelity.rule import read_rule
from tempo.domain.activations import FedRow, Observation, PassActivations, pattern
from tempo.domain.errors import InvalidValueError
from tempo.domain.ports.activation_source import ModelShape
from tempo.infrastructure.container import container_around
from tests.contracts.adapters import drawn
from tests.fakes.numbered_tokenizer import NumberedTokenizer

LAYERS, HEADS = 2, 2
GIVEN = {4: 0.2, 5: 0.3, 6: 0.1}
"""Slot 4 is a step of one token; 5 and 6 are the next set, of which 5 has the posterior .4."""


class ToldAttention:
    """Three steps behind four tokens of a prompt: one token, a pair, one that looks back."""

    shape = ModelShape(LAYERS, HEADS, 8, 10)

    @contextmanager
    def observing(self, _):
        seen = Observation()
        steps = ((4,), (5, 6), (7,))
        for step, slots in enumerate(steps):
            rows = tuple(FedRow(step, slot, 1, 4 + step) for slot in slots)
            keys = tuple(range(slots[-1] + 1))
            shares = np.zeros((HEADS, len(rows), len(keys)), dtype=np.float32)
            for slot, share in GIVEN.items() if step == 2 else ():
                shares[:, :, slot] = share
            if step == 1:
                shares[:, :, 4] = 0.4
            arrays = {pattern(layer): shares for layer in range(LAYERS)}
            seen.passes.append(PassActivations(rows, keys, arrays))
        yield seen


def lattice():
    def member(slot, posterior):
        return SimpleNamespace(slot=slot, posterior=posterior)

    sets = ((member(4, 1.0),), (member(5, 0.4), member(6, 0.6)), (member(7, 1.0),))
    steps = [SimpleNamespace(token_set=SimpleNamespace(members=one)) for one in sets]
    return SimpleNamespace(lattice=SimpleNamespace(steps=steps))


@pytest.fixture(scope="module")
def told():
    generate = SimpleNamespace(run=lambda _: lattice())
    plan = AttentionPlan(rules=(read_rule("superposition=uniform"),))
    study = AttentionStudy(plan, generate, NumberedTokenizer(), ToldAttention())
    (one,) = study.contexts(("1 2 3 4",))
    return one.figures


def test_a_set_is_held_against_single_tokens_at_the_same_distance(told):
    # At distance 1 the pair was given .2 and .2 in all, the single token .4 by the pair's rows.
    assert told[Cell("size", "uniform", 2)] == pytest.approx(0.4 / 0.4)
    assert told[Cell("token", "uniform", 2)] == pytest.approx(0.5)
    for layer in range(LAYERS):
        assert told[Cell("layer", "uniform", layer)] == pytest.approx(1.0)
        for head in range(HEADS):
            assert told[Cell("head", f"head {head}", layer)] == pytest.approx(1.0)


def test_ranks_share_the_attention_of_their_set(told):
    assert told[Cell("rank", "uniform", 1)] == pytest.approx(0.3 / 0.4 * 2)
    assert told[Cell("rank", "uniform", 2)] == pytest.approx(0.1 / 0.4 * 2)


def test_the_most_attended_is_held_against_the_posterior_less_chance(told):
    for layer in range(LAYERS):
        assert told[Cell("best", "uniform", layer)] == pytest.approx(-0.5)


def test_under_path_a_row_gives_all_of_a_set_to_one_candidate():
    container = container_around(drawn("llama-sdpa"), ())
    plan = AttentionPlan(steps=6, threshold=0.0, width=3)
    study = AttentionStudy(plan, container.generate(), NumberedTokenizer(), container.activations())
    (one, other) = study.contexts(("7 3 9", "1"))
    for found in (one.figures, other.figures):
        under_path = [found[Cell("rank", "path", rank)] for rank in (1, 2, 3)]
        assert sum(under_path) == pytest.approx(3.0)
        assert max(under_path) > max(found[Cell("rank", "uniform", rank)] for rank in (1, 2, 3))


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"steps": 1}, "steps - 1 is 0; it must be 1 or more"),
        ({"distance": 0}, "distance is 0; it must be 1 or more"),
        ({"width": 1}, "width - 1 is 0; it must be 1 or more"),
    ],
)
def test_a_wrong_plan_is_refused_in_a_sentence(wrong, sentence):
    with pytest.raises(InvalidValueError) as caught:
        AttentionPlan(**wrong)
    assert str(caught.value) == sentence
