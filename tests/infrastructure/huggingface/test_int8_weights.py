"""Weights of eight bits stand for weights half a scale away at most."""

import copy

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from tempo.infrastructure.huggingface.fingerprint import model_fingerprint
from tempo.infrastructure.huggingface.int8_weights import (
    Int8Embedding,
    Int8Linear,
    is_quantised,
    quantise,
    restore,
    rounded,
    weights_dtype,
)
from tempo.infrastructure.huggingface.random_weights import random_model
from tempo.infrastructure.huggingface.support import describe

FAMILIES = ("llama", "mistral", "qwen2", "qwen3", "gemma")
IDS = torch.tensor([[3, 5, 8, 2, 7]])


@given(
    outputs=st.integers(1, 9),
    inputs=st.integers(1, 40),
    size=st.sampled_from([1e-20, 1e-3, 1.0, 3e4]),
    seed=st.integers(0, 2**32 - 1),
)
def test_no_weight_moves_by_more_than_half_a_scale(outputs, inputs, size, seed):
    weights = size * torch.randn(outputs, inputs, generator=torch.Generator().manual_seed(seed))
    numbers, scales = rounded(weights)
    assert numbers.dtype == torch.int8
    assert scales.shape == (outputs,)
    moved = (numbers.double() * scales.double()[:, None] - weights.double()).abs()
    assert (moved <= 0.5001 * scales.double()[:, None]).all()
    assert torch.equal(numbers.abs().amax(1), torch.full((outputs,), 127, dtype=torch.int8))


def test_an_output_without_weights_stays_without():
    numbers, scales = rounded(torch.tensor([[0.0, 0.0], [0.5, -1.0]]))
    assert torch.equal(numbers, torch.tensor([[0, 0], [64, -127]], dtype=torch.int8))
    assert scales.tolist() == pytest.approx([1.0, 1 / 127])


def test_what_whole_numbers_stand_for_is_rounded_to_the_same_whole_numbers():
    weights = torch.randn(7, 30, generator=torch.Generator().manual_seed(1))
    numbers, scales = rounded(weights)
    again, scales_again = rounded(numbers * scales[:, None])
    assert torch.equal(numbers, again)
    torch.testing.assert_close(scales, scales_again, rtol=1e-6, atol=0.0)


@pytest.mark.parametrize("family", FAMILIES)
@torch.inference_mode()
def test_a_model_goes_on_with_the_weights_that_it_was_rounded_to(family):
    model = random_model(family, 60)
    before = model(IDS).logits
    quantise(model)
    found = model(IDS).logits
    assert (found - before).norm() / before.norm() < 0.05
    assert not torch.equal(found, before)
    exact = copy.deepcopy(model)
    restore(exact)
    assert not is_quantised(exact)
    assert all(type(one) is not Int8Linear for one in exact.modules())
    torch.testing.assert_close(exact(IDS).logits, found, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("family", FAMILIES[:-1])  # Gemma's embedding scales, and stays
def test_all_that_was_learnt_is_a_quarter_of_its_size_but_for_norms_and_biases(family):
    model = random_model(family, 60)
    matrices = {id(one): one for one in model.parameters() if one.dim() == 2}
    quantise(model)
    held = [one for one in model.parameters() if one.dtype == torch.int8]
    assert sum(map(torch.numel, held)) == sum(map(torch.numel, matrices.values()))
    assert {one.dtype for one in model.parameters()} == {torch.int8, torch.float32}


def test_a_bfloat16_model_has_float32_norms_then():
    model = random_model("qwen2", 60).bfloat16()
    quantise(model)
    assert {one.dtype for one in model.parameters()} == {torch.int8, torch.float32}
    assert torch.isfinite(model(IDS).logits).all()


def test_relatives_of_linear_layers_and_embeddings_stay_as_they_are():
    class Scaled(nn.Embedding):
        pass

    model = nn.Sequential(Scaled(5, 4), nn.Embedding(5, 4), nn.Linear(4, 3), nn.Bilinear(3, 3, 2))
    quantise(model)
    assert [type(one) for one in model] == [Scaled, Int8Embedding, Int8Linear, nn.Bilinear]


def test_what_layers_share_stays_shared_and_comes_back_shared():
    model = nn.Sequential(nn.Embedding(9, 4), nn.Linear(4, 9))
    model[1].weight = model[0].weight
    quantise(model)
    assert model[1].weight is model[0].weight
    assert model[1].scales is model[0].scales
    restore(model)
    assert model[1].weight is model[0].weight


def test_a_rounded_model_is_another_model_and_says_so():
    model = random_model("llama", 60)
    before = describe(model, "llama")
    quantise(model)
    after = describe(model, "llama")
    assert (before.dtype, after.dtype) == ("float32", "int8")
    assert before.fingerprint != after.fingerprint
    assert before.context == after.context
    assert weights_dtype(model) == "int8"


def test_a_rounded_model_s_scales_are_part_of_what_tells_it():
    model = random_model("llama", 60)
    quantise(model)
    before = model_fingerprint(model)
    assert model_fingerprint(copy.deepcopy(model)) == before
    model.lm_head.scales.data *= 2
    assert model_fingerprint(model) != before
