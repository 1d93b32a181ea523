"""A model of the same shape with room for a longer context."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import torch
from torch import nn
from transformers import AutoModelForCausalLM

from tempo.infrastructure.huggingface.int8_weights import is_quantised, quantise, restore
from tempo.infrastructure.ranks.group import require_whole

if TYPE_CHECKING:
    from transformers import PreTrainedModel


def apart(model: PreTrainedModel) -> PreTrainedModel:
    """Return an equal model that shares no memory with it, its weights as transformers lays them.

    A decoder may have laid a model's own weights in another order; whole numbers of eight bits
    become the float32 weights that they stand for, which transformers' modules are faster with.
    """
    require_whole(model, "what looks at single layers or compares with transformers")
    twin = copy.deepcopy(model)
    restore(twin)
    for parameter in twin.parameters():
        parameter.data = parameter.data.clone(memory_format=torch.contiguous_format)
    return twin


def with_context(model: PreTrainedModel, context: int, seed: int) -> PreTrainedModel:
    """Return a model of a model's shape, with weights drawn at random, for so many positions."""
    config = copy.deepcopy(model.config)
    config.max_position_embeddings = context
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        drawn: PreTrainedModel = AutoModelForCausalLM.from_config(config, dtype=model.dtype)
    nn.Module.to(drawn, model.device)
    if is_quantised(model):
        quantise(drawn)
    drawn.eval()
    return drawn
