"""Kernels for processors, each beside its arithmetic in plain PyTorch."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tempo.infrastructure.fused_llama import twins
from tempo.infrastructure.fused_llama.processor import compiling
from tempo.infrastructure.fused_llama.processor.attention import attended
from tempo.infrastructure.fused_llama.processor.exponential import exponential
from tempo.infrastructure.fused_llama.processor.matrix import Matrix
from tempo.infrastructure.fused_llama.processor.products import gated, product
from tempo.infrastructure.fused_llama.processor.widening import widened
from tempo.infrastructure.huggingface.int8_weights import rounded

sizes = st.integers(1, 11)
seeds = st.integers(0, 2**32 - 1)
kinds = st.sampled_from(["float32", "bfloat16", "int8"])


def normal(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def held(kind, weights):
    """Return a matrix of a kind, and the weights that it stands for."""
    if kind == "int8":
        numbers, scales = rounded(torch.from_numpy(weights))
        return Matrix(numbers, scales), (numbers.double() * scales[:, None]).numpy()
    if kind == "bfloat16":
        narrow = torch.from_numpy(weights).bfloat16()
        return Matrix(narrow), narrow.double().numpy()
    return Matrix(torch.from_numpy(weights)), weights.astype(float)


@given(kind=kinds, rows=sizes, outputs=st.integers(1, 40), inputs=st.integers(1, 70), seed=seeds)
def test_products_of_any_shape(kind, rows, outputs, inputs, seed):
    states = normal(seed, rows, inputs)
    matrix, weights = held(kind, normal(seed + 1, outputs, inputs))
    found = np.full((rows, outputs), np.nan, dtype=np.float32)
    product(states, matrix.pair, found)
    wanted = states.astype(float) @ weights.T
    assert found == pytest.approx(wanted, abs=1e-4)
    assert matrix.product(torch.from_numpy(states)).numpy() == pytest.approx(wanted, abs=1e-4)


@given(kind=kinds, outputs=st.integers(1, 40), inputs=st.integers(1, 70), seed=seeds)
def test_rows_of_a_matrix_are_what_it_stands_for(kind, outputs, inputs, seed):
    matrix, weights = held(kind, normal(seed, outputs, inputs))
    chosen = [outputs - 1, 0, outputs // 2, 0]
    assert matrix.rows(chosen) == pytest.approx(weights[chosen], rel=1e-6)
    matrix.rows(chosen)[:] = 0.0
    assert matrix.rows(chosen) == pytest.approx(weights[chosen], rel=1e-6)


@pytest.mark.parametrize("kind", ["bfloat16", "int8"])
def test_many_weights_are_widened_a_part_at_a_time(kind, monkeypatch):
    monkeypatch.setattr("tempo.infrastructure.fused_llama.processor.matrix.BLOCK", 50)
    states = normal(1, 3, 16)
    matrix, weights = held(kind, normal(2, 11, 16))
    wanted = states.astype(float) @ weights.T
    assert matrix.product(torch.from_numpy(states)).numpy() == pytest.approx(wanted, abs=1e-5)


@given(kind=kinds, rows=sizes, inner=st.integers(1, 20), inputs=st.integers(1, 70), seed=seeds)
def test_gated_products_of_any_shape(kind, rows, inner, inputs, seed):
    states = normal(seed, rows, inputs)
    matrix, weights = held(kind, normal(seed + 1, 2 * inner, inputs))
    found = np.full((rows, inner), np.nan, dtype=np.float32)
    gated(states, matrix.pair, found)
    gate, up = (torch.from_numpy(states).double() @ torch.from_numpy(weights).T).chunk(2, -1)
    wanted = (torch.nn.functional.silu(gate) * up).numpy()
    assert found == pytest.approx(wanted, abs=1e-3)


@given(
    rows=sizes,
    kv_heads=st.integers(1, 3),
    group=st.integers(1, 3),
    before=st.integers(0, 30),
    seed=seeds,
)
def test_attention_of_any_shape(rows, kv_heads, group, before, seed):
    size, extent = 8, before + rows
    heads = kv_heads * group
    merged = normal(seed, rows, (heads + 2 * kv_heads) * size)
    keys, values = (
        normal(seed + 1, kv_heads, extent, size),
        normal(seed + 2, kv_heads, extent, size),
    )
    bias = np.where(normal(seed + 3, rows, extent) > 0.5, -np.inf, 0.0).astype(np.float32)
    places = np.arange(before, extent)
    bias[np.arange(rows), places] = 0.0
    mixed = np.full((rows, heads * size), np.nan, dtype=np.float32)
    sums = np.full((kv_heads, group * rows), np.nan, dtype=np.float32)
    attended(merged, keys, values, places, bias, mixed, sums)
    by_head = torch.from_numpy(merged).view(rows, -1, size).transpose(0, 1)
    assert np.array_equal(keys[:, places], by_head[heads : heads + kv_heads].numpy())
    assert np.array_equal(values[:, places], by_head[heads + kv_heads :].numpy())
    numbers = [torch.from_numpy(states).double() for states in (keys, values, bias)]
    queries = by_head[:heads].double()
    wanted, _ = twins.attended(queries, *numbers)
    assert mixed == pytest.approx(wanted.numpy(), abs=1e-5)
    scores = queries.reshape(kv_heads, -1, size) @ numbers[0].mT * size**-0.5
    biased = scores.view(kv_heads, group, rows, extent) + numbers[2]
    assert sums == pytest.approx(biased.logsumexp(-1).view(kv_heads, -1).numpy(), abs=1e-5)


@given(st.integers(0, 2**16 - 1))
def test_a_widened_bfloat16_is_the_number_itself(bits):
    number = torch.tensor([bits]).to(torch.uint16).view(torch.bfloat16)
    found = widened(np.uint16(bits))
    assert torch.equal(torch.tensor([found]), number.float()) or np.isnan(found)


@given(st.floats(-87, 0, width=32))
def test_the_exponential_of_what_is_not_above_0(number):
    assert exponential(np.float32(number)) == pytest.approx(np.exp(number), rel=4e-7)


def test_the_exponential_at_its_ends():
    assert exponential(np.float32(-np.inf)) == 0.0
    assert exponential(np.float32(-88.0)) == 0.0
    assert exponential(np.float32(0.0)) == 1.0
    assert np.isnan(exponential(np.float32(np.nan)))


def test_kernels_of_other_sources_are_kept_elsewhere(monkeypatch, tmp_path):
    """A kernel that calls one of another file would else be taken from before that one changed."""
    here = compiling.kept_in.__wrapped__()
    (tmp_path / "changed.py").write_text("", encoding="utf-8")
    monkeypatch.setattr(compiling, "__file__", str(tmp_path / "compiling.py"))
    assert compiling.kept_in.__wrapped__() not in {None, here}


def test_where_nothing_can_be_written_kernels_are_not_kept(monkeypatch, tmp_path):
    occupied = tmp_path / "file"
    occupied.write_text("", encoding="utf-8")
    monkeypatch.setattr(compiling.config, "CACHE_DIR", str(occupied))
    assert compiling.kept_in.__wrapped__() is None


@pytest.mark.parametrize("given", ["relative/place", ""])
def test_a_cache_directory_that_is_not_absolute_is_not_the_user_s(monkeypatch, given):
    monkeypatch.setattr(compiling.config, "CACHE_DIR", "")
    monkeypatch.setenv("XDG_CACHE_HOME", given)
    assert Path.home() in compiling.kept_in.__wrapped__().parents
