"""The oracle of early exit: every layer for every row, in PyTorch, where rows that left stay still.

A row whose state no longer changes has, at each later layer, the keys and values of state
propagation; so the whole of early exit is a full pass that stops adding to some rows.
"""

from dataclasses import dataclass

import torch
from transformers import AutoModelForCausalLM

from tempo.domain.early_exit import LayerReading
from tempo.infrastructure.fused_llama import twins
from tempo.infrastructure.fused_llama.processor.decoder import ProcessorDecoder
from tempo.infrastructure.fused_llama.weights import Weights
from tempo.infrastructure.huggingface.random_weights import random_model

DEPTH = 5
VOCABULARY = 60


def deep_model(family="llama", seed=0):
    """Return a small random model of five layers."""
    config = random_model(family, VOCABULARY, context=200, scale=0.12).config
    config.num_hidden_layers = DEPTH
    if getattr(config, "layer_types", None):
        config.layer_types = ["full_attention"] * DEPTH
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = AutoModelForCausalLM.from_config(config, dtype=torch.float32).eval()
        for name, parameter in model.named_parameters():
            if name.endswith("bias"):  # drawn as 0
                torch.nn.init.normal_(parameter, std=0.5)
        return model


def deep_decoder(family="llama", seed=0):
    return ProcessorDecoder(Weights.of(deep_model(family, seed)))


@dataclass(frozen=True)
class Fed:
    """All rows of a run, the prompt's first: tokens, positions, who sees whom."""

    tokens: list
    positions: list
    seen: torch.Tensor

    @classmethod
    def of(cls, prompt, nodes):
        """Return the rows of a prompt and of nodes that each see the slots in `weights`."""
        count, before = len(prompt) + len(nodes), len(prompt)
        seen = torch.zeros(count, count, dtype=torch.bool)
        seen[:before, :before] = torch.ones(before, before).tril().bool()
        seen[before:, :before] = True
        for row, one in enumerate(nodes, before):
            seen[row, [row, *(slot for slot, _ in one.weights)]] = True
        tokens = [*prompt, *(one.token_id for one in nodes)]
        positions = [*range(before), *(one.position for one in nodes)]
        return cls(tokens, positions, seen)


@torch.inference_mode()
def states(weights, fed, left_after):
    """Return [layer + 1][row, hidden] the states, where rows stay still once they have left."""
    shape = weights.architecture
    angles = twins.rotation(weights, torch.tensor(fed.positions))
    hidden = weights.embedding[torch.tensor(fed.tokens)]
    bias = torch.zeros(fed.seen.shape).masked_fill(~fed.seen, -torch.inf)
    found = [hidden]
    for number, layer in enumerate(weights.layers):
        queries, keys, values = twins.merged_product(layer, shape, hidden, angles)
        mixed, _ = twins.attended(queries, keys, values, bias)
        after = torch.addmm(hidden, mixed, layer.output.mT)
        after = twins.fed_forward(layer, shape, after)
        stays = torch.tensor([layers > number for layers in left_after])
        hidden = torch.where(stays[:, None], after, hidden)
        found.append(hidden)
    return found


@torch.inference_mode()
def logits(weights, hidden):
    """Return [row, vocab] what the head says of states."""
    return twins.scored(weights, twins.final(weights, hidden))


@torch.inference_mode()
def readings(weights, found, row, layers):
    """Return what a row says after each exit layer, from the states after every layer."""
    told, said, agreeing = [], None, -1
    for layer in layers:
        shares = logits(weights, found[layer][row : row + 1])[0].double().softmax(-1)
        best = shares.topk(2)
        token = int(best.indices[0])
        agreeing = agreeing + 1 if token == said else 0
        said = token
        similarity = torch.cosine_similarity(found[layer - 1][row], found[layer][row], dim=0)
        told.append(
            LayerReading(
                layer=layer,
                token=token,
                margin=float(best.values[0] - best.values[1]),
                entropy=float(-(shares * shares.log()).sum()),
                agreeing=agreeing,
                similarity=float(similarity),
            )
        )
    return told
