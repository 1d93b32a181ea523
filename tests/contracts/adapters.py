"""Every adapter of the port, with an oracle that knows the model's answers without the port."""

import copy
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from tempo.domain.early_exit import NEVER, ExitLayer, ExitRule
from tempo.domain.tokens import TokenId
from tempo.infrastructure.fused_llama.backend import FusedBackend
from tempo.infrastructure.fused_llama.early_exit import leaving_early
from tempo.infrastructure.fused_llama.plain_decoder import PlainDecoder
from tempo.infrastructure.fused_llama.processor.decoder import ProcessorDecoder
from tempo.infrastructure.fused_llama.processor.splitting import SplitProcessorDecoder
from tempo.infrastructure.fused_llama.split_decoder import SplitDecoder
from tempo.infrastructure.fused_llama.weights import Weights
from tempo.infrastructure.huggingface import support
from tempo.infrastructure.huggingface.backend import HuggingFaceBackend
from tempo.infrastructure.huggingface.int8_weights import quantise, restore
from tempo.infrastructure.huggingface.kv_cache import RowCache
from tempo.infrastructure.huggingface.position_ids import PositionIdRemapper
from tempo.infrastructure.huggingface.random_weights import random_model
from tempo.infrastructure.scripted.backend import ScriptedBackend
from tempo.infrastructure.scripted.script import Script
from tests.fakes import ranks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from transformers import PreTrainedModel

    from tempo.domain.ports.model_backend import ModelBackend

FAMILIES = ("llama", "mistral", "qwen2", "qwen3", "gemma")
ATTENTIONS = ("sdpa", "eager")
OTHERS = (
    "mixtral-sdpa",
    "gemma2-eager",  # its scores are capped, which transformers does in eager attention alone
    "gemma3-sdpa",
    "phi3-sdpa",
    "gpt_neox-sdpa",
    "olmo2-sdpa",
    "granite-sdpa",
    "smollm3-sdpa",
    "cogito-sdpa",  # Llama with the scaled rotations and the tied embeddings of Llama 3.2
    "cogito-compiled",
)
"""Families that differ from those above in their layers; attention is wired as there."""

FUSED_DEVICE = os.environ.get("TEMPO_FUSED_DEVICE", "cpu")
"""Where the fused adapters run; `cuda` tests the kernels, and needs a GPU."""

FUSED = ("llama", "mistral", "qwen2", "qwen3")
EXITING = ("llama", "qwen3")
"""With exits at the last layer alone, where early exit is the full model."""

ROUNDED = ("llama-bfloat16", "qwen3-bfloat16", "llama-int8", "qwen2-int8", "qwen3-int8")
"""With weights of fewer bits; Mistral's passes are Llama's, and its kernels the same."""

TOGETHER = ("llama-together", "qwen2-together", "qwen3-joined")
"""With their heads and inner numbers in two threads, of which one leads: by plain PyTorch, or by
compiled kernels. Processes of their own are in tests/integration/test_tensor_parallel.py."""

NAMES = (
    "scripted",
    *(f"{family}-{attention}" for family in FAMILIES for attention in ATTENTIONS),
    *OTHERS,
    *(f"{family}-fused" for family in FUSED),
    *(f"{family}-compiled" for family in FUSED),
    *ROUNDED,
    *(f"{family}-exiting" for family in EXITING),
    *TOGETHER,
)

VOCABULARY = 120
SCRIPTED_TOKENS = 9
CONTEXT = 200


@dataclass(frozen=True, slots=True)
class Adapter:
    """A backend under test.

    `logits` answers from the model itself, [v] for the token after a text: the transformers model
    in one plain pass, without cache, mask or position ids; the script read aloud.
    """

    name: str
    backend: "ModelBackend"
    logits: "Callable[[Sequence[int]], np.ndarray]"

    @property
    def vocabulary(self):
        return self.backend.description.vocabulary

    def log_probabilities(self, text):
        logits = self.logits(text)
        return logits - np.logaddexp.reduce(logits)


def adapter(name: str) -> Adapter:
    if name == "scripted":
        return scripted()
    return transformers(drawn(name), name)


def drawn(name: str, seed: int = 0) -> "PreTrainedModel":
    """Return the random model that an adapter's name asks for, in float32.

    Where the adapter holds fewer bits, its weights are those that the bits stand for.
    """
    family, attention = name.split("-")
    kind = attention if attention in ATTENTIONS else "sdpa"
    model = random_model(family, VOCABULARY, kind, seed=seed, context=CONTEXT)
    if attention == "bfloat16":
        return model.bfloat16().float()
    if attention == "int8":
        quantise(model)
        restore(model)
    return model


def scripted() -> Adapter:
    script = Script.random(seed=3, tokens=SCRIPTED_TOKENS, order=3)
    return Adapter(
        "scripted",
        ScriptedBackend(script, CONTEXT),
        lambda text: np.log(script.next([TokenId(token) for token in text])),
    )


def transformers(model: "PreTrainedModel", name: str) -> Adapter:
    return Adapter(name, served(model, name), lambda text: plain_logits(model, text)[-1])


def served(model: "PreTrainedModel", name: str = "model", remapper=PositionIdRemapper):
    """Return the backend of a model, built as the composition root builds it."""
    description = support.describe(model, name)
    if name.endswith("-fused"):
        return fused(model, description)
    if name.endswith(("-compiled", "-bfloat16", "-int8")):
        return compiled(model, name)
    if name.endswith("-exiting"):
        return exiting(model, description)
    if name.endswith("-together"):
        return ranks.led(model, SplitDecoder, input_major=True)
    if name.endswith("-joined"):
        return ranks.led(model, SplitProcessorDecoder)
    return HuggingFaceBackend(
        model, description, remapper(description.context, model.device), RowCache
    )


def compiled(model: "PreTrainedModel", name: str) -> FusedBackend:
    """Return the fused backend over compiled kernels, which read the bits that a name tells."""
    held = model if name.endswith("-compiled") else copy.deepcopy(model)
    if name.endswith("-bfloat16"):
        held = held.bfloat16()
    if name.endswith("-int8"):
        quantise(held)
    return FusedBackend(ProcessorDecoder(Weights.of(held)), support.describe(held, name))


def exiting(model: "PreTrainedModel", description) -> "ModelBackend":
    """Return the backend over compiled kernels whose rows may leave, after the last layer alone."""
    rule = ExitRule((ExitLayer(1, NEVER), ExitLayer(model.config.num_hidden_layers, 0.5)))
    return leaving_early(
        FusedBackend(ProcessorDecoder(Weights.of(model)), description), rule, lambda _: None
    )


def fused(model: "PreTrainedModel", description) -> FusedBackend:
    """Return the fused backend: plain PyTorch on a CPU, graphs of kernels where a GPU is named."""
    if FUSED_DEVICE == "cpu":
        return FusedBackend(PlainDecoder(Weights.of(model, input_major=True)), description)
    from tempo.infrastructure.fused_llama.graph_decoder import GraphDecoder

    placed = copy.deepcopy(model).to(FUSED_DEVICE)
    return FusedBackend(GraphDecoder(Weights.of(placed)), description)


@torch.inference_mode()
def plain_logits(model: "PreTrainedModel", text) -> np.ndarray:
    """Return [tokens, v] the logits that transformers gives a text, teacher-forced."""
    logits = model(input_ids=torch.tensor([list(text)]), use_cache=False).logits[0]
    return logits.double().numpy()


def plain_scores(model: "PreTrainedModel", prompt, continuation) -> np.ndarray:
    """Return [tokens] the log-probability of each token of a continuation, teacher-forced."""
    logits = plain_logits(model, [*prompt, *continuation])[len(prompt) - 1 : -1]
    rows = logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True)
    return rows[np.arange(len(continuation)), list(continuation)]


def with_equal_tokens(name: str, prompt: "Sequence[int]") -> tuple[Adapter, tuple[int, ...]]:
    """Return an adapter whose most probable tokens after a prompt are alike, and these tokens."""
    if name == "scripted":
        row = dict.fromkeys((" b", " d", " e", " g", " h"), 0.18) | {" a": 0.05, " c": 0.05}
        script = Script.of({"": row})
        backend = ScriptedBackend(script)
        equal = tuple(script.vocabulary.index(text) for text, share in row.items() if share > 0.1)
        return Adapter(name, backend, lambda text: np.log(script.next(text))), equal
    model = drawn(name, seed=1)
    best = int(plain_logits(model, prompt)[-1].argmax())
    equal = tuple(sorted({best, 19, 37, 53, 71, 88, 97, 110} - (set(prompt) - {best})))
    head = model.get_output_embeddings().weight.data
    head[list(equal)] = head[best].clone()
    return transformers(model, name), equal
