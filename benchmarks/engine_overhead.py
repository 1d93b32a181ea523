"""How much of a step is spent outside the model's adapter?

Measured: the time of the domain and the use-case in `--steps` steps at threshold 0, where every
step is `--width` wide, as a share of engine and model time together (`Cost.milliseconds`). The
whole loop is timed as well, so that drawing the events and settling the text count too. Medians
over repetitions in one process, each on another story opening, after one that is thrown away.

Also counted: copies from the device to the host, which must be one a step.

`--profile` runs once more under cProfile and prints, for each function of the domain and the
application, what it and the library code it calls take. The profiler itself slows small
functions down: read these figures as shares.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections import deque
from cProfile import Profile
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import PurePath
from statistics import median
from time import perf_counter
from types import CodeType
from typing import TYPE_CHECKING
from unittest.mock import patch

from workbench import (
    Workbench,
    add_shared_options,
    print_header,
    print_table,
    reached,
    write_json,
)

from tempo.application.decoding.generate import Generate
from tempo.application.decoding.request import GenerationRequest
from tempo.domain.events import StepAppended
from tempo.domain.schedule import ConstantThreshold
from tempo.domain.selection import Selection
from tempo.infrastructure.reading import extraction

if TYPE_CHECKING:
    from _lsprof import profiler_entry
    from collections.abc import Iterator, Sequence

    import numpy as np
    import numpy.typing as npt
    from torch import Tensor
    from workbench import Opening

    from tempo.application.decoding.generate import Generation
    from tempo.domain.events import Event

LARGEST_SHARE = 0.05
ENGINE_LAYERS = ("domain", "application")
ADAPTER_LAYER = "infrastructure"
SHOWN_FUNCTIONS = 25


@dataclass(frozen=True, slots=True)
class Timing:
    """One run; all times in milliseconds a step.

    Attributes:
        model: forward passes and readings.
        engine: the domain and the use-case inside a step.
        loop: what drawing the events takes beyond both.
        width: tokens a step, mean.
        copies: copies to the host, a step.
    """

    model: float
    engine: float
    loop: float
    width: float
    copies: float

    @property
    def share(self) -> float:
        """Engine time over engine and model time."""
        return self.engine / (self.engine + self.model)

    @property
    def share_with_events(self) -> float:
        """Everything outside the adapter over the whole loop."""
        return (self.engine + self.loop) / (self.engine + self.loop + self.model)


@dataclass(frozen=True, slots=True)
class FunctionCost:
    """One function of the engine in a profile; times in microseconds a step.

    Attributes:
        name: module and function.
        calls: a step.
        own: its own code and the library code that it calls.
        cumulative: all that it calls, the adapter among it.
    """

    name: str
    calls: float
    own: float
    cumulative: float


class CopyCounter:
    """Stands where the adapter copies to the host, counts, and copies."""

    def __init__(self) -> None:
        """Start at none."""
        self.calls = 0
        self._copy = extraction.to_host

    def __call__(self, packed: Tensor) -> npt.NDArray[np.float64]:
        """Copy."""
        self.calls += 1
        return self._copy(packed)


def started(bench: Workbench, opening: Opening, options: Namespace) -> Generation:
    """Start a run whose steps are all `--width` wide."""
    request = GenerationRequest(
        prompt_ids=opening.token_ids,
        max_steps=options.steps,
        selection=Selection(ConstantThreshold(0.0), options.width),
        barred=bench.end_tokens,
    )
    return Generate(bench.backend, bench.tokenizer).start(request)


def draw_steps(events: Iterator[Event], steps: int) -> None:
    """Draw events until all steps are there; closing the run, later, makes its outcome."""
    appended = (event for event in events if isinstance(event, StepAppended))
    deque(islice(appended, steps), maxlen=0)


def timed(bench: Workbench, opening: Opening, options: Namespace) -> Timing:
    """Run once, counting copies to the host."""
    generation = started(bench, opening, options)
    events = generation.events()
    to_host = CopyCounter()
    with patch.object(extraction, "to_host", to_host):
        start = perf_counter()
        draw_steps(events, options.steps)
        wall = 1000.0 * (perf_counter() - start)
    generation.close()
    outcome = generation.outcome()
    spent = outcome.cost.milliseconds
    return Timing(
        model=spent["model"] / options.steps,
        engine=spent["engine"] / options.steps,
        loop=(wall - spent["model"] - spent["engine"]) / options.steps,
        width=outcome.lattice.physical_tokens / len(outcome.lattice),
        copies=to_host.calls / options.steps,
    )


def medians(timings: Sequence[Timing]) -> dict[str, float]:
    """Return the median of each figure over the repetitions."""
    names = (*Timing.__slots__, "share", "share_with_events")
    return {name: median(getattr(timing, name) for timing in timings) for name in names}


def print_timings(timings: Sequence[Timing]) -> None:
    """Print milliseconds a step and the verdict."""
    figures = medians(timings)
    shares = [timing.share for timing in timings]
    print_table(
        [
            ("ms a step", "median", "least", "most"),
            *(
                (
                    name,
                    f"{figures[name]:.3f}",
                    f"{min(getattr(one, name) for one in timings):.3f}",
                    f"{max(getattr(one, name) for one in timings):.3f}",
                )
                for name in ("model", "engine", "loop")
            ),
        ]
    )
    print(f"mean width {figures['width']:.2f}")
    print()
    print(
        f"engine / (engine + model): {figures['share']:.1%} "
        f"[{min(shares):.1%}, {max(shares):.1%}] (bar: at most {LARGEST_SHARE:.0%}): "
        f"{reached(figures['share'] <= LARGEST_SHARE)}"
    )
    print(f"with events and settled text: {figures['share_with_events']:.1%}")
    exactly_one = all(timing.copies == 1.0 for timing in timings)
    print(
        f"copies to the host a step: {figures['copies']:.3f} (bar: exactly 1): "
        f"{reached(exactly_one)}"
    )


def profiled(bench: Workbench, opening: Opening, options: Namespace) -> list[FunctionCost]:
    """Run once under the profiler; return the engine's functions, the dearest first."""
    events = started(bench, opening, options).events()
    profile = Profile()
    with profile:
        draw_steps(events, options.steps)
    costs = [_cost(entry, options.steps) for entry in profile.getstats() if _is_engine(entry.code)]
    return sorted(costs, key=lambda cost: -cost.own)


def _cost(entry: profiler_entry, steps: int) -> FunctionCost:
    """Return a function's time with that of what it calls outside engine and adapter."""
    library = sum(
        callee.totaltime
        for callee in entry.calls or ()
        if not _is_engine(callee.code) and not _is_adapter(callee.code)
    )
    return FunctionCost(
        name=_name(entry.code),
        calls=entry.callcount / steps,
        own=1e6 * (entry.inlinetime + library) / steps,
        cumulative=1e6 * entry.totaltime / steps,
    )


def _layer(code: CodeType | str) -> str:
    """Return the layer that a function belongs to; empty outside the package."""
    parts = PurePath(code.co_filename).parts if isinstance(code, CodeType) else ()
    return parts[parts.index("tempo") + 1] if "tempo" in parts else ""


def _is_engine(code: CodeType | str) -> bool:
    """Whether a function has a name in the engine; comprehensions count for who holds them."""
    named = isinstance(code, CodeType) and not code.co_name.startswith("<")
    return named and _layer(code) in ENGINE_LAYERS


def _is_adapter(code: CodeType | str) -> bool:
    """Whether a function is the adapter's, or a decorator of torch's around one."""
    if isinstance(code, str):
        return False
    return _layer(code) == ADAPTER_LAYER or "torch" in PurePath(code.co_filename).parts


def _name(code: CodeType | str) -> str:
    if isinstance(code, str):
        return code
    return f"{PurePath(code.co_filename).stem}: {code.co_qualname}"


def print_profile(costs: Sequence[FunctionCost]) -> None:
    """Print the dearest functions of the engine."""
    rows = [
        (cost.name, f"{cost.calls:.1f}", f"{cost.own:.0f}", f"{cost.cumulative:.0f}")
        for cost in costs[:SHOWN_FUNCTIONS]
    ]
    print_table([("function", "calls/step", "own us/step", "cumulative us/step"), *rows])
    print()


def parsed() -> Namespace:
    """Read the command line."""
    parser = ArgumentParser(description="Time of a step spent outside the model's adapter.")
    add_shared_options(parser, prompts=9)
    parser.add_argument("--steps", type=int, default=200, help="of every run")
    parser.add_argument("--width", type=int, default=8, help="of every step")
    parser.add_argument("--profile", action="store_true", help="print the engine's functions")
    return parser.parse_args()


def main() -> None:
    """Time one run an opening and print the table."""
    start = perf_counter()
    options = parsed()
    bench = Workbench.load(options.model, options.threads, options.backend)
    print_header(bench, options)
    openings = bench.openings(options.prompts, options.seed)
    timed(bench, openings[0], options)  # warm: nothing is kept
    timings = [timed(bench, opening, options) for opening in openings]
    print(f"{options.steps} steps on each of {len(openings)} openings, threshold 0")
    print_timings(timings)
    print()
    costs = profiled(bench, openings[0], options) if options.profile else []
    if costs:
        print_profile(costs)
    print(f"total time {perf_counter() - start:.0f} s")
    runs = [asdict(timing) for timing in timings]
    functions = [asdict(cost) for cost in costs]
    write_json(options, {"medians": medians(timings), "runs": runs, "functions": functions})


if __name__ == "__main__":
    main()
