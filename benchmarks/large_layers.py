"""What does a 70B-like model cost on one GPU, whole and as the part of a split one?

Random weights in the shape of Llama 70B with few layers. Passes and prompts are timed with two
numbers of layers; their difference gives a layer, and what is left the embeddings, the head and the
rest of a pass. Beside the whole model stand the parts that 2, 4 and 8 processes hold, each as a
model of its own, with so many times the layers. The backends:

    fused         the fused decoder, captured
    split         the same as several GPUs run it, with collectives among one process: what a split
                  pass costs but for moving bytes and waiting for others, which one GPU cannot show
    plain         the fused decoder in plain PyTorch
    transformers  transformers' own modules

    python benchmarks/large_layers.py
    python benchmarks/large_layers.py --shape small --layers 2 4 --dtype float32 --backends plain

`of floor` is a layer's time over the time in which the device reads its weights and cache once.
"""

from __future__ import annotations

import gc
import sys
import time
from argparse import ArgumentParser, Namespace
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from statistics import median
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

import torch
from large_shapes import SHAPES, Shape, backend, random_model
from torch import distributed
from workbench import print_table

from tempo.domain.node import Node
from tempo.domain.row_rules import RowRules
from tempo.domain.tokens import Slot, TokenId
from tempo.infrastructure.fused_llama.backend import FusedBackend
from tempo.infrastructure.fused_llama.plain_decoder import PlainDecoder
from tempo.infrastructure.fused_llama.weights import Weights
from tempo.infrastructure.huggingface import support
from tempo.infrastructure.ranks.group import Together

if TYPE_CHECKING:
    from collections.abc import Sequence

    from transformers import PreTrainedModel

WIDTH = 4
CONTEXT = 512
"""Prompt tokens of each run in the cache."""
WARM = 3
PROMPTS = 8
"""Prompts timed at least, behind a first one."""
KINDS = ("fused", "split", "plain", "transformers")
HEAD = (
    "backend", "parts", "runs", "layer ms", "of floor", "rest ms", "{} layers ms", "prompt ms",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Times:
    """Median milliseconds of a model: of a prompt, and of passes by their runs."""

    prompt: float
    passes: dict[int, float]


@dataclass(frozen=True, slots=True)
class Measured:
    """Two models of one shape.

    Attributes:
        shape: of the model, or of a process's part.
        few: layers of the smaller model.
        more: layers that the larger one has beside them.
        short: of the smaller model.
        long: of the larger one.
    """

    shape: Shape
    few: int
    more: int
    short: Times
    long: Times

    def prompt(self, layers: int) -> float:
        """Return the milliseconds of a prompt through so many layers."""
        layer = (self.long.prompt - self.short.prompt) / self.more
        return self.short.prompt + (layers - self.few) * layer

    def layer(self, runs: int) -> float:
        """Return the milliseconds of a layer in a pass."""
        return (self.long.passes[runs] - self.short.passes[runs]) / self.more

    def rest(self, runs: int) -> float:
        """Return the milliseconds of a pass beside its layers."""
        return self.short.passes[runs] - self.few * self.layer(runs)

    def of_floor(self, runs: int, read: float) -> float:
        """Return a layer's time over that of reading its numbers, of which `read` a millisecond."""
        shape = self.shape
        cache = 2 * runs * (CONTEXT + WIDTH) * shape.key_heads * shape.head_dim
        return self.layer(runs) * read / (shape.layer_weights + cache)


def main() -> None:
    """Measure and print."""
    asked = arguments()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    rate = bandwidth(device)
    few, many = asked.layers
    print(
        f"{device.type}, {asked.dtype}, {SHAPES[asked.shape]}; {few} and {many} layers, times "
        f"parts; each run {WIDTH} rows after {CONTEXT}; median of {asked.steps} passes; reading "
        f" {rate / 1e12:.2f} TB/s",
        flush=True,
    )
    rows: list[tuple[str, ...]] = [tuple(title.format(asked.of) for title in HEAD)]
    read = rate / getattr(torch, asked.dtype).itemsize / 1000
    for kind, parts in product(asked.backends, asked.parts):
        layers = [parts * count for count in asked.layers]
        found = measured(kind, SHAPES[asked.shape].part(parts), layers, asked, device)
        for runs in asked.runs:
            layer, rest = found.layer(runs), found.rest(runs)
            whole, prompt = rest + asked.of * layer, found.prompt(asked.of)
            figures = (layer, found.of_floor(runs, read), rest, whole, prompt)
            rows.append((kind, str(parts), str(runs), *(f"{figure:.2f}" for figure in figures)))
            print("#", *rows[-1], file=sys.stderr, flush=True)
    print_table(rows)


def arguments() -> Namespace:
    """Read the command line."""
    parser = ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--shape", choices=sorted(SHAPES), default="70b")
    parser.add_argument("--layers", type=int, nargs=2, default=(4, 12), help="of two whole models")
    parser.add_argument("--of", type=int, default=80, help="layers of the model told at the end")
    parser.add_argument("--parts", type=int, nargs="+", default=(1, 2, 4, 8))
    parser.add_argument("--runs", type=int, nargs="+", default=(1, 8, 32))
    parser.add_argument("--steps", type=int, default=30, help="passes timed")
    parser.add_argument("--dtype", choices=("float32", "bfloat16"), default="bfloat16")
    parser.add_argument("--backends", nargs="+", default=KINDS)
    return parser.parse_args()


def bandwidth(device: torch.device) -> float:
    """Return bytes a second that the device reads, the best of some sums over a large block."""
    block = torch.ones(2**28, dtype=torch.int64, device=device)
    found = []
    for _ in range(10):
        finish(device)
        begun = time.perf_counter()
        torch.amax(block)
        finish(device)
        found.append(block.numel() * 8 / (time.perf_counter() - begun))
    return max(found)


def finish(device: torch.device) -> None:
    """Wait for what the device was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def measured(
    kind: str, shape: Shape, layers: Sequence[int], asked: Namespace, device: torch.device
) -> Measured:
    """Time passes of two models of a shape."""
    few, many = layers
    times = [timed(kind, shape, count, asked, device) for count in layers]
    return Measured(shape, few, many - few, *times)


def timed(kind: str, shape: Shape, layers: int, asked: Namespace, device: torch.device) -> Times:
    """Time prompts and passes of a model with so many layers."""
    dtype = getattr(torch, asked.dtype)
    served = serving(kind, random_model(shape, layers, CONTEXT, dtype, device))
    sessions: list[Any] = []
    prompts = []
    for own in range(max(*asked.runs, PROMPTS)):
        prompt = [TokenId(3 + (i + own) % 97) for i in range(CONTEXT)]
        finish(device)
        begun = time.perf_counter()
        sessions.append(served.open(prompt, RowRules()))
        finish(device)
        prompts.append(1000 * (time.perf_counter() - begun))
    passes = {runs: milliseconds(served, sessions[:runs], asked, device) for runs in asked.runs}
    for session in sessions:
        session.close()
    del served, sessions
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
    return Times(median(prompts[1:]), passes)


def serving(kind: str, model: PreTrainedModel) -> Any:  # noqa: ANN401 - either backend
    """Return what runs a model."""
    if kind not in {"split", "plain"}:
        return backend(model, kind)
    weights = Weights.of(model)
    if kind == "plain":
        return FusedBackend(PlainDecoder(weights), support.describe(model, "random"))
    # Triton, which a processor does not need.
    from tempo.infrastructure.fused_llama.split_graphs import SplitGraphDecoder  # noqa: PLC0415

    if not distributed.is_initialized():
        met = Path(mkdtemp(), "met").as_uri()
        distributed.init_process_group("nccl", init_method=met, rank=0, world_size=1)
    alone = Together(0, 1, distributed.new_group([0]))
    decoder = SplitGraphDecoder(replace(weights, ranks=alone))
    return FusedBackend(decoder, support.describe(model, "random"))


def milliseconds(
    served: Any,  # noqa: ANN401 - either backend
    sessions: Sequence[Any],
    asked: Namespace,
    device: torch.device,
) -> float:
    """Return the median time of a pass of all sessions, which forget it each time."""
    length = CONTEXT
    nodes = [Node(TokenId(7 + i), length, Slot(length + i)) for i in range(WIDTH)]
    marks = [session.mark() for session in sessions]
    found = []
    for _ in range(WARM + asked.steps):
        finish(device)
        begun = time.perf_counter()
        served.extend([(session, nodes) for session in sessions])
        finish(device)
        found.append(1000 * (time.perf_counter() - begun))
        for session, mark in zip(sessions, marks, strict=True):
            session.rewind(mark)
    return median(found[WARM:])


if __name__ == "__main__":
    main()
