"""What the session gives the model, and how it keeps its rows."""

import math
from contextlib import contextmanager

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from tempo.application.decoding.generate import Generate
from tempo.application.decoding.request import GenerationRequest
from tempo.domain.row_rules import RowRules
from tempo.domain.schedule import ConstantThreshold
from tempo.domain.selection import Selection
from tempo.infrastructure.huggingface import session as session_module
from tempo.infrastructure.huggingface.random_weights import random_model
from tempo.infrastructure.reading import extraction
from tests.contracts.adapters import plain_logits, served, transformers
from tests.contracts.passes import PROMPT, apart, differ, extend, fed, node, opened, read, rows
from tests.fakes.numbered_tokenizer import NumberedTokenizer

ATTENTIONS = ("sdpa", "eager")


@contextmanager
def masks_of(model):
    """Collect the masks that reach the first layer's attention."""
    found = []
    attention = model.model.layers[0].self_attn

    def note(_module, _positional, named):
        found.append(named["attention_mask"])

    hook = attention.register_forward_pre_hook(note, with_kwargs=True)
    try:
        yield found
    finally:
        hook.remove()


def test_a_prompt_longer_than_a_chunk_is_the_model_s_own(monkeypatch):
    adapter = transformers(random_model("llama", 60, context=300), "llama")
    prompt = tuple(1 + (7 * index) % 50 for index in range(53))
    monkeypatch.setattr(session_module, "PREFILL_CHUNK", 10)
    with opened(adapter, prompt) as session, masks_of(session._model) as masks:
        found = [rows(adapter, session, 1)[0]]
        assert session.cache_rows == 53
        with opened(adapter, prompt) as again:
            assert [mask.shape[-2] for mask in masks] == [10, 10, 10, 10, 10, 3]
            found.append(fed(adapter, again, node(4, 53, prompt=prompt))[0])
    assert differ(found[0], adapter.log_probabilities(prompt)) < 1e-4
    assert differ(found[1], adapter.log_probabilities((*prompt, 4))) < 1e-4


def test_a_prompt_of_many_chunks_leaves_room_that_later_rows_use():
    """The chunk as it is: 600 tokens are two passes."""
    adapter = transformers(random_model("qwen3", 60, context=700), "qwen3")
    prompt = tuple(1 + (11 * index) % 50 for index in range(600))
    with opened(adapter, prompt) as session:
        found = fed(adapter, session, node(4, 600, prompt=prompt), node(5, 601, prompt=prompt))
    alone = [adapter.log_probabilities((*prompt, token)) for token in (4, 5)]
    assert differ(found, np.stack(alone)) < 1e-3


def test_rows_of_released_slots_are_written_over_before_the_cache_grows():
    adapter = transformers(random_model("llama", 60, context=300), "llama")
    with opened(adapter) as session:
        extend(adapter, session, *(node(1 + i, 5 + i) for i in range(8)))
        session.release([6, 7, 9])
        extend(adapter, session, *(node(2, 13 + i, 5, 1) for i in range(3)))
        assert session._cache.plan.extent == len(PROMPT) + 8
        assert [session._rows_of[slot] for slot in (13, 14, 15)] == [6, 7, 9]


def test_a_cache_of_which_most_has_left_is_made_smaller():
    adapter = transformers(random_model("llama", 60, context=300), "llama")
    with opened(adapter) as session:
        extend(adapter, session, *(node(1 + i % 9, 5 + i) for i in range(100)))
        session.release([5 + i for i in range(100) if i % 10])
        assert session._cache.plan.extent == session.cache_rows == len(PROMPT) + 10
        found = fed(adapter, session, node(4, 105, 15, 1))
    assert differ(found, apart(adapter, (*PROMPT, 1 + 10 % 9, 4))) < 1e-4


def test_a_session_without_a_penalty_keeps_no_texts():
    adapter = transformers(random_model("llama", 60), "llama")
    with opened(adapter) as plain, opened(adapter, rules=RowRules(temperature=0.5)) as warm:
        for one in (plain, warm):
            extend(adapter, one, node(4, 5))
            assert one._now.paths == {}


@pytest.mark.parametrize("attention", ATTENTIONS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
def test_soft_weights_reach_attention_in_float32_whatever_the_weights_are(attention, dtype):
    """A bfloat16 mask would be off by up to half a percent: log 0.1 would come out as 0.1006."""
    model = random_model("llama", 60, attention).to(dtype)
    shares = {5: 0.1, 6: 0.003, 7: 0.897}
    adapter = transformers(model, "llama")
    with opened(adapter) as session:
        extend(adapter, session, node(4, 5), node(1, 6), node(9, 7))
        with masks_of(model) as masks:
            extend(adapter, session, node(2, 8, 5, 1, inherits=(), weights=shares.items()))
    (mask,) = masks
    assert mask.dtype == torch.float32
    seen = mask.exp()[0, 0, 0]
    assert (seen[:5] == 1.0).all()
    assert seen[5:8].tolist() == pytest.approx(list(shares.values()), rel=1e-5)
    assert seen[8] == 1.0


@pytest.mark.parametrize("attention", ATTENTIONS)
def test_soft_weights_act_to_a_thousandth_in_a_bfloat16_model(attention):
    """What attention gives a slot is proportional to its weight, in one layer's own numbers.

    Two identical tokens at weights w and 1: the share of the first is w / (1 + w). Values of 1
    and 0 in their rows make the attention's output that share.
    """
    model = random_model("llama", 60, attention).to(torch.bfloat16)
    layer = model.model.layers[0].self_attn
    weight = 0.1
    queries = torch.zeros(1, 4, 1, 16, dtype=torch.bfloat16)
    keys = torch.zeros(1, 2, 2, 16, dtype=torch.bfloat16)
    values = torch.zeros(1, 2, 2, 16, dtype=torch.bfloat16)
    values[:, :, 0] = 1.0
    mask = torch.tensor([[[[math.log(weight), 0.0]]]])
    from transformers.integrations.sdpa_attention import sdpa_attention_forward
    from transformers.models.llama.modeling_llama import eager_attention_forward

    forward = {"sdpa": sdpa_attention_forward, "eager": eager_attention_forward}[attention]
    output, _ = forward(layer, queries, keys, values, mask, scaling=0.25, dropout=0.0)
    share = weight / (1.0 + weight)
    assert output.float().mean().item() == pytest.approx(share, rel=4e-3)
    rounded = mask.bfloat16().float().exp()[0, 0, 0, 0].item()
    assert abs(rounded / weight - 1.0) > 4e-3


def test_eager_attention_needs_the_additive_mask_and_reads_a_boolean_one_wrongly():
    """Why the mask is float: eager adds a boolean mask, so that hidden tokens stay visible."""
    model = random_model("llama", 60, "eager")
    siblings, positions = [3, 5, 8, 4, 1], torch.tensor([[0, 1, 2, 3, 3]])
    seen = torch.ones(5, 5, dtype=torch.bool).tril()
    seen[4, 3] = False
    alone = plain_logits(model, [3, 5, 8, 1])[-1]
    found = {}
    for name, mask in {
        "boolean": seen,
        "additive": torch.zeros(5, 5).masked_fill(~seen, -torch.inf),
    }.items():
        with torch.inference_mode():
            logits = model(
                input_ids=torch.tensor([siblings]),
                position_ids=positions,
                attention_mask=mask[None, None],
                use_cache=False,
            ).logits
        found[name] = logits[0, -1].double().numpy()
    assert differ(found["additive"], alone) < 1e-4
    assert differ(found["boolean"], alone) > 1e-2


@pytest.mark.parametrize("attention", ATTENTIONS)
def test_every_pass_gives_the_model_a_float_mask_of_four_dimensions(attention):
    model = random_model("llama", 60, attention)
    adapter = transformers(model, "llama")
    with masks_of(model) as masks, opened(adapter) as session:
        extend(adapter, session, node(4, 5), node(1, 6))
    assert [tuple(mask.shape) for mask in masks] == [(1, 1, 5, 5), (1, 1, 2, 7)]
    assert {mask.dtype for mask in masks} == {torch.float32}


WAITS = frozenset(
    getattr(torch.ops.aten, name)
    for name in (
        "_local_scalar_dense",
        "item",  # under inference mode composite operators arrive whole
        "is_nonzero",
        "equal",
        "nonzero",
        "nonzero_numpy",
        "masked_select",
    )
)


def counts(operator, positional):
    """Whether an operator indexes by a boolean, whose length only the device knows."""
    if operator.overloadpacket is not torch.ops.aten.index:
        return False
    return any(index is not None and index.dtype is torch.bool for index in positional[1])


class NoScalarLeaves(TorchDispatchMode):
    """Refuses what makes the host wait for the device: reading one number, or counting."""

    def __torch_dispatch__(self, operator, types, positional=(), named=None):
        if operator.overloadpacket in WAITS or counts(operator, positional):
            message = f"{operator} makes the host wait for the device"
            raise AssertionError(message)
        return operator(*positional, **(named or {}))


def counted(monkeypatch):
    """Count the copies to the host, and their sizes."""
    copies = []
    real = extraction.to_host

    def to_host(packed):
        copies.append(packed.numel())
        return real(packed)

    monkeypatch.setattr(extraction, "to_host", to_host)
    return copies


RULES = {
    "plain": RowRules(),
    "processed": RowRules(temperature=0.8, top_k=30, min_p=0.001),
}


@pytest.mark.parametrize("name", ["llama-sdpa", "llama-fused"])
@pytest.mark.parametrize("rules", RULES.values(), ids=RULES)
def test_a_step_copies_once_to_the_host_and_waits_for_no_other_number(monkeypatch, rules, name):
    backend = served(random_model("llama", 60), name)
    copies = counted(monkeypatch)
    request = GenerationRequest(
        (3, 5, 8),
        max_steps=25,
        selection=Selection(ConstantThreshold(0.02), 4, 8),
        rules=rules,
        barred=(0,),
    )
    with NoScalarLeaves():
        outcome = Generate(backend, NumberedTokenizer()).run(request)
    assert len(outcome.lattice) == 25
    assert max(step.width for step in outcome.lattice.steps) > 1
    assert len(copies) == 25


def test_what_crosses_to_the_host_does_not_grow_with_the_vocabulary(monkeypatch):
    """Bounded numbers cross the port, never logits."""
    sizes = []
    for vocabulary in (60, 600):
        copies = counted(monkeypatch)
        adapter = transformers(random_model("llama", vocabulary), "llama")
        with opened(adapter) as session:
            extend(adapter, session, node(4, 5), node(1, 6))
            read(adapter, session, weights=(0.5, 0.5), considered=5)
        sizes.append(copies[-1])
    assert sizes[0] == sizes[1] < 60


WAITING = {
    "one number": lambda numbers: numbers.sum().item(),
    "a number as float": lambda numbers: float(numbers[0]),
    "a condition": lambda numbers: bool(numbers[0] > 0),
    "places": torch.nonzero,
    "a boolean index": lambda numbers: numbers[numbers > 0],
    "a comparison": lambda numbers: torch.equal(numbers, numbers),
}


@pytest.mark.parametrize("inference", [True, False], ids=["inference mode", "plain"])
@pytest.mark.parametrize("wait", WAITING.values(), ids=WAITING)
def test_the_guard_against_waiting_would_notice(wait, inference):
    with (
        pytest.raises(AssertionError, match="wait"),
        NoScalarLeaves(),
        torch.inference_mode(inference),
    ):
        wait(torch.ones(2))
