"""Costs, added up by hand."""

import pytest
import torch

from tempo.infrastructure.decoders.chain_of_thought import ChainOfThought
from tempo.infrastructure.decoders.contrastive import Contrastive
from tempo.infrastructure.decoders.counting import counted
from tempo.infrastructure.decoders.drafts import Asked
from tempo.infrastructure.decoders.generated import Beam, Greedy, Sampling
from tempo.infrastructure.decoders.lattice_paths import LatticePaths
from tempo.infrastructure.decoders.ngrams import NGrams
from tempo.infrastructure.decoders.superposed import Superposed
from tests.infrastructure.decoders.engines import tiny_engine
from tests.infrastructure.decoders.tiny import tiny_model

PROMPT = (3, 1, 4, 1, 6)
STEPS = 4


def one_by_one(batch, first=6, passes=STEPS - 1):
    """Passes, rows and reads of `passes` tokens for each of a batch, the first at a length."""
    reads = sum(batch * (first + step) for step in range(passes))
    return passes, passes * batch, reads


def added(*parts):
    return tuple(map(sum, zip(*parts, strict=True)))


PREFILL = (1, 5, 25)

COSTS = {
    "greedy": (Greedy, added(PREFILL, one_by_one(1))),
    "sampling": (lambda m: Sampling(m, {}), added(PREFILL, one_by_one(3))),
    "beam": (lambda m: Beam(m, 4), added(PREFILL, one_by_one(4))),
    "chain of thought": (lambda m: ChainOfThought(m, 6), added(PREFILL, one_by_one(6))),
    "contrastive": (lambda m: Contrastive(m, 3, 0.5), added(PREFILL, one_by_one(3, 6, STEPS))),
    "superposed": (
        lambda m: Superposed(m, NGrams([]), 3, 0.0, 1.0),
        added(PREFILL, one_by_one(1)),
    ),
    "one path": (
        lambda m: LatticePaths(tiny_engine(m), {"max_width": 1}, rescored=False),
        added(PREFILL, one_by_one(1)),
    ),
}


@pytest.mark.parametrize("name", COSTS)
def test_passes_rows_and_reads_are_those_added_up_by_hand(name):
    make, expected = COSTS[name]
    model = tiny_model()
    with counted(model.model) as passes:
        make(model).drafts(PROMPT, Asked(3, STEPS, STEPS, seed=1))
    cost = passes.total
    assert (cost.forward_passes, cost.token_rows, cost.cache_row_reads) == expected


def test_the_two_tokens_of_a_step_are_two_rows_of_one_pass():
    model = tiny_model()
    settings = {"selection_threshold": 0, "max_width": 2, "superposition": "path"}
    with counted(model.model) as passes:
        LatticePaths(tiny_engine(model), settings, rescored=False).drafts(
            PROMPT, Asked(3, STEPS, STEPS, seed=1)
        )
    cost = passes.total
    # each row of a step reads the prompt, all rows before and both rows of its own step
    assert (cost.forward_passes, cost.token_rows) == (STEPS, 5 + 2 * 3)
    assert cost.cache_row_reads == 25 + 2 * 7 + 2 * 9 + 2 * 11


def test_rescoring_a_lattice_is_part_of_its_cost():
    model = tiny_model()
    settings = {"selection_threshold": 0, "max_width": 2, "superposition": "path"}
    rows = []
    for rescored in (False, True):
        with counted(model.model) as passes:
            LatticePaths(tiny_engine(model), settings, rescored=rescored).drafts(
                PROMPT, Asked(3, STEPS, STEPS, seed=1)
            )
        rows.append((passes.total.forward_passes, passes.total.token_rows))
    (plain, fed), (with_scores, fed_again) = rows
    assert with_scores == plain + 2  # the prompt once more, and one trie of paths
    assert fed_again > fed + len(PROMPT)


def test_memory_is_that_of_the_largest_pass():
    model = tiny_model()
    with counted(model.model) as passes:
        Greedy(model).drafts(PROMPT, Asked(1, STEPS, STEPS, seed=1))
    layers, heads, width, size = 2, 2, 16, 4
    cache = 2 * layers * heads * width * size * (len(PROMPT) + STEPS - 1)
    assert passes.total.peak_bytes == cache + 24 * size


def test_a_model_is_left_as_it_was():
    model = tiny_model()
    with pytest.raises(ZeroDivisionError), counted(model.model) as passes:
        _ = 1 / 0
    assert not model.model._forward_hooks
    with pytest.raises(RuntimeError, match="still being counted"):
        _ = passes.total
    with torch.inference_mode():
        model.model(input_ids=torch.tensor([[1]]))
    assert passes.forward_passes == 0
