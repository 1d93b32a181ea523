"""How far is TEMPO's next-token readout from the exact next-token distribution?

Measured: KL(exact || readout) in nats over the whole vocabulary, at depths 1 to `--depth`. At
depth d, d token sets S_0 ... S_{d-1} have been fed and the mixture readout predicts what follows.

Exact is the plain model's next-token distribution after each path of S_0 x ... x S_{d-1}, mixed
by the paths' probabilities under the plain model, given that the prefix lies in the product. The
paths go through transformers' own forward, whole and without a cache. Each superposition decides
its own sets, and is held against the paths of its own sets.

End tokens are barred on both sides in one way: their logits are set to minus infinity before each
softmax, so that every distribution, also those that weigh the paths, is over the other tokens.

Intervals are 95 % bootstrap intervals over contexts. A context with more paths than `--budget`
under some superposition is left out for all of them, and named.
"""

from __future__ import annotations

import math
from argparse import ArgumentParser, Namespace
from dataclasses import dataclass, replace
from itertools import product
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
import torch
from workbench import (
    Opening,
    Workbench,
    add_shared_options,
    mean,
    print_header,
    print_progress,
    print_table,
    ratio_of_means,
    reached,
    write_json,
)

from tempo.application.decoding.generate import Generate
from tempo.application.decoding.request import GenerationRequest
from tempo.domain.schedule import ConstantThreshold
from tempo.domain.selection import Selection
from tempo.domain.superposition import Lineage, Marginal, Uniform, path_superposition

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt
    from workbench import Estimate

    from tempo.domain.node import Node
    from tempo.domain.ports.model_backend import DecodingSession, ModelBackend, ModelDescription
    from tempo.domain.proposal import FloatArray, Proposal, Reading
    from tempo.domain.row_rules import RowRules
    from tempo.domain.superposition import Superposition
    from tempo.domain.tokens import TokenId

SUPERPOSITIONS: dict[str, Superposition] = {
    "lineage": Lineage(),
    "lineage, plain": Lineage(sharpness=1.0, soft_steps=math.inf),
    "path": path_superposition(),
    "marginal": Marginal(),
    "uniform": Uniform(),
}
LARGEST_KL = 0.08
SMALLEST_RATIO = 5.0
BATCH = 64
"""Paths that go through the plain model at once."""

Path = tuple["TokenId", ...]
TokenSets = tuple[Path, ...]


class ReadoutRecorder:
    """A backend that notes the whole readout whenever a run asks for its best candidates.

    The run gets the answers that it would get without; the second question goes through the same
    port to the same rows, with every token of the vocabulary considered.
    """

    def __init__(self, backend: ModelBackend) -> None:
        """Stand before another backend, with nothing noted."""
        self._backend = backend
        self.readouts: list[FloatArray] = []

    @property
    def description(self) -> ModelDescription:
        """Facts about the model."""
        return self._backend.description

    def open(self, prompt: Sequence[TokenId], rules: RowRules) -> DecodingSession:
        """Start a session of the backend behind."""
        return self._backend.open(prompt, rules)

    def extend(self, batch: Sequence[tuple[DecodingSession, Sequence[Node]]]) -> None:
        """Feed the backend behind."""
        self._backend.extend(batch)

    def propose(self, batch: Sequence[tuple[DecodingSession, Reading]]) -> list[Proposal]:
        """Answer from the backend behind, and note [vocab] log-probabilities of each readout."""
        vocabulary = self.description.vocabulary
        whole = [(session, replace(reading, considered=vocabulary)) for session, reading in batch]
        self.readouts += [_by_token(one, vocabulary) for one in self._backend.propose(whole)]
        return self._backend.propose(batch)


def _by_token(proposal: Proposal, vocabulary: int) -> FloatArray:
    """Return [vocab] log-probabilities; tokens that were barred have minus infinity."""
    values = np.full(vocabulary, -np.inf)
    values[list(proposal.token_ids)] = proposal.log_probabilities
    return values


class PlainPaths:
    """The exact side: what the plain model says after every path of one context."""

    def __init__(self, bench: Workbench, prompt: Sequence[TokenId]) -> None:
        """Know nothing yet."""
        self._bench = bench
        self._prompt = prompt
        self._barred = list(bench.end_tokens)
        self._after: dict[Path, npt.NDArray[np.float32]] = {}

    def look_up(self, sets: TokenSets) -> None:
        """Send all paths of the product that are not known yet through the plain model."""
        fresh = [path for path in product(*sets) if path not in self._after]
        for first in range(0, len(fresh), BATCH):
            self._feed(fresh[first : first + BATCH])

    def _feed(self, paths: Sequence[Path]) -> None:
        """Note [vocab] log-probabilities after each path and after each beginning of one."""
        depth = len(paths[0])
        logits = self._bench.plain_logits([[*self._prompt, *path] for path in paths], depth + 1)
        logits[:, :, self._barred] = -torch.inf
        rows = logits.log_softmax(-1).numpy()
        for path, after in zip(paths, rows, strict=True):
            for length in range(depth + 1):
                if path[:length] not in self._after:
                    self._after[path[:length]] = after[length].copy()

    def mixture(self, sets: TokenSets) -> FloatArray:
        """Return [vocab] the exact next-token probabilities, given a prefix in the product."""
        paths = list(product(*sets))
        scores = np.array([self._score(path) for path in paths])
        weights = np.exp(scores - scores.max())
        weights /= weights.sum()
        mixed = np.zeros(self._bench.backend.description.vocabulary)
        for path, weight in zip(paths, weights, strict=True):
            mixed += weight * np.exp(self._after[path], dtype=np.float64)
        return mixed

    def best_path(self, sets: TokenSets) -> Path:
        """Return the most probable path of the product, the first of equal ones."""
        return max(product(*sets), key=self._score)

    def _score(self, path: Path) -> float:
        """Return a path's log-probability in nats."""
        return float(sum(self._after[path[:at]][token] for at, token in enumerate(path)))


@dataclass(frozen=True, slots=True)
class Decoded:
    """One run.

    Attributes:
        sets: the token sets S_0 ... S_{depth-1} that it kept.
        readouts: [vocab] log-probabilities of its readout at depths 1 ... depth.
    """

    sets: TokenSets
    readouts: tuple[FloatArray, ...]

    @property
    def paths(self) -> int:
        """How many paths the sets span."""
        return math.prod(map(len, self.sets))


@dataclass(frozen=True, slots=True)
class Context:
    """What one opening gave, by superposition.

    Attributes:
        opening: its text.
        paths: how many paths the sets span.
        kl: KL in nats at depths 1, 2, ...; empty where the budget was passed.
    """

    opening: str
    paths: dict[str, int]
    kl: dict[str, list[float]]


def decode(
    bench: Workbench, opening: Opening, superposition: Superposition, options: Namespace
) -> Decoded:
    """Run TEMPO one step further than `--depth`: that step reads the last set's rows."""
    recorder = ReadoutRecorder(bench.backend)
    request = GenerationRequest(
        prompt_ids=opening.token_ids,
        max_steps=options.depth + 1,
        selection=Selection(ConstantThreshold(options.threshold), options.width),
        superposition=superposition,
        barred=bench.end_tokens,
    )
    steps = Generate(recorder, bench.tokenizer).run(request).lattice.steps
    sets = tuple(tuple(one.token_id for one in step.token_set.members) for step in steps[:-1])
    return Decoded(sets, tuple(recorder.readouts[1:]))


def divergence(exact: FloatArray, readout: FloatArray) -> float:
    """Return KL(exact || readout) in nats, given [vocab] probabilities and log-probabilities."""
    possible = exact > 0
    return float(np.sum(exact[possible] * (np.log(exact[possible]) - readout[possible])))


def measure(bench: Workbench, opening: Opening, options: Namespace) -> Context:
    """Decode an opening under every superposition and hold each readout against the paths."""
    runs = {
        name: decode(bench, opening, superposition, options)
        for name, superposition in SUPERPOSITIONS.items()
    }
    paths = {name: run.paths for name, run in runs.items()}
    if max(paths.values()) > options.budget:
        return Context(opening.text, paths, {})
    plain = PlainPaths(bench, opening.token_ids)
    kl: dict[str, list[float]] = {}
    for name, run in runs.items():
        plain.look_up(run.sets)
        kl[name] = [
            divergence(plain.mixture(run.sets[:depth]), readout)
            for depth, readout in enumerate(run.readouts, start=1)
        ]
    return Context(opening.text, paths, kl)


def estimates(contexts: Sequence[Context], options: Namespace) -> dict[str, list[Estimate]]:
    """Return the mean KL of each superposition by depth."""
    return {
        name: [
            mean([context.kl[name][depth] for context in contexts], options.seed)
            for depth in range(options.depth)
        ]
        for name in SUPERPOSITIONS
    }


def print_by_depth(by_depth: Mapping[str, Sequence[Estimate]], depths: int) -> None:
    """Print mean KL by superposition and depth."""
    heads = ["superposition", *(f"depth {depth}" for depth in range(1, depths + 1))]
    rows = [[name, *(one.shown(4) for one in row)] for name, row in by_depth.items()]
    print_table([heads, *rows])


def print_paths(contexts: Sequence[Context]) -> None:
    """Print how many paths the exact side mixed."""
    counts = {name: [context.paths[name] for context in contexts] for name in SUPERPOSITIONS}
    rows = [[name, f"{np.mean(row):.0f}", str(max(row))] for name, row in counts.items()]
    print_table([["paths enumerated", "mean", "most"], *rows])


def print_left_out(left_out: Sequence[Context], options: Namespace) -> None:
    """Name the contexts that would have passed the budget."""
    print(f"left out, more than {options.budget} paths: {len(left_out)} of {options.prompts}")
    for context in left_out:
        print(f"  {max(context.paths.values())} paths: {context.opening}")


def verdict(contexts: Sequence[Context], options: Namespace) -> Estimate:
    """Print whether lineage reaches its bars at the last depth; return uniform over lineage."""
    kl = {name: [context.kl[name][-1] for context in contexts] for name in ("lineage", "uniform")}
    lineage = mean(kl["lineage"], options.seed)
    ratio = ratio_of_means(kl["uniform"], kl["lineage"], options.seed)
    print(
        f"lineage at depth {options.depth}: KL {lineage.shown(4)} "
        f"(bar: at most {LARGEST_KL}): {reached(lineage.value <= LARGEST_KL)}"
    )
    print(
        f"uniform / lineage: {ratio.shown(1)} "
        f"(bar: at least {SMALLEST_RATIO:.0f}): {reached(ratio.value >= SMALLEST_RATIO)}"
    )
    return ratio


def parsed() -> Namespace:
    """Read the command line."""
    parser = ArgumentParser(description="KL from the exact next-token distribution, by depth.")
    add_shared_options(parser, prompts=100)
    parser.add_argument("--threshold", type=float, default=0.08, help="of the selection")
    parser.add_argument("--width", type=int, default=5, help="at most so many tokens a set")
    parser.add_argument("--depth", type=int, default=5, help="deepest readout")
    parser.add_argument("--budget", type=int, default=4_000, help="most paths of one context")
    return parser.parse_args()


def main() -> None:
    """Measure all openings and print the tables."""
    start = perf_counter()
    options = parsed()
    bench = Workbench.load(options.model, options.threads, options.backend)
    print_header(bench, options)
    contexts: list[Context] = []
    for opening in bench.openings(options.prompts, options.seed):
        contexts.append(measure(bench, opening, options))
        print_progress(len(contexts), options.prompts)
    measured = [context for context in contexts if context.kl]
    print(
        f"KL(exact || mixture readout) in nats, mean over {len(measured)} contexts with its "
        f"95 % interval; threshold {options.threshold}, at most {options.width} wide"
    )
    by_depth = estimates(measured, options)
    print_by_depth(by_depth, options.depth)
    print()
    print_paths(measured)
    print_left_out([context for context in contexts if not context.kl], options)
    print()
    ratio = verdict(measured, options)
    print(f"total time {perf_counter() - start:.0f} s")
    write_json(
        options,
        {
            "kl": {name: [one.as_json for one in row] for name, row in by_depth.items()},
            "uniform over lineage": ratio.as_json,
            "contexts": [
                {"opening": one.opening, "paths": one.paths, "kl": one.kl} for one in contexts
            ],
        },
    )


if __name__ == "__main__":
    main()
