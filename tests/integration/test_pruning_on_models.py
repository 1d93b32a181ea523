"""Laws 5 and 7 with pruning, on whole runs over transformers models."""

import math
from dataclasses import replace

import pytest

from tempo.application.decoding.generate import Generate
from tempo.application.decoding.request import GenerationRequest
from tempo.application.decoding.run import DecodingRun
from tempo.domain.pruning.attention import AttentionPruning, Sigmoid
from tempo.domain.pruning.coherence import CoherencePruning
from tempo.domain.pruning.decision import Effect
from tempo.domain.pruning.diversity import DiversityPruning
from tempo.domain.pruning.posterior import PosteriorPruning
from tempo.domain.pruning.retroactive import AfterPruning, CompleteMode, RetroactivePruning
from tempo.domain.schedule import ConstantThreshold
from tempo.domain.selection import Selection
from tempo.domain.superposition import Lineage, Marginal, Uniform, path_superposition
from tempo.domain.visibility import Visibility
from tempo.infrastructure.clustering.kmeans import KMeansClustering
from tempo.infrastructure.huggingface.random_weights import random_model
from tests.contracts.adapters import served
from tests.fakes.never_kept import NeverKept
from tests.fakes.numbered_tokenizer import NumberedTokenizer

PROMPT = (3, 5, 8, 2, 7)
STEPS = 40
FOUR_WIDE = Selection(ConstantThreshold(0.0), max_width=4)
POSTERIOR = RetroactivePruning(PosteriorPruning(0.8, ConstantThreshold(0.1)))
HARD = AttentionPruning(ConstantThreshold(0.02), relative=0.8, sigmoid=None)
SOFT = AttentionPruning(ConstantThreshold(0.02), relative=0.7, sigmoid=Sigmoid(10.0))
RULES = {
    "posterior": POSTERIOR,
    "attention": RetroactivePruning(HARD),
    "soft attention": RetroactivePruning(SOFT),
    "comprehensive": RetroactivePruning(HARD, comprehensive=True),
    "unattended": RetroactivePruning(
        AttentionPruning(ConstantThreshold(0.05), None, None), CompleteMode.KEEP_UNATTENDED
    ),
    "removed": RetroactivePruning(
        AttentionPruning(ConstantThreshold(0.05), None, None), CompleteMode.REMOVE_POSITION
    ),
}
SUPERPOSITIONS = {
    "lineage": Lineage(),
    "path": path_superposition(),
    "plain": Lineage(1.0, float("inf")),
    "marginal": Marginal(),
    "uniform": Uniform(),
}


SEEDS = {"llama": 2, "qwen3": 3}
"""Of weights under which no two members of a set are within 1e-6 of each other."""


@pytest.fixture(scope="module", params=SEEDS)
def model(request):
    return random_model(request.param, 120, seed=SEEDS[request.param])


def asked(**fields):
    given = {"max_steps": STEPS, "selection": FOUR_WIDE, "barred": (0,)}
    return GenerationRequest(PROMPT, **(given | fields))


def decoded(model, request):
    return Generate(served(model), NumberedTokenizer(), KMeansClustering()).run(request)


@pytest.mark.parametrize("superposition", SUPERPOSITIONS.values(), ids=SUPERPOSITIONS)
@pytest.mark.parametrize("retroactive", RULES.values(), ids=RULES)
def test_law_7_what_is_evicted_equals_what_is_masked_and_takes_fewer_rows(
    model, retroactive, superposition
):
    """Several prunings in a row; the cache is compacted on the way."""
    request = asked(superposition=superposition, retroactive=retroactive)
    evicted = decoded(model, request)
    masked = decoded(model, replace(request, release=False))
    same(evicted.lattice, masked.lattice)
    assert evicted.lattice.decisions
    assert evicted.cost.cache_rows < masked.cost.cache_rows
    if math.isinf(superposition.window):  # release alone frees nothing there
        plain = decoded(model, replace(request, retroactive=None))
        assert plain.cost.released_rows == 0
        assert evicted.pruning.rows_freed > 0
        assert evicted.cost.cache_rows < plain.cost.cache_rows


def same(one, two):
    assert [step.step for step in one.steps] == [step.step for step in two.steps]
    for mine, other in zip(one.steps, two.steps, strict=True):
        tokens = [member.token_id for member in mine.token_set.members]
        assert tokens == [member.token_id for member in other.token_set.members]
        assert mine.transitions == pytest.approx(other.transitions, abs=1e-4)


@pytest.mark.parametrize("superposition", SUPERPOSITIONS.values(), ids=SUPERPOSITIONS)
def test_after_recomputing_rows_equal_those_of_a_run_that_never_kept_the_token(
    model, superposition
):
    """The token is not offered at all, so that nothing can take its place under the cap."""
    wide = Selection(ConstantThreshold(0.02), max_width=16)
    recomputed = replace(POSTERIOR, after=AfterPruning.RECOMPUTE)
    request = asked(selection=wide, superposition=superposition, retroactive=recomputed)
    pruned = decoded(model, request).lattice
    dropped = {}
    for one in pruned.decisions:
        assert one.effect is Effect.PRUNED
        dropped.setdefault(one.step, set()).add(one.token_id)
    assert dropped
    backend = NeverKept(served(model), dropped)
    run = DecodingRun(backend, NumberedTokenizer(), replace(request, retroactive=None))
    for _ in range(len(pruned.steps)):
        run.advance()
    same(pruned, run.lattice)


@pytest.mark.parametrize("visibility", Visibility)
@pytest.mark.parametrize(
    "strategy", [CoherencePruning(), DiversityPruning(2)], ids=["coherence", "diversity"]
)
def test_what_a_strategy_drops_might_never_have_been_offered(model, strategy, visibility):
    """Rows of those that stay are used as they are, or computed again where they saw the others."""
    request = asked(
        selection=Selection(ConstantThreshold(0.02), max_width=16),
        strategy=strategy,
        visibility=visibility,
    )
    pruned = decoded(model, request)
    dropped = {}
    for one in pruned.lattice.decisions:
        assert one.effect is Effect.DROPPED
        dropped.setdefault(one.step, set()).add(one.token_id)
    assert dropped
    backend = NeverKept(served(model), dropped)
    run = DecodingRun(backend, NumberedTokenizer(), replace(request, strategy=None))
    for _ in range(STEPS):
        run.advance()
    same(pruned.lattice, run.lattice)
    extra = 0 if visibility is Visibility.ISOLATED else len(dropped)
    assert pruned.cost.passes <= STEPS + 1 + extra
