"""What does an engine with workers cost beside the work itself, and what do two workers gain?

Measured in one process: items of `--milliseconds` each, once as a sleep (an accelerator at work)
and once as a loop on one core (a processor at work), through this process alone, through Ray with
one worker and through Ray with two. Told are ratios: of Ray with one worker to the bare work, and
of one worker to two; and of Ray with one worker to this process alone, which also holds what the
processes of Ray take from the work itself. Times run from the first item's beginning to the last
one's end, per item, so that the start of workers is not in them; it is told beside.

The bar: with one worker, less than 10 % over the work at 100 ms an item.
"""

from __future__ import annotations

import time
from argparse import ArgumentParser
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from tempo.application.workers.attempts import Retries
from tempo.application.workers.local import LocalEngine
from tempo.application.workers.work import Finished, WorkItem
from tempo.infrastructure.scale_out.crew import Crew
from tempo.infrastructure.scale_out.ray_engine import ray_engine

if TYPE_CHECKING:
    from tempo.application.workers.engine import WorkEngine
    from tempo.application.workers.work import Plain

BAR = 0.10
SLEEP, LOOP = "sleeping", "computing"


@dataclass(frozen=True, slots=True)
class Chores:
    """Work of a known length: seconds of sleep, or turns of a loop."""

    def open(self) -> Chores:
        """Open nothing."""
        return self

    def do(self, payload: Plain) -> Plain:
        """Do it; return when it began and ended, by the machine's clock."""
        begun = time.time()
        time.sleep(payload["seconds"])
        total = 0
        for number in range(payload["turns"]):
            total += number & 7
        return {"begun": begun, "ended": time.time(), "total": total}


@dataclass(frozen=True, slots=True)
class Timed:
    """Seconds: until the first item began, of an item in its worker, of an item in all."""

    start: float
    inside: float
    all: float


def turns_for(seconds: float) -> int:
    """Return how many turns of the loop take so long here, the median of five tries."""
    probe = {"seconds": 0.0, "turns": 200_000}
    found = [Chores().do(probe) for _ in range(5)]
    once = median(one["ended"] - one["begun"] for one in found)
    return max(1, round(200_000 * seconds / float(once)))


def timed(engine: WorkEngine, payload: Plain, count: int) -> Timed:
    """Have so many items done, and time them."""
    items = [WorkItem(str(number), payload) for number in range(count)]
    start = time.time()
    found = [done.result for done in engine.run(Chores(), items) if isinstance(done, Finished)]
    first, last = min(one["begun"] for one in found), max(one["ended"] for one in found)
    inside = sum(one["ended"] - one["begun"] for one in found) / count
    return Timed(first - start, inside, (last - first) / count)


def main() -> None:
    """Measure and print."""
    parser = ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--milliseconds", type=float, default=100.0)
    parser.add_argument("--count", type=int, default=160, help="items of each round")
    parser.add_argument("--rounds", type=int, default=3, help="all of it, in turns; medians count")
    parser.add_argument("--address", default=None)
    told = parser.parse_args()
    seconds = told.milliseconds / 1000
    payloads = {
        SLEEP: {"seconds": seconds, "turns": 0},
        LOOP: {"seconds": 0.0, "turns": turns_for(seconds)},
    }
    columns = f"{'work':10} {'local':>8} {'ray, 1':>8} {'ray, 2':>8}"
    print(f"{columns} {'over the work':>14} {'over local':>11} {'two for one':>12} {'start':>6}")
    worst = 0.0
    for name, payload in payloads.items():
        rounds = [in_turn(payload, told.count, told.address) for _ in range(told.rounds)]
        over = median(one.all / one.inside - 1 for _, one, _ in rounds)
        beside = median(one.all / local.all - 1 for local, one, _ in rounds)
        gained = median(one.all / two.all for _, one, two in rounds)
        start = median(one.start for _, one, _ in rounds)
        worst = max(worst, over)
        medians = (median(each.all for each in column) for column in zip(*rounds, strict=True))
        times = " ".join(f"{1000 * each:5.1f} ms" for each in medians)
        print(f"{name:10} {times} {over:14.1%} {beside:11.1%} {gained:12.2f} {start:4.1f} s")
    print(f"{'within' if worst < BAR else 'OVER'} the bar of {BAR:.0%}: {worst:.1%} over the work")


def in_turn(payload: Plain, count: int, address: str | None) -> tuple[Timed, Timed, Timed]:
    """Time items in this process, by one worker and by two."""
    found = [timed(LocalEngine(), payload, count)]
    for workers in (1, 2):
        with ray_engine(address, Crew(workers=workers), Retries()) as engine:
            found.append(timed(engine, payload, count))
    local, one, two = found
    return local, one, two


if __name__ == "__main__":
    main()
