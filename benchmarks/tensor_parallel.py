"""What does a pass cost on one process and split over several, and how many bytes do they move?

Random weights in the shape of Llama 70B (hidden 8192, 64 heads, 8 key-value heads of 128,
feed-forward 28672) with few layers, or a smaller shape. The first process runs the whole model
while the others wait, then all of them run their parts, in turns; what collectives are handed is
counted beside the formula. Under torchrun, on processors by gloo and on GPUs by NCCL:

    torchrun --standalone --nproc-per-node 2 benchmarks/tensor_parallel.py
    torchrun --standalone --nproc-per-node 2 benchmarks/tensor_parallel.py --shape 70b --layers 4 \
        --dtype bfloat16

A model of `--layers` layers takes as much memory whole in the first process as in one process.
"""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace
from dataclasses import dataclass, replace
from statistics import median
from typing import TYPE_CHECKING, Any

import torch
from large_shapes import SHAPES, Shape, backend, random_model
from torch import distributed
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from transformers import PreTrainedModel
from transformers.distributed.configuration_utils import DistributedConfig

from tempo.domain.node import Node
from tempo.domain.row_rules import RowRules
from tempo.domain.tokens import Slot, TokenId
from tempo.infrastructure.ranks.joining import join, own_place

if TYPE_CHECKING:
    from collections.abc import Callable

ROWS = (1, 4, 8, 16)
ROUNDS = 3
MOVING = ("c10d::", "_c10d_functional::")
"""The namespaces of PyTorch's collectives."""


@dataclass(slots=True)
class Moved:
    """What collectives were handed.

    Attributes:
        sums: bytes of what was added up.
        gathers: bytes of what was put together, whole.
        calls: how many collectives.
    """

    sums: int = 0
    gathers: int = 0
    calls: int = 0


class Counting(TorchDispatchMode):
    """Counts what a pass hands to collectives."""

    def __init__(self) -> None:
        """Begin at nothing."""
        super().__init__()  # type: ignore[no-untyped-call] # PyTorch leaves it untyped
        self.moved = Moved()

    def __torch_dispatch__(
        self,
        func: Any,  # noqa: ANN401 - these are as PyTorch has them
        types: object,
        args: tuple[object, ...] = (),
        kwargs: dict[str, object] | None = None,
    ) -> object:
        """Note a collective and let it go on."""
        name = str(func.name())
        if name.startswith(MOVING):
            held = [one for one in tree_leaves(args) if isinstance(one, torch.Tensor)]
            size = sum(one.numel() * one.element_size() for one in held)
            if "allreduce" in name or "all_reduce" in name:
                self.moved.sums += size
                self.moved.calls += 1
            elif "allgather_" in name:
                # The parts of all processes and this one's: the whole is what is put together.
                count = distributed.get_world_size()
                self.moved.gathers += size * count // (count + 1)
                self.moved.calls += 1
            elif "all_gather" in name:
                self.moved.gathers += size * distributed.get_world_size()
                self.moved.calls += 1
        done: object = func(*args, **(kwargs or {}))
        return done


def main() -> None:
    """Print a table of step times and bytes."""
    asked = arguments()
    place = own_place(None)
    join(place)
    device = torch.device("cuda", place.local) if torch.cuda.is_available() else torch.device("cpu")
    torch.manual_seed(0)
    whole = drawn(asked, device) if place.rank == 0 else None
    split = split_up(drawn(asked, device), place.count)
    if place.rank == 0:
        print(header(asked, place.count, device))
    for kind in asked.backends:
        alone = None if whole is None else Steps(backend(whole, kind), asked.context, device)
        together = Steps(backend(split, kind), asked.context, device)
        for rows in asked.rows:
            line = compared(alone, together, rows, asked.steps)
            if place.rank == 0:
                print(row(kind, rows, line, asked), flush=True)
    distributed.barrier()
    distributed.destroy_process_group()


def arguments() -> Namespace:
    """Read the command line."""
    parser = ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--shape", choices=sorted(SHAPES), default="small")
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--vocabulary", type=int, default=8192)
    parser.add_argument("--context", type=int, default=128, help="prompt tokens in the cache")
    parser.add_argument("--rows", type=int, nargs="+", default=ROWS)
    parser.add_argument("--steps", type=int, default=10, help="passes of each round")
    parser.add_argument("--dtype", choices=("float32", "bfloat16"), default="float32")
    parser.add_argument("--backends", nargs="+", default=("transformers", "fused"))
    return parser.parse_args()


def shape_of(asked: Namespace) -> Shape:
    """Return the sizes that were asked for."""
    return replace(SHAPES[asked.shape], vocabulary=asked.vocabulary)


def drawn(asked: Namespace, device: torch.device) -> PreTrainedModel:
    """Return a model of the shape asked for, the same in each process."""
    dtype = getattr(torch, asked.dtype)
    return random_model(shape_of(asked), asked.layers, asked.context, dtype, device)


def split_up(model: PreTrainedModel, count: int) -> PreTrainedModel:
    """Return a model of which this process holds its part alone, by transformers' own plan."""
    wanted = DistributedConfig(tp_plan="auto", tp_size=count)
    config, _, mesh = PreTrainedModel.prepare_distribute_model(wanted)
    split: PreTrainedModel = PreTrainedModel.maybe_distribute_model(model, config, mesh)
    split.eval()
    return split


class Steps:
    """A session whose passes can be repeated."""

    def __init__(self, served: Any, context: int, device: torch.device) -> None:  # noqa: ANN401
        """Let a prompt of so many tokens through."""
        self._backend, self._device, self._length = served, device, context
        self._session = served.open([TokenId(3 + i % 97) for i in range(context)], RowRules())
        self._start = self._session.mark()

    def feed(self, rows: int) -> None:
        """Feed siblings behind the prompt, and forget them."""
        length = self._length
        nodes = [Node(TokenId(7 + i), length, Slot(length + i)) for i in range(rows)]
        self._backend.extend([(self._session, nodes)])
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)
        self._session.rewind(self._start)

    def milliseconds(self, rows: int, steps: int) -> list[float]:
        """Return the time of each of some passes."""
        found = []
        for _ in range(steps):
            begun = time.perf_counter()
            self.feed(rows)
            found.append(1000 * (time.perf_counter() - begun))
        return found

    def moved(self, rows: int) -> Moved:
        """Return what one pass hands to collectives."""
        counting = Counting()
        with counting:
            self.feed(rows)
        return counting.moved


@dataclass(frozen=True, slots=True)
class Compared:
    """One line: median milliseconds of one process and of all, and what a pass moves."""

    alone: float
    together: float
    moved: Moved


def compared(alone: Steps | None, together: Steps, rows: int, steps: int) -> Compared:
    """Time passes of one process and of all in turns, each once before."""
    ours: list[float] = []
    theirs: list[float] = []
    in_turn(alone, lambda one: one.feed(rows))
    together.feed(rows)
    for _ in range(ROUNDS):
        in_turn(alone, lambda one: ours.extend(one.milliseconds(rows, steps)))
        theirs += together.milliseconds(rows, steps)
    return Compared(median(ours or [0.0]), median(theirs), together.moved(rows))


def in_turn(alone: Steps | None, work: Callable[[Steps], None]) -> None:
    """Let the first process work while the others wait."""
    if alone is not None:
        work(alone)
    distributed.barrier()


def formula(asked: Namespace, rows: int) -> tuple[int, int]:
    """Return the bytes that a pass adds up and puts together.

    Two sums a layer and one for the embeddings, of hidden numbers a row; the logits of a row.
    """
    size = 2 if asked.dtype == "bfloat16" else 4
    sums = (2 * asked.layers + 1) * rows * shape_of(asked).hidden * size
    return sums, rows * asked.vocabulary * size


def header(asked: Namespace, count: int, device: torch.device) -> str:
    """Return what the table is of, and its first line."""
    about = (
        f"{asked.layers} layers, {shape_of(asked)}, {asked.dtype}, "
        f"{asked.context} rows in the cache; {count} processes on {device.type}, "
        f"{torch.get_num_threads()} threads each; median of {ROUNDS * asked.steps} passes"
    )
    titles = f"{'backend':<13}{'rows':>5}{'one ms':>9}{f'{count} ms':>9}{'ratio':>7}"
    moved = "".join(f"{title:>12}" for title in ("summed B", "formula", "gathered B", "formula"))
    return f"{about}\n{titles}{'calls':>7}{moved}"


def row(kind: str, rows: int, found: Compared, asked: Namespace) -> str:
    """Return a line of the table; `ratio` is the time of all over that of one."""
    sums, gathers = formula(asked, rows)
    times = f"{found.alone:>9.2f}{found.together:>9.2f}{found.together / found.alone:>7.2f}"
    moved = found.moved
    told = f"{moved.calls:>7}{moved.sums:>12}{sums:>12}{moved.gathers:>12}{gathers:>12}"
    return f"{kind:<13}{rows:>5}{times}{told}"


if __name__ == "__main__":
    main()
