"""Do the best paths of a lattice hold the exact best one, and what do its answers cost?

Recall: on story openings, every path of a run under `path` is enumerated and scored by
transformers' plain forward; the rescored `--count` best should hold the best of them. A lattice of
more than `--budget` paths is left out, and counted. The interval is Wilson's.

Rescoring: the time of scoring 8 paths of 60 tokens in one trie, the prompt's pass included,
against one plain forward over as many tokens as the trie has. Medians, taking turns.

k-best: the time of the 32 best paths of 500 steps of width 8, at random transitions; the median.
"""

from __future__ import annotations

import math
from argparse import ArgumentParser, Namespace
from dataclasses import asdict, dataclass
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
import torch
from next_token_fidelity import PlainPaths
from scipy.stats import binomtest
from workbench import (
    Workbench,
    add_shared_options,
    print_header,
    print_progress,
    print_table,
    reached,
    write_json,
)

from tempo.application.decoding.generate import Generate
from tempo.application.decoding.request import GenerationRequest
from tempo.application.decoding.rescoring import Rescore, Trie
from tempo.application.n_best import NBest
from tempo.domain.k_best import k_best
from tempo.domain.lattice import Lattice, LatticeStep
from tempo.domain.row_rules import RowRules
from tempo.domain.schedule import ConstantThreshold
from tempo.domain.selection import Selection, ThresholdBasis
from tempo.domain.superposition import path_superposition
from tempo.domain.tokens import Candidate, CandidateState, LogicalStep, TokenId, TokenSet

if TYPE_CHECKING:
    from workbench import Opening

SMALLEST_RECALL = 0.99
LARGEST_RATIO = 1.5
LARGEST_MILLISECONDS = 50.0
RUNS = ((0.1, 6), (0.05, 5))
"""(threshold, steps) of the enumerable runs."""

TURNS = 9
SAME = 1e-4
"""Two scores of one path differ by rounding up to here, in nats."""


@dataclass(frozen=True, slots=True)
class Recalled:
    """One enumerated lattice.

    Attributes:
        paths: how many it has.
        place: where the exact best path stands among the rescored best, from 0; None if nowhere.
        unrescored: the same among as many best paths by the lattice's own scores.
    """

    paths: int
    place: int | None
    unrescored: int | None


def decoded(
    bench: Workbench, opening: Opening, steps: int, threshold: float, width: int
) -> Lattice:
    """Return the lattice of a run under `path` with its own defaults."""
    request = GenerationRequest(
        prompt_ids=opening.token_ids,
        max_steps=steps,
        selection=Selection(ConstantThreshold(threshold), width, basis=ThresholdBasis.LEADER),
        superposition=path_superposition(),
        barred=bench.end_tokens,
    )
    return Generate(bench.backend, bench.tokenizer).run(request).lattice


def recalled(
    bench: Workbench, opening: Opening, run: tuple[float, int], options: Namespace
) -> Recalled | int:
    """Enumerate one lattice; return how many paths it has where they pass the budget."""
    threshold, steps = run
    lattice = decoded(bench, opening, steps, threshold, options.width)
    sets = tuple(tuple(one.token_id for one in step.token_set.members) for step in lattice.steps)
    paths = math.prod(map(len, sets))
    if paths > options.budget:
        return paths
    plain = PlainPaths(bench, opening.token_ids)
    plain.look_up(sets)
    best = plain.best_path(sets)
    rescored = [text.token_ids for text in NBest(bench.backend).run(lattice, options.count)]
    stored = [lattice.token_ids(path) for path in lattice.k_best(options.count)]
    return Recalled(paths, _place(best, rescored), _place(best, stored))


def _place(best: tuple[TokenId, ...], found: list[tuple[TokenId, ...]]) -> int | None:
    return found.index(best) if best in found else None


def print_recall(found: list[Recalled], left_out: int, options: Namespace) -> bool:
    """Print the shares with their intervals and the verdict."""
    rows = [("paths", "the exact best is first", f"among {options.count}", "95 % interval")]
    for name in ("unrescored", "place"):
        places = [getattr(one, name) for one in found]
        inside = sum(place is not None for place in places)
        interval = binomtest(inside, len(found)).proportion_ci(method="wilson")
        first = sum(place == 0 for place in places)
        rows.append(
            (
                "rescored" if name == "place" else "by the lattice's scores",
                f"{first / len(found):.1%}",
                f"{inside / len(found):.1%}",
                f"[{interval.low:.1%}, {interval.high:.1%}]",
            )
        )
    print_table(rows)
    print(
        f"{len(found)} lattices of {np.mean([one.paths for one in found]):.0f} paths on average; "
        f"{left_out} of more than {options.budget} left out"
    )
    share = sum(one.place is not None for one in found) / len(found)
    print(
        f"rescored {options.count}-best holds the exact best: {share:.1%} "
        f"(bar: at least {SMALLEST_RECALL:.0%}): {reached(share >= SMALLEST_RECALL)}"
    )
    return share >= SMALLEST_RECALL


@dataclass(frozen=True, slots=True)
class Rescoring:
    """Medians in milliseconds.

    Attributes:
        whole: of rescoring, the prompt's pass included.
        prompt: of the prompt's pass alone.
        forward: of one plain forward over as many tokens as the trie has.
        trie: how many those are.
    """

    whole: float
    prompt: float
    forward: float
    trie: int


def rescoring(bench: Workbench, opening: Opening) -> Rescoring:
    """Time the rescoring of 8 paths of 60 tokens."""
    lattice = decoded(bench, opening, 60, 0.05, 8)
    paths = [lattice.token_ids(path) for path in lattice.k_best(8)]
    trie = Trie()
    for path in paths:
        trie.add(path)
    ids = torch.tensor([trie.tokens])
    rescore = Rescore(bench.backend)
    whole, prompt, forward = [], [], []
    for _ in range(TURNS):
        start = perf_counter()
        rescore.run(opening.token_ids, paths)
        between = perf_counter()
        with torch.inference_mode():
            bench.model(input_ids=ids, use_cache=False)
        whole.append(1000.0 * (between - start))
        forward.append(1000.0 * (perf_counter() - between))
        start = perf_counter()
        bench.backend.open(opening.token_ids, RowRules()).close()
        prompt.append(1000.0 * (perf_counter() - start))
    return Rescoring(median(whole), median(prompt), median(forward), len(trie))


def k_best_milliseconds() -> float:
    """Return the median time of the 32 best paths of a long random lattice."""
    rng = np.random.default_rng(0)
    members = tuple(
        Candidate(TokenId(index), b" x", 0.1, index, CandidateState.KEPT, 0.125, 0.0, 0)
        for index in range(8)
    )
    steps = []
    for number in range(500):
        rows = 8 if number else 1
        table = np.log(rng.dirichlet(np.ones(12), size=rows))[:, :8]
        step = LogicalStep(number)
        kept = TokenSet(step, members)
        steps.append(LatticeStep(step, kept, (), table, table, 1.0, 0.1, 0.9, 0.0))
    times = []
    for _ in range(TURNS):
        start = perf_counter()
        k_best(steps, 32)
        times.append(1000.0 * (perf_counter() - start))
    return median(times)


def parsed() -> Namespace:
    """Read the command line."""
    parser = ArgumentParser(description="Recall and cost of a lattice's best paths.")
    add_shared_options(parser, prompts=300)
    parser.add_argument("--width", type=int, default=8, help="at most so many tokens a set")
    parser.add_argument("--count", type=int, default=5, help="best paths that are looked at")
    parser.add_argument("--budget", type=int, default=600, help="most paths of one lattice")
    return parser.parse_args()


def main() -> None:
    """Measure and print."""
    start = perf_counter()
    options = parsed()
    bench = Workbench.load(options.model, options.threads, options.backend)
    print_header(bench, options)
    openings = bench.openings(options.prompts, options.seed)
    cost = rescoring(bench, openings[0])
    best = k_best_milliseconds()
    results: list[Recalled | int] = []
    for number, opening in enumerate(openings, start=1):
        results += [recalled(bench, opening, run, options) for run in RUNS]
        print_progress(number, options.prompts)
    found = [one for one in results if isinstance(one, Recalled)]
    print_recall(found, len(results) - len(found), options)
    print()
    ratio, extra = cost.whole / cost.forward, (cost.whole - cost.prompt) / cost.forward
    print(
        f"rescoring 8 paths of 60 tokens: {cost.whole:.1f} ms, of which the prompt's pass "
        f"{cost.prompt:.1f}; one forward of the trie's {cost.trie} tokens: {cost.forward:.1f} ms"
    )
    print(
        f"ratio {extra:.2f} without the prompt's pass, {ratio:.2f} with it "
        f"(bar: at most {LARGEST_RATIO}): {reached(ratio <= LARGEST_RATIO)}"
    )
    print(
        f"32 best paths of 500 steps of width 8: {best:.1f} ms "
        f"(bar: under {LARGEST_MILLISECONDS:.0f}): {reached(best < LARGEST_MILLISECONDS)}"
    )
    print(f"total time {perf_counter() - start:.0f} s")
    write_json(
        options,
        {
            "lattices": [
                {"paths": one.paths, "place": one.place, "unrescored": one.unrescored}
                for one in found
            ],
            "rescoring": asdict(cost),
            "k-best": {"milliseconds": best},
        },
    )


if __name__ == "__main__":
    main()
