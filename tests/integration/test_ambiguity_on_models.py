"""The ambiguity study on models: its exact side, and what must be exact of the rules."""

import numpy as np
import pytest
import torch

import tempo
from tempo.application.studies.ambiguity.figures import Cell
from tempo.application.studies.ambiguity.measuring import EMBEDDINGS
from tempo.application.studies.ambiguity.plan import AmbiguityPlan
from tempo.application.studies.fidelity.rule import read_rule
from tempo.application.studies.tasks.catalogue import TASKS
from tempo.infrastructure.huggingface.mixed_inputs import EmbeddingMixer
from tempo.infrastructure.huggingface.random_weights import random_model

PROMPT, PATH = (3, 5, 8), (7, 2, 9)


@pytest.mark.parametrize("family", ["llama", "qwen3", "gemma", "gemma3", "gpt_neox"])
def test_inputs_of_one_token_are_the_model_as_it_is(family):
    """gemma scales its embeddings: whatever a family does to them is done to mixtures too."""
    model = random_model(family, 40, seed=2)
    found = EmbeddingMixer(model).read(PROMPT, [{token: 1.0} for token in PATH])
    with torch.inference_mode():
        logits = model(torch.tensor([[*PROMPT, *PATH]])).logits[0, len(PROMPT) :]
    expected = torch.softmax(logits.double(), dim=-1).numpy()
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_a_mixture_of_one_token_with_itself_or_with_nothing_is_the_token():
    mixer = EmbeddingMixer(random_model("llama", 40, seed=2))
    plain = mixer.read(PROMPT, [{4: 1.0}])
    np.testing.assert_allclose(mixer.read(PROMPT, [{4: 1.0, 5: 0.0}]), plain, atol=1e-6)
    assert np.abs(mixer.read(PROMPT, [{4: 0.5, 5: 0.5}]) - plain).max() > 1e-4


@pytest.fixture(scope="module")
def found():
    plan = AmbiguityPlan(
        rules=tuple(map(read_rule, ("superposition=lineage", "superposition=path"))),
        depths=(1, 2, 6),
    )
    study = tempo.load(dtype="float32", device="cpu", check=False).container.ambiguity_study()
    pairs = study.pairs(TASKS["ambiguity"].items(4, 3))
    assert len(pairs) == 4
    return list(study.contexts(plan, pairs))


@pytest.mark.parametrize("rule", ["lineage", "path"])
@pytest.mark.parametrize("weight", [0.5, 0.9])
def test_continuations_that_stay_apart_are_kept_exactly(found, rule, weight):
    """Law 4: each row sees its own path, so that the readout is the mixture of separate runs."""
    for context in found:
        for depth in (1, 2, 6):
            figures = context.figures[Cell("apart", weight, rule, depth)]
            assert figures.kl < 1e-5
            assert figures.weight_error < 1e-4 or np.isnan(figures.weight)


def test_any_rule_is_exact_after_the_first_set_and_mixed_embeddings_are_not(found):
    """Law 3."""
    for context in found:
        for injection in ("apart", "crossing", "rejoined"):
            assert context.figures[Cell(injection, 0.5, "lineage", 1)].kl < 1e-5
            assert context.figures[Cell(injection, 0.5, EMBEDDINGS, 1)].kl > 1e-3
