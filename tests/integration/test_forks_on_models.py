"""A fork from what a run left equals the one whose prompt is read anew, on models with caches.

Keys and values remember what their rows saw: a row that saw several hypotheses, taken along by
mistake, shows here and nowhere else.
"""

from functools import cache
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tempo.application.decoding.request import GenerationRequest
from tempo.application.records.resuming import resumed_request
from tempo.application.settings.reading import build_request, read_settings
from tempo.domain.pruning.attention import AttentionPruning, Sigmoid
from tempo.domain.pruning.posterior import PosteriorPruning
from tempo.domain.pruning.retroactive import AfterPruning, CompleteMode, RetroactivePruning
from tempo.domain.schedule import ConstantThreshold
from tempo.domain.selection import Selection
from tempo.domain.superposition import Lineage, Marginal, Uniform, path_superposition
from tempo.domain.tokens import CandidateState
from tempo.domain.visibility import Visibility
from tempo.infrastructure.container import Container
from tempo.infrastructure.huggingface.random_weights import random_model
from tests.contracts.adapters import served
from tests.fakes.numbered_tokenizer import NumberedTokenizer
from tests.forks import agree, both_ways, finished, forked_at

PROMPT = (3, 5, 8, 2, 7)
STEPS = 24
WIDE = Selection(ConstantThreshold(0.0), max_width=3, considered=6)
SOFT = AttentionPruning(ConstantThreshold(0.02), relative=0.7, sigmoid=Sigmoid(10.0))
WEAK = AttentionPruning(ConstantThreshold(0.05), None, None)
RULES = {
    "path": {"superposition": path_superposition()},
    "lineage": {"superposition": Lineage()},
    "long window": {"superposition": Lineage(1.0, 4)},
    "marginal": {"superposition": Marginal()},
    "uniform": {"superposition": Uniform()},
    "visible": {"superposition": path_superposition(), "visibility": Visibility.VISIBLE},
    "posterior": {
        "superposition": path_superposition(),
        "retroactive": RetroactivePruning(PosteriorPruning(0.8, ConstantThreshold(0.1))),
    },
    "recomputed": {
        "superposition": path_superposition(),
        "retroactive": RetroactivePruning(
            PosteriorPruning(0.8, ConstantThreshold(0.1)), after=AfterPruning.RECOMPUTE
        ),
    },
    "weakened": {
        "superposition": path_superposition(),
        "retroactive": RetroactivePruning(SOFT),
    },
    "unattended": {
        "superposition": path_superposition(),
        "retroactive": RetroactivePruning(WEAK, CompleteMode.KEEP_UNATTENDED),
    },
    "removed": {
        "superposition": path_superposition(),
        "retroactive": RetroactivePruning(WEAK, CompleteMode.REMOVE_POSITION),
    },
}
TOKENIZER = NumberedTokenizer()


@cache
def backend(kind):
    return served(random_model("llama", 120, seed=2), f"llama-{kind}")


@cache
def decoded(kind, rule):
    request = GenerationRequest(PROMPT, max_steps=STEPS, selection=WIDE, barred=(0,), **RULES[rule])
    return request, finished(backend(kind), TOKENIZER, request)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("kind", ["sdpa", "fused", "compiled"])
@settings(max_examples=6)
@given(data=st.data())
def test_a_fork_of_any_step_and_token_is_the_same_from_both(kind, rule, data):
    """Also a fork of that fork."""
    request, run = decoded(kind, rule)
    for _ in range(2):
        lattice = run.outcome().lattice
        step = data.draw(st.sampled_from(lattice.steps))
        token = data.draw(st.sampled_from(step.candidates)).token_id
        request = forked_at(lattice, request, step.step, token, more=3)
        run, plain = both_ways(backend(kind), TOKENIZER, run.left, request)
        agree(run.outcome().lattice, plain.lattice)


@pytest.mark.parametrize(
    ("rule", "where"),
    [
        *product(("path", "lineage", "posterior"), ("first", "last", "released", "passed over")),
        ("posterior", "pruned"),
        ("recomputed", "pruned"),
    ],
)
def test_the_steps_and_tokens_that_are_special(rule, where):
    request, run = decoded("fused", rule)
    lattice = run.outcome().lattice
    step, token = special(run, where)
    fork = forked_at(lattice, request, step, token, more=4)
    forked, plain = both_ways(backend("fused"), TOKENIZER, run.left, fork)
    assert agree(forked.outcome().lattice, plain.lattice) == len(plain.lattice)


def special(run, where):
    """A step and a token of it, of some kind that the run surely has."""
    lattice, best = run.outcome().lattice, run.outcome().best
    if where in {"first", "last"}:
        step = lattice.steps[0 if where == "first" else -1]
        return step.step, step.token_set.members[-1].token_id
    wanted = {
        "released": lambda step, one: one in step.token_set.live and one is not taken(step, best),
        "passed over": lambda step, one: one.state is CandidateState.OVER_CAP,
        "pruned": lambda step, one: one.state is CandidateState.PRUNED,
    }[where]
    return next(
        (step.step, one.token_id)
        for step in lattice.steps[4:-4]
        for one in step.candidates
        if wanted(step, one)
    )


def taken(step, best):
    return step.token_set.members[best[step.step]]


def test_a_path_of_the_embedded_model_is_gone_on_from_without_a_prefill():
    """As a service does it: settings by name, and the lattice's own chain."""
    container = Container()
    container.config.backend.from_value("fused")
    model, tokenizer = container.backend(), container.tokenizer()
    words = {"superposition": "path", "max_steps": 16, "selection_threshold": 0.05}
    made, longer = read_settings(words), read_settings({**words, "max_steps": 24})
    prompt = tokenizer.encode("Once upon a time there was a little fox who lived in the forest")
    run = finished(model, tokenizer, build_request(made, prompt))
    lattice = run.outcome().lattice
    for step in lattice.steps[::5]:
        for candidate in (step.candidates[0], step.candidates[-1]):
            fork = resumed_request(lattice, step.step, candidate.token_id, longer)
            forked, plain = both_ways(model, tokenizer, run.left, fork)
            assert agree(forked.outcome().lattice, plain.lattice) == len(plain.lattice)
            assert forked.outcome().text == plain.text
            assert "prefill" not in forked.outcome().cost.milliseconds
    run.left.close()
