"""Does the queue of service_queue.py foretell what the service does under load?

Costs come from runs alone: passes of 1 to 16 runs at widths 1 and 8, prompts and best texts in this
process, and the service's own part from one client and from four that ask for runs of two lengths.
From these the queue foretells the requests a second of several numbers of clients, which are then
put on the service itself. A machine that others share changes its pace within minutes: one run is
timed beside all that is measured, and what is foretold is told for the pace of the load.
"""

from __future__ import annotations

import asyncio
import json
import statistics
from argparse import ArgumentParser, Namespace
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING

import httpx
import numpy as np
from scipy.optimize import nnls
from service_queue import Costs, Request, simulated
from serving_load import SETTINGS, TEXTS, Asked, Document, round_of, service
from workbench import (
    Workbench,
    add_shared_options,
    print_header,
    print_table,
    reached,
    write_json,
)

import tempo
from tempo import Settings
from tempo.application.serving.service_settings import ServiceSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

FARTHEST = 0.25
"""How far the queue may be from the service, as a share of it."""
SHORT, LONG = 6, 22
RUNS = (1, 2, 4, 16)
WIDTHS = (1, 8)
ROUNDS = 3
CLIENTS = (1, 4, 16, 64)
SERVED = (4, 24)
"""Steps of the runs from which the service's own part of a step is taken."""
TOGETHER = 4
"""Clients from which is taken what of that part each run has of its own."""


def seconds(work: Callable[[], object]) -> float:
    """Time work once, after it was done once."""
    work()
    return least([work])[0]


def least(works: Sequence[Callable[[], object]], rounds: int = ROUNDS) -> list[float]:
    """Return the median seconds of each, in turns."""
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for times, work in zip(taken, works, strict=True):
            start = perf_counter()
            work()
            times.append(perf_counter() - start)
    return [statistics.median(times) for times in taken]


class Pace:
    """How fast this machine is from moment to moment, by one run that stays the same."""

    def __init__(self, engine: tempo.Engine, prompt: str) -> None:
        """Decode once, unmeasured."""
        self._work = partial(
            engine.generate, prompt, max_steps=LONG, min_steps=LONG, max_width=4,
            selection_threshold=0.0,
        )  # fmt: skip
        self._work()
        self.seen: list[float] = []

    def now(self) -> float:
        """Return the seconds of the run, and remember them."""
        self.seen += least([self._work])
        return self.seen[-1]


# Costs --------------------------------------------------------------------------------------------


def of_passes(engine: tempo.Engine, prompts: Sequence[str], pace: Pace) -> list[list[float]]:
    """Return runs, rows and seconds of a step, for runs and widths of all kinds."""
    points: list[list[float]] = []
    for runs in RUNS:
        for width in WIDTHS:
            asked = [prompts[number % len(prompts)] for number in range(runs)]
            works = [
                partial(
                    engine.generate_many,
                    asked,
                    max_steps=steps,
                    min_steps=steps,
                    max_width=width,
                    selection_threshold=0.0,
                )
                for steps in (SHORT, LONG)
            ]
            works[0]()
            pace.now()
            short, long = least(works)
            points.append([runs, runs * width, (long - short) / (LONG - SHORT)])
    return points


def fitted(points: Sequence[Sequence[float]]) -> tuple[tuple[float, float, float], float]:
    """Return what a pass costs once, for each run and for each row, and the largest misfit.

    Least squares of the relative misfit, and no cost below zero.
    """
    table = np.asarray(points)
    taken = table[:, 2]
    design = np.column_stack([np.ones(len(table)), table[:, 0], table[:, 1]]) / taken[:, None]
    found, _ = nnls(design, np.ones(len(table)))
    misfit = float(np.abs(design @ found - 1.0).max())
    return (float(found[0]), float(found[1]), float(found[2])), misfit


def of_answers(
    engine: tempo.Engine, bodies: Sequence[Document]
) -> tuple[float, float, list[Request]]:
    """Measure the best texts of each body; return their fit, and the requests themselves."""
    requests, taken = [], []
    for body in bodies:
        asked = {name: value for name, value in body.items() if name in _OF_SETTINGS}
        result = engine.generate(body["prompt"], **asked)
        tokens = result.lattice.prompt_ids
        passes = max(1, result.cost.passes - 1)
        rows = (result.cost.token_rows - len(tokens)) / passes
        members = sum(step.width for step in result.lattice.steps)
        requests.append(Request(passes, rows, len(tokens), members))
        taken.append(seconds(partial(result.n_best, TEXTS)))
    sizes = np.asarray([one.answer_rows for one in requests], float)
    design = np.column_stack([np.ones(len(sizes)), sizes])
    (once, each), _ = nnls(design, np.asarray(taken))
    return float(once), float(each), requests


_OF_SETTINGS = frozenset().union(*SETTINGS)


def of_prompts(engine: tempo.Engine, prompts: Sequence[str]) -> tuple[float, float]:
    """Measure runs of one step; return what a run costs besides steps: once, and each token."""
    lengths, taken = [], []
    for prompt in (*prompts, *(" ".join([one] * 6) for one in prompts)):
        work = partial(engine.generate, prompt, max_steps=1, max_width=1)
        work()
        lengths.append(len(work().lattice.prompt_ids))
        taken.append(least([work])[0])
    design = np.column_stack([np.ones(len(lengths)), np.asarray(lengths, float)])
    (once, each), _ = nnls(design, np.asarray(taken))
    return float(once), float(each)


# The service --------------------------------------------------------------------------------------


async def put(address: str, bodies: Sequence[Document], clients: int) -> float:
    """Let so many clients send the bodies; return the seconds until all are answered."""
    asked = [Asked(number, json.dumps(body).encode()) for number, body in enumerate(bodies)]
    limits = httpx.Limits(max_connections=None)
    headers = {"Content-Type": "application/json"}
    async with httpx.AsyncClient(
        base_url=address, timeout=300, limits=limits, headers=headers
    ) as client:
        start = perf_counter()
        answers = await round_of(client, asked, clients)
        taken = perf_counter() - start
    refused = [one.status for one in answers if one.status != 200]
    if refused:
        message = f"the service answered {refused[0]} to {len(refused)} of {len(asked)} requests"
        raise SystemExit(message)
    return taken


def load(address: str, bodies: Sequence[Document], clients: int, pace: Pace) -> tuple[float, float]:
    """Put a load on the service; return requests a second and the pace, medians of the rounds."""
    times, paces = [], [pace.now()]
    for _ in range(ROUNDS):
        times.append(asyncio.run(put(address, bodies, clients)))
        paces.append(pace.now())
    return len(bodies) / statistics.median(times), statistics.median(paces)


def added(
    address: str, engine: tempo.Engine, prompts: Sequence[str], clients: int
) -> tuple[float, float]:
    """Return what it adds to a run for each client, all together, and to each of their steps."""
    batches = [prompts[first : first + clients] for first in range(0, len(prompts), clients)]
    found = []
    for steps in SERVED:
        settings = Settings(max_steps=steps, min_steps=steps, max_width=4, selection_threshold=0.0)
        asked = {"n_best": 0, "show_token_ids": True, **settings.as_mapping()}

        def put_all(asked: Document = asked) -> None:
            for batch in batches:
                asyncio.run(put(address, [{"prompt": one, **asked} for one in batch], clients))

        def decode_all(settings: Settings = settings) -> None:
            for batch in batches:
                engine.generate_many(batch, settings=settings)

        put_all()
        decode_all()
        served, alone = least([put_all, decode_all])
        found.append((served - alone) / len(batches))
    step = max(0.0, (found[1] - found[0]) / (SERVED[1] - SERVED[0]))
    return max(0.0, found[0] - SERVED[0] * step), step


def own_part(
    address: str, engine: tempo.Engine, prompts: Sequence[str]
) -> tuple[float, float, float]:
    """Return what the service adds to a request, to each step, and to each run of a step."""
    request, alone = added(address, engine, prompts, 1)
    _, together = added(address, engine, prompts[: len(prompts) // TOGETHER * TOGETHER], TOGETHER)
    each = min(alone, max(0.0, (together - alone) / (TOGETHER - 1)))
    return request, alone - each, each


# Report -------------------------------------------------------------------------------------------


def compared(
    address: str,
    costs: Costs,
    requests: Sequence[Request],
    bodies: Sequence[Document],
    pace: Pace,
) -> list[Document]:
    """Foretell and put each load; print both."""
    usual = statistics.median(pace.seen)
    places = ServiceSettings().max_concurrent_runs
    rows = [
        (
            "best texts",
            "clients",
            "pace",
            "foretold",
            "measured",
            "of it",
            "runs a pass",
            "slowest 5 %",
        )
    ]
    found: list[Document] = []
    for texts in (0, TEXTS):
        asked = [{**body, "n_best": texts} for body in bodies]
        known = [
            one if texts else Request(one.steps, one.rows, one.prompt_tokens) for one in requests
        ]
        for clients in CLIENTS:
            told = simulated(costs, known, clients, places)
            rate, seconds_now = load(address, asked, clients, pace)
            slower = seconds_now / usual
            foretold = told.rate / slower
            found.append(
                {"texts": texts, "clients": clients, "foretold": foretold, "measured": rate}
            )
            rows.append(
                (
                    str(texts), str(clients), f"{slower:.2f}", f"{foretold:.1f}", f"{rate:.1f}",
                    f"{foretold / rate:.2f}", f"{told.company:.1f}",
                    f"{slower * told.wait(95):.2f} s",
                )
            )  # fmt: skip
    print_table(rows)
    return found


def parsed() -> Namespace:
    """Read the command line."""
    parser = ArgumentParser(description="What the queue foretells, beside the service.")
    add_shared_options(parser, prompts=8)
    parser.set_defaults(backend="auto")
    parser.add_argument("--repeats", type=int, default=4, help="of each body in a load")
    return parser.parse_args()


def main() -> None:
    """Measure, foretell and print."""
    start = perf_counter()
    options = parsed()
    bench = Workbench.load(options.model, options.threads, options.backend)
    print_header(bench, options)
    engine = tempo.load(options.model, backend=options.backend, check=False)
    prompts = [opening.text for opening in bench.openings(options.prompts, options.seed)]
    bodies = [
        {"prompt": prompt, **settings, "show_token_ids": True}
        for _ in range(options.repeats)
        for prompt in prompts
        for settings in SETTINGS
    ]
    pace = Pace(engine, prompts[0])
    points = of_passes(engine, prompts, pace)
    (once, each_run, each_row), misfit = fitted(points)
    print_table(
        [("runs", "rows", "ms a step", "fitted")]
        + [
            (
                f"{runs:.0f}", f"{rows:.0f}", f"{1e3 * taken:.2f}",
                f"{1e3 * (once + each_run * runs + each_row * rows):.2f}",
            )
            for runs, rows, taken in points
        ]
    )  # fmt: skip
    print(
        f"a step: {1e3 * once:.2f} ms, {1e3 * each_run:.2f} for each run, "
        f"{1e3 * each_row:.3f} for each row; at most {misfit:.0%} beside what was measured"
    )
    pace.now()
    prompt_once, prompt_each = of_prompts(engine, prompts)
    pace.now()
    answer_once, answer_each, requests = of_answers(
        engine, bodies[: len(bodies) // options.repeats]
    )
    with service(options) as address:
        pace.now()
        request, step, run = own_part(address, engine, prompts)
        pace.now()
        print(
            f"a run besides: {1e3 * prompt_once:.1f} ms and {1e3 * prompt_each:.2f} for each token "
            f"of its prompt; best texts {1e3 * answer_once:.1f} ms and {1e3 * answer_each:.2f} for "
            f"each token of its lattice; the service {1e3 * request:.1f} ms, {1e3 * step:.2f} a "
            f"step and {1e3 * run:.2f} for each run of it"
        )
        print()
        costs = Costs(
            shared_pass=lambda runs, rows: once + each_run * runs + each_row * rows,
            host_step=run,
            host_pass=step,
            prompt=lambda tokens: prompt_once + prompt_each * tokens,
            answer=lambda size: answer_once + answer_each * size if size else 0.0,
            request=request,
        )
        found = compared(address, costs, requests * options.repeats, bodies, pace)
    farthest = max(abs(one["foretold"] / one["measured"] - 1.0) for one in found)
    print(
        f"farthest from the service: {farthest:.0%} (bar: at most {FARTHEST:.0%}): "
        f"{reached(farthest <= FARTHEST)}"
    )
    print(f"total time {perf_counter() - start:.0f} s")
    write_json(options, {"points": points, "loads": found})


if __name__ == "__main__":
    main()
