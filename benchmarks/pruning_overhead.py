"""What does retroactive pruning cost a step, and which rows does it free?

Every run keeps `--width` candidates a step at threshold 0: the cap alone decides, so that a step
from which pruning took candidates is filled up again by the next, and about as many rows are fed
with pruning as without. How many were fed is printed. On each opening the runs of all rules go on
together, a step of each in turns, so that what else the machine does meets all of them alike; the
first opening is run once more before, and thrown away.

Measured in two ways, each as a share of a step without pruning:

- whole steps: the wall time until the next step is told, with a rule less without, step by step;
  the mean over a run leaves out the twentieth at either end;
- the meter's: the phase in which earlier steps are judged and redone, and what the model's phase
  takes longer, where attention is captured.

`attention, nothing falls` captures and adds up all the same, and lets everything stay: exactly the
sets of the run without pruning, so that nothing but the listening is in its figures.

Rows are those of the output in the cache after each step, the prompt's left out.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from dataclasses import asdict, dataclass, replace
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

from scipy.stats import trim_mean
from workbench import (
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
from tempo.application.settings.reading import build_request, read_settings
from tempo.domain.events import CandidatesPruned, StepAppended
from tempo.domain.pruning.attention import AttentionPruning
from tempo.domain.pruning.posterior import PosteriorPruning
from tempo.domain.pruning.retroactive import RetroactivePruning
from tempo.domain.schedule import ConstantThreshold

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench import Estimate, Opening

    from tempo.application.decoding.request import GenerationRequest
    from tempo.domain.events import Event

NONE, POSTERIOR, ATTENTION = "none", "posterior", "attention"
LISTENING = "attention, nothing falls"

RULES: Mapping[str, RetroactivePruning | None] = {
    NONE: None,
    POSTERIOR: RetroactivePruning(PosteriorPruning()),
    ATTENTION: RetroactivePruning(AttentionPruning()),
    LISTENING: RetroactivePruning(AttentionPruning(absolute=ConstantThreshold(0.0), relative=None)),
}
"""Each rule with its defaults."""

PRUNING = (NONE, POSTERIOR, ATTENTION)

LARGEST = {POSTERIOR: 0.03, ATTENTION: 0.10, LISTENING: 0.10}
"""The largest share of a step that each may cost."""

SUPERPOSITIONS = ("lineage", "path", "uniform")
TRIMMED = 0.05
"""Share of a run's steps that is left out of means at either end: what else the machine did."""

SHOWN_STEPS = (16, 32, 64, 128, 256)


@dataclass(frozen=True, slots=True)
class Run:
    """One run; times in milliseconds a step.

    Attributes:
        step: wall time of a step, its events drawn.
        longer: the same less that of the run without pruning, step by step.
        model: passes and readings, attention received among them.
        pruning: judging and redoing.
        width: tokens fed a pass.
        rows: after each step, the output's rows in the cache.
        freed: rows that left by pruning.
        pruned: candidates that left.
        exact: whether the rows fell by what was freed at every pruning, and by nothing else.
    """

    step: float
    longer: float
    model: float
    pruning: float
    width: float
    rows: tuple[int, ...]
    freed: int
    pruned: int
    exact: bool


def asked(bench: Workbench, opening: Opening, rule: str, options: Namespace) -> GenerationRequest:
    """Return a run all of whose steps are `--width` wide, under a rule."""
    settings = read_settings(
        {
            "selection_threshold": 0.0,
            "max_width": options.width,
            "max_steps": options.steps,
            "superposition": options.superposition,
        }
    )
    request = build_request(settings, opening.token_ids, bench.end_tokens)
    return replace(request, retroactive=RULES[rule])


class Stepping:
    """A run that is drawn step by step."""

    def __init__(self, bench: Workbench, request: GenerationRequest) -> None:
        """Open the run."""
        self._generation = Generate(bench.backend, bench.tokenizer).start(request)
        self._events = self._generation.events()
        self._request = request
        self.times: list[float] = []
        self.rows: list[int] = []
        self._exact = True

    def step(self) -> None:
        """Go on to the next step; what was pruned of earlier ones is told after it."""
        start = perf_counter()
        for event in self._events:
            if isinstance(event, StepAppended):
                self.times.append(1000.0 * (perf_counter() - start))
                self.rows.append(event.cache_rows)
                return
            self._take(event)

    def _take(self, event: Event) -> None:
        if isinstance(event, CandidatesPruned):
            self._exact = self._exact and event.cache_rows == self.rows[-1] - event.released
            self.rows[-1] = event.cache_rows

    def ended(self, plain: Sequence[float]) -> Run:
        """Draw the last events and sum up, beside the steps of the run without pruning."""
        for event in self._events:
            self._take(event)
        outcome, steps = self._generation.outcome(), self._request.max_steps
        cost, tally, prompt = outcome.cost, outcome.pruning, len(self._request.prompt_ids)
        longer = [time - other for time, other in zip(self.times, plain, strict=True)]
        return Run(
            step=float(trim_mean(self.times, TRIMMED)),
            longer=float(trim_mean(longer, TRIMMED)),
            model=cost.milliseconds["model"] / steps,
            pruning=cost.milliseconds.get("pruning", 0.0) / steps,
            width=(cost.token_rows - prompt) / (cost.passes - 1),
            rows=tuple(count - prompt for count in self.rows),
            freed=tally.rows_freed,
            pruned=sum(tally.pruned.values()) + tally.descendants,
            exact=self._exact,
        )


def side_by_side(
    bench: Workbench, opening: Opening, rules: Sequence[str], options: Namespace
) -> dict[str, Run]:
    """Run all rules on an opening together, each step beginning with another rule."""
    runs = {rule: Stepping(bench, asked(bench, opening, rule, options)) for rule in rules}
    for step in range(options.steps):
        turn = step % len(rules)
        for rule in (*rules[turn:], *rules[:turn]):
            runs[rule].step()
    plain = runs[NONE].times
    return {rule: run.ended(plain) for rule, run in runs.items()}


def all_runs(bench: Workbench, rules: Sequence[str], options: Namespace) -> dict[str, list[Run]]:
    """Run every rule on every opening."""
    openings = bench.openings(options.prompts, options.seed)
    side_by_side(bench, openings[0], rules, options)  # warm: nothing is kept
    found: dict[str, list[Run]] = {rule: [] for rule in rules}
    for number, opening in enumerate(openings):
        for rule, run in side_by_side(bench, opening, rules, options).items():
            found[rule].append(run)
        print_progress(number + 1, len(openings))
    return found


# Time --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Overhead:
    """What a rule costs, as a share of a step without pruning.

    Attributes:
        whole: by the wall time of whole steps.
        metered: by the meter: judging, redoing, and what the model's phase takes longer.
        judging: the part of it in which earlier steps are judged and redone.
    """

    whole: Estimate
    metered: Estimate
    judging: Estimate


def overhead(runs: Mapping[str, Sequence[Run]], rule: str, seed: int) -> Overhead:
    """Estimate a rule's overhead over the openings, in pairs."""
    plain, with_rule = runs[NONE], runs[rule]
    steps = [run.step for run in plain]
    extra = [
        run.pruning + (run.model - rival.model if captures(rule) else 0.0)
        for run, rival in zip(with_rule, plain, strict=True)
    ]
    return Overhead(
        whole=ratio_of_means([run.longer for run in with_rule], steps, seed),
        metered=ratio_of_means(extra, steps, seed),
        judging=ratio_of_means([run.pruning for run in with_rule], steps, seed),
    )


def captures(rule: str) -> bool:
    """Whether a rule asks for attention."""
    pruning = RULES[rule]
    return pruning is not None and bool(pruning.rule.capture.received)


def print_times(runs: Mapping[str, Sequence[Run]]) -> None:
    """Print medians over the openings."""
    print_table(
        [
            ("rule", "step ms", "model ms", "pruning ms", "rows fed", "candidates gone"),
            *(
                (
                    rule,
                    f"{median(run.step for run in found):.3f}",
                    f"{median(run.model for run in found):.3f}",
                    f"{median(run.pruning for run in found):.3f}",
                    f"{median(run.width for run in found):.3f}",
                    f"{median(run.pruned for run in found):.0f}",
                )
                for rule, found in runs.items()
            ),
        ]
    )


def print_overheads(runs: Mapping[str, Sequence[Run]], seed: int) -> dict[str, Overhead]:
    """Print shares of a step without pruning, and the verdicts."""
    found = {rule: overhead(runs, rule, seed) for rule in LARGEST}
    for rule, cost in found.items():
        bar = LARGEST[rule]
        print(
            f"{rule}: by the meter {shown(cost.metered)} of a step, judging alone "
            f"{shown(cost.judging)} (bar: at most {bar:.0%}): {reached(cost.metered.value <= bar)}"
        )
        print(
            f"{rule}: by whole steps {shown(cost.whole)} (bar: at most {bar:.0%}): "
            f"{reached(cost.whole.value <= bar)}"
        )
    return found


def shown(share: Estimate) -> str:
    """Return a share in per cent with its interval."""
    return f"{share.value:.1%} [{share.low:.1%}, {share.high:.1%}]"


# Rows --------------------------------------------------------------------------------------------


def print_rows(runs: Mapping[str, Sequence[Run]], superposition: str, seed: int) -> None:
    """Print the rows after some steps, and what pruning freed beyond release."""
    steps = [step for step in SHOWN_STEPS if step <= len(runs[NONE][0].rows)]
    print(f"rows of the output under {superposition}, mean over openings, after step")
    rows = [("rule", *map(str, steps), "mean", "minus none", "freed by pruning")]
    for rule in PRUNING:
        found = runs[rule]
        means = [sum(run.rows) / len(run.rows) for run in found]
        plain = [sum(run.rows) / len(run.rows) for run in runs[NONE]]
        fewer = [one - other for one, other in zip(means, plain, strict=True)]
        rows.append(
            (
                rule,
                *(f"{sum(run.rows[step - 1] for run in found) / len(found):.1f}" for step in steps),
                f"{sum(means) / len(means):.1f}",
                "" if rule == NONE else mean(fewer, seed).shown(1, "+"),
                f"{sum(run.freed for run in found) / len(found):.1f}",
            )
        )
    print_table(rows)
    exact = all(run.exact for found in runs.values() for run in found)
    print(f"live rows fall by the evicted ones at every pruning: {reached(exact)}")
    print()


def parsed() -> Namespace:
    """Read the command line."""
    parser = ArgumentParser(description="What retroactive pruning costs and frees.")
    add_shared_options(parser, prompts=12)
    parser.add_argument("--steps", type=int, default=256, help="of every run")
    parser.add_argument("--width", type=int, default=4, help="of every step")
    return parser.parse_args()


def main() -> None:
    """Time the default superposition, then count rows under three."""
    start = perf_counter()
    options = parsed()
    bench = Workbench.load(options.model, options.threads, options.backend)
    print_header(bench, options)
    results: dict[str, object] = {}
    for superposition in SUPERPOSITIONS:
        options.superposition = superposition
        timing = superposition == SUPERPOSITIONS[0]
        runs = all_runs(bench, tuple(RULES) if timing else PRUNING, options)
        if timing:
            print(f"{options.steps} steps on each of {options.prompts} openings, threshold 0")
            print_times(runs)
            print()
            costs = print_overheads(runs, options.seed)
            print()
            results["overhead"] = {rule: asdict(cost) for rule, cost in costs.items()}
        print_rows(runs, superposition, options.seed)
        results[superposition] = {rule: list(map(asdict, found)) for rule, found in runs.items()}
    print(f"total time {perf_counter() - start:.0f} s")
    write_json(options, results)


if __name__ == "__main__":
    main()
