"""The fused decoder beside transformers' own modules, as a user chooses between them."""

import numpy as np
import pytest
import torch

import tempo
from tempo.domain.errors import InvalidValueError
from tempo.domain.row_rules import RowRules
from tempo.infrastructure.container import story_openings
from tempo.infrastructure.huggingface.random_weights import random_model
from tests.contracts.adapters import served

RETROACTIVE = {
    "no pruning": {},
    "posterior": {"retroactive_pruning": "posterior"},
    "attention": {"retroactive_pruning": "attention"},
}


@pytest.fixture(scope="module")
def engines():
    return tempo.load(backend="fused"), tempo.load(backend="transformers")


def test_the_embedded_model_writes_the_same_text_over_two_hundred_steps(engines):
    """Every set, not the text alone; the engine on a processor takes the fused decoder itself."""
    asked = {"max_steps": 200, "max_width": 8, "selection_threshold": 0.1, "stop_on": "all"}
    fused, plain = (
        engine.generate("Once upon a time there was a little fox who", **asked)
        for engine in engines
    )
    assert len(fused.lattice.steps) > 100
    assert fused.text == plain.text
    for mine, other in zip(fused.lattice.steps, plain.lattice.steps, strict=True):
        kept = [member.token_id for member in mine.token_set.members]
        assert kept == [member.token_id for member in other.token_set.members]
        weights = [member.weight for member in mine.token_set.members]
        assert weights == pytest.approx([m.weight for m in other.token_set.members], abs=1e-4)


@pytest.mark.parametrize("pruning", RETROACTIVE.values(), ids=RETROACTIVE)
def test_pruning_decides_the_same(engines, pruning):
    asked = {"max_steps": 40, "selection_threshold": 0.02, "superposition": "path"}
    fused, plain = (
        engine.generate("Lily and Tom went to the park", **asked, **pruning) for engine in engines
    )
    told = [(one.step, one.token_id, one.effect) for one in fused.lattice.decisions]
    assert told == [(one.step, one.token_id, one.effect) for one in plain.lattice.decisions]
    assert bool(told) == bool(pruning)


def test_bfloat16_is_as_near_as_its_digits_allow():
    model = random_model("llama", 120)
    exact = model.double()(torch.tensor([[3, 5, 8, 2, 7]])).logits[0, -1]
    backend = served(random_model("llama", 120).bfloat16(), "llama-fused")
    with backend.open((3, 5, 8, 2, 7), RowRules()) as session:
        found = session._now.rows.logits[0].double()
    assert (found - exact).norm() / exact.norm() < 2e-2


@pytest.mark.parametrize("number", [0, 1], ids=["fused", "transformers"])
def test_many_prompts_at_once_give_what_each_gives_alone(engines, number):
    """Law 8, through the door that users take."""
    engine = engines[number]
    prompts = ["Once upon a time", "The dog", "Lily and Tom went to the park to play with"]
    asked = {"max_steps": 20, "selection_threshold": 0.05}
    together = engine.generate_many(prompts, **asked)
    assert [result.text for result in together] == [
        engine.generate(prompt, **asked).text for prompt in prompts
    ]
    assert together[1].n_best(2)[0].text
    with pytest.raises(InvalidValueError, match="prompt 2 may need 171 cache rows"):
        engine.generate_many(prompts, max_cache_rows=165, **asked)


def test_the_embedded_model_loses_nothing_in_bfloat16_and_next_to_nothing_in_int8():
    """Its weights are bfloat16 as they ship; each token's loss in int8 is far below a nat."""
    engines = {dtype: tempo.load(dtype=dtype, device="cpu") for dtype in ("float32", "int8")}
    engines["bfloat16"] = tempo.load(dtype="bfloat16", device="cpu")
    scores = {}
    for dtype, engine in engines.items():
        ids = [engine.container.tokenizer().encode(text) for text in story_openings()[:8]]
        found = [engine.container.token_scores().run(text[:1], text[1:], 1) for text in ids]
        scores[dtype] = np.array([one.log_probability for text in found for one in text])
    assert np.array_equal(scores["bfloat16"], scores["float32"])
    lost = scores["float32"] - scores["int8"]
    assert 0.0 < np.abs(lost).max() < 0.5
    assert abs(lost.mean()) < 0.01
