"""Which superposition serves the next-token distribution, and which the long text?

Every rule decodes the same story openings. `--measure kl`: KL(exact || readout) by depth, the exact
side from transformers' plain forward (next_token_fidelity.py). `--measure text`: the
log-probability per token of the best of 8 rescored texts (as against_beam.py takes it), with the
mean width that it took. Openings are dealt out to processes of one thread each.

Rules that the package does not have are written here, against its port; they are the ones that did
not win.
"""

from __future__ import annotations

import json
import math
import shlex
import sys
from argparse import ArgumentParser, Namespace
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
from next_token_fidelity import PlainPaths, ReadoutRecorder, divergence
from workbench import Workbench, print_table

from tempo.application.decoding.generate import Generate
from tempo.application.decoding.request import GenerationRequest
from tempo.application.n_best import NBest
from tempo.domain.frontier import SoftStep
from tempo.domain.readout import Readout
from tempo.domain.schedule import ConstantThreshold
from tempo.domain.selection import Selection, ThresholdBasis
from tempo.domain.superposition import Lineage, path_superposition, sharpened

if TYPE_CHECKING:
    from tempo.domain.frontier import Frontier, Transition
    from tempo.domain.proposal import FloatArray
    from tempo.domain.superposition import Superposition
    from tempo.domain.tokens import TokenId


@dataclass(frozen=True, slots=True)
class _Posteriors(Lineage):
    """A lineage whose parent posteriors are changed in another way than by a power."""

    bound: float = 1.0

    def nearest(self, posterior: FloatArray) -> FloatArray:
        """Return the posterior [k, m] as the step just before is seen."""
        return sharpened(posterior, self.sharpness)

    def carried(self, posterior: FloatArray) -> FloatArray:
        """Return the posterior [k, m] as it carries older steps on."""
        return self.nearest(posterior)

    def lineage(self, frontier: Frontier, transition: Transition) -> tuple[SoftStep, ...]:
        """Return the soft steps, newest first."""
        if not frontier.slots:
            return ()
        posterior = transition.parent_posterior
        older = frontier.lineage[: max(0, int(min(self.window, 99)) - 1)]
        carried = self.carried(posterior).T
        return (
            SoftStep(frontier.slots, self.nearest(posterior).T),
            *(SoftStep(step.slots, carried @ step.weights) for step in older),
        )


class Decided(_Posteriors):
    """Soft only where no parent holds `bound` of the posterior."""

    __slots__ = ()

    def nearest(self, posterior: FloatArray) -> FloatArray:
        """Return columns of 0 and 1 where a parent dominates."""
        best = posterior.max(axis=0)
        hard = (posterior == best).astype(float)
        mixed = sharpened(posterior, self.sharpness)
        chosen: FloatArray = np.where(best >= self.bound, hard / hard.sum(axis=0), mixed)
        return chosen


class Fading(_Posteriors):
    """Plain for the step just before, sharper and sharper for older ones."""

    __slots__ = ()

    def nearest(self, posterior: FloatArray) -> FloatArray:
        """Return the plain posterior."""
        return posterior

    def carried(self, posterior: FloatArray) -> FloatArray:
        """Return the sharpened posterior."""
        return sharpened(posterior, self.sharpness)


class Trimmed(_Posteriors):
    """Parents under `bound` of the posterior are not seen at all."""

    __slots__ = ()

    def nearest(self, posterior: FloatArray) -> FloatArray:
        """Return the posterior without small shares, renormalised."""
        best = posterior.max(axis=0)
        kept = np.where((posterior >= self.bound) | (posterior == best), posterior, 0.0)
        shares: FloatArray = kept / kept.sum(axis=0)
        return shares


@dataclass(frozen=True, slots=True, eq=False)
class _SeenStep(SoftStep):
    """A soft step that is seen sharper than it is carried on.

    Attributes:
        plain: [k, slots] the lineage itself.
    """

    plain: FloatArray


@dataclass(frozen=True, slots=True)
class Receding(Lineage):
    """The plain lineage, seen the sharper the further back: power `sharpness`, then `then`, ..."""

    powers: tuple[float, ...] = ()

    def lineage(self, frontier: Frontier, transition: Transition) -> tuple[SoftStep, ...]:
        """Return the soft steps, newest first."""
        if not frontier.slots:
            return ()
        posterior = transition.parent_posterior
        plain = [(frontier.slots, posterior.T)]
        for step in frontier.lineage[: len(self.powers) - 1]:
            carried = step.plain if isinstance(step, _SeenStep) else step.weights
            plain.append((step.slots, posterior.T @ carried))
        return tuple(
            _SeenStep(slots, sharpened(weights.T, power).T, weights)
            for (slots, weights), power in zip(plain, self.powers, strict=False)
        )


MIXTURE, SURVIVORS = Readout.MIXTURE, Readout.SURVIVORS

RULES: dict[str, tuple[Superposition, Readout]] = {
    **{
        f"lineage {sharpness:g} {window:g}": (Lineage(sharpness, window), MIXTURE)
        for sharpness, window in (
            *((1, 1), (1, 2), (1, 3), (1, 4), (1, 6), (1, math.inf)),
            *((1.5, 2), (1.5, 4), (2, 1), (2, 2), (2, 3), (2, 4), (2, math.inf)),
            *((3, 2), (3, 4), (4, 2)),
        )
    },
    **{
        f"decided {bound} {window}": (Decided(1.0, window, bound), MIXTURE)
        for bound, window in ((0.6, 4), (0.75, 2), (0.75, 4), (0.9, 2), (0.9, 4))
    },
    **{
        f"fading {sharpness} {window}": (Fading(sharpness, window), MIXTURE)
        for sharpness, window in ((2.0, 2), (2.0, 4), (4.0, 4))
    },
    **{
        f"trimmed {bound} {window}": (Trimmed(1.0, window, bound), MIXTURE)
        for bound, window in ((0.1, 4), (0.25, 4))
    },
    **{
        f"receding {first:g} {second:g}": (Receding(1.0, 2, (first, second)), MIXTURE)
        for first, second in ((1.0, 3.0), (1.5, 4.0), (2.0, 4.0), (2.0, 8.0))
    },
    **{
        f"lineage {sharpness:g} 1{suffix}": (Lineage(sharpness, 1), readout)
        for sharpness in (1, 1.5, 2, 3)
        for suffix, readout in (("", MIXTURE), (", survivors", SURVIVORS))
    },
    "path": (path_superposition(), MIXTURE),
    "path, survivors": (path_superposition(), SURVIVORS),
    "lineage 1 inf, survivors": (Lineage(1.0, math.inf), SURVIVORS),
    "lineage 2 2, survivors": (Lineage(), SURVIVORS),
}

_BENCH: dict[str, Workbench] = {}


def bench() -> Workbench:
    """Return this process's model."""
    if not _BENCH:
        _BENCH["model"] = Workbench.load("embedded", 1)
    return _BENCH["model"]


def request_of(
    name: str, ids: tuple[TokenId, ...], steps: int, options: Namespace
) -> GenerationRequest:
    """Return a rule's run."""
    rule, readout = RULES[name]
    basis = ThresholdBasis(options.basis)
    return GenerationRequest(
        prompt_ids=ids,
        max_steps=steps,
        selection=Selection(ConstantThreshold(options.threshold), options.width, basis=basis),
        superposition=rule,
        readout=readout,
        barred=bench().end_tokens,
    )


def kl_of(number: int, options: Namespace) -> dict[str, list[float]] | None:
    """Return KL by depth of every rule on one opening; None beyond the budget."""
    opening = bench().openings(options.prompts, options.seed)[number]
    runs = {}
    for name in options.rules:
        recorder = ReadoutRecorder(bench().backend)
        request = request_of(name, opening.token_ids, options.depth + 1, options)
        steps = Generate(recorder, bench().tokenizer).run(request).lattice.steps
        sets = tuple(tuple(one.token_id for one in step.token_set.members) for step in steps[:-1])
        runs[name] = sets, recorder.readouts[1:]
    if max(math.prod(map(len, sets)) for sets, _ in runs.values()) > options.budget:
        return None
    plain = PlainPaths(bench(), opening.token_ids)
    found, known = {}, {}
    for name, (sets, readouts) in runs.items():
        plain.look_up(sets)
        row = []
        for depth, readout in enumerate(readouts, start=1):
            if sets[:depth] not in known:
                known[sets[:depth]] = plain.mixture(sets[:depth])
            row.append(divergence(known[sets[:depth]], readout))
        found[name] = row
    return found


def text_of(number: int, options: Namespace) -> dict[str, list[float]]:
    """Return the best text's log-probability per token and the mean width, by rule."""
    opening = bench().openings(options.prompts, options.seed)[number]
    found = {}
    for name in options.rules:
        request = request_of(name, opening.token_ids, options.steps, options)
        lattice = Generate(bench().backend, bench().tokenizer).run(request).lattice
        (best, *_) = NBest(bench().backend).run(lattice, 8)
        found[name] = [best.mean_log_probability, lattice.physical_tokens / len(lattice)]
    return found


def parsed() -> Namespace:
    """Read the command line."""
    parser = ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--measure", choices=["kl", "text"], required=True)
    parser.add_argument("--rules", nargs="+", default=list(RULES), choices=list(RULES))
    parser.add_argument("--prompts", type=int, default=200)
    parser.add_argument("--seed", type=int, default=2024)
    parser.add_argument("--threshold", type=float, default=0.1)
    parser.add_argument("--basis", choices=["total", "leader"], default="total")
    parser.add_argument("--width", type=int, default=5)
    parser.add_argument("--depth", type=int, default=6)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--budget", type=int, default=4000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def main() -> None:
    """Deal out the openings and print one row a rule."""
    options, start = parsed(), perf_counter()
    measure = kl_of if options.measure == "kl" else text_of
    with ProcessPoolExecutor(options.processes, get_context("spawn")) as pool:
        jobs = [pool.submit(measure, number, options) for number in range(options.prompts)]
        found = [job.result() for job in jobs]
    measured = [one for one in found if one is not None]
    print(f"python benchmarks/superposition_search.py {shlex.join(sys.argv[1:])}")
    print(f"{len(measured)} of {options.prompts} openings within the budget")
    if options.measure == "kl":
        heads = ["rule", *(f"KL {depth}" for depth in range(1, options.depth + 1))]
        heads += ["minus the first at the last depth, +- 1 s.e."]
    else:
        heads = ["rule", "log-probability/token", "width", "minus the first, +- 1 s.e."]
    last = -1 if options.measure == "kl" else 0
    reference = np.array([one[options.rules[0]][last] for one in measured])
    rows = []
    for name in options.rules:
        table = np.array([one[name] for one in measured])
        difference = table[:, last] - reference
        error = difference.std(ddof=1) / len(difference) ** 0.5
        figures = [f"{value:.4f}" for value in table.mean(axis=0)]
        rows.append([name, *figures, f"{difference.mean():+.4f} +- {error:.4f}"])
    print_table([heads, *rows])
    print(f"total time {perf_counter() - start:.0f} s")
    if options.json:
        options.json.write_text(json.dumps({"rules": options.rules, "openings": found}))


if __name__ == "__main__":
    main()
