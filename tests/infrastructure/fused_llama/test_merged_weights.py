"""Merged weights are the model's own, and give what the model gives."""

import numpy as np
import pytest
import torch

from tempo.domain.capture import Capture
from tempo.domain.errors import UnsupportedModelError
from tempo.infrastructure.capture.plan import CapturePlan
from tempo.infrastructure.fused_llama.plain_decoder import Pass, PlainDecoder
from tempo.infrastructure.fused_llama.processor.decoder import ProcessorDecoder
from tempo.infrastructure.fused_llama.weights import Weights
from tempo.infrastructure.huggingface.int8_weights import quantise
from tempo.infrastructure.huggingface.random_weights import random_model

FAMILIES = ("llama", "mistral", "qwen2", "qwen3")
PROMPT = [3, 5, 8, 2, 7]


def decoded(decoder, tokens):
    """Return the logits of tokens fed one step after another, each seeing all before it."""
    cache = decoder.new_cache(len(PROMPT) + len(tokens))
    decoder.prefill(cache, PROMPT, 0)
    for step, token in enumerate(tokens):
        seen = np.ones((1, step + 1), dtype=np.float32)
        rows = cache.allocate(1)
        plan = CapturePlan.of(Capture(), 2)
        given = Pass(cache, [token], [len(PROMPT) + step], rows, len(PROMPT), seen, plan)
        ((found, _),) = decoder.decode([given])
    return found.logits[0]


@pytest.mark.parametrize("family", FAMILIES)
@torch.inference_mode()
def test_the_models_parameters_become_views_of_the_merged_ones(family):
    model = random_model(family, 120)
    before = model(torch.tensor([PROMPT])).logits
    weights = Weights.of(model)
    for layer, merged in zip(model.model.layers, weights.layers, strict=True):
        assert layer.self_attn.q_proj.weight.data_ptr() == merged.merged.data_ptr()
        assert layer.self_attn.o_proj.weight.data_ptr() == merged.output.data_ptr()
        assert layer.mlp.gate_proj.weight.data_ptr() == merged.gate_up.data_ptr()
        assert layer.mlp.down_proj.weight.data_ptr() == merged.down.data_ptr()
    torch.testing.assert_close(model(torch.tensor([PROMPT])).logits, before)


@pytest.mark.parametrize("family", FAMILIES)
@torch.inference_mode()
def test_rounded_weights_are_merged_with_their_scales_and_held_once(family):
    model = random_model(family, 120)
    quantise(model)
    before, embedded = (one(torch.tensor([PROMPT])) for one in (model, model.model.embed_tokens))
    weights = Weights.of(model)
    for layer, merged in zip(model.model.layers, weights.layers, strict=True):
        assert layer.mlp.gate_proj.weight.data_ptr() == merged.gate_up.data_ptr()
        assert merged.gate_up.dtype == torch.int8
        found = merged.gate_up.float() * merged.gate_up_scales[:, None]
        both = (layer.mlp.gate_proj.exact(), layer.mlp.up_proj.exact())
        assert torch.equal(found, torch.cat(both))
    torch.testing.assert_close(model(torch.tensor([PROMPT])).logits, before.logits)
    torch.testing.assert_close(weights.embedded(torch.tensor(PROMPT)), embedded[0])


def test_a_model_whose_weights_were_merged_can_be_saved(tmp_path):
    model = random_model("llama", 120)
    Weights.of(model)
    model.save_pretrained(tmp_path)
    saved = type(model).from_pretrained(tmp_path)
    for one, other in zip(model.parameters(), saved.parameters(), strict=True):
        assert torch.equal(one, other)


def test_merging_twice_shares_the_same_memory():
    model = random_model("llama", 120)
    one, other = Weights.of(model), Weights.of(model)
    assert one.layers[0].merged.data_ptr() == other.layers[0].merged.data_ptr()
    assert torch.equal(one.layers[1].gate_up, other.layers[1].gate_up)


@pytest.mark.parametrize("decoder", [PlainDecoder, ProcessorDecoder])
@pytest.mark.parametrize("family", FAMILIES)
@torch.inference_mode()
def test_logits_are_those_of_the_model_in_double_precision(family, decoder):
    model = random_model(family, 120)
    tokens = [11, 42, 99]
    found = decoded(decoder(Weights.of(model)), tokens).double()
    expected = model.double()(torch.tensor([PROMPT + tokens])).logits[0, -1]
    assert (found - expected).norm() / expected.norm() < 1e-5


def test_a_family_that_is_not_known_is_refused_with_its_name():
    with pytest.raises(UnsupportedModelError, match="gemma"):
        Weights.of(random_model("gemma", 120))


def test_an_adapted_product_is_refused():
    model = random_model("llama", 120)
    old = model.model.layers[1].mlp.down_proj
    model.model.layers[1].mlp.down_proj = torch.nn.Sequential(old)
    with pytest.raises(UnsupportedModelError, match="adapted, or quantised"):
        Weights.of(model)
