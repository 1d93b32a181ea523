"""What do many prompts cost on a 70B model? A plan on paper, from what was measured elsewhere.

Nothing is timed here: every figure follows from the constants below, each with where it comes from,
by the queue of service_queue.py, which service_queue_check.py holds against the real service. The
same command prints the same tables.
"""

from __future__ import annotations

import math
from argparse import ArgumentParser, Namespace
from dataclasses import dataclass, replace

import numpy as np
from service_queue import Costs, Load, Request, steady
from workbench import print_table

# Measured on one H100 with the parts that processes hold of a 70B-like model, bfloat16, collectives
# among one process (large_layers.txt): what is not among these is moving bytes and waiting.
PASSES = {
    2: ((4, 29.0e-3), (32, 30.6e-3), (128, 38.7e-3)),
    4: ((4, 16.2e-3), (32, 18.8e-3), (128, 24.2e-3)),
    8: ((4, 11.0e-3), (32, 14.0e-3), (128, 15.4e-3)),
}
"""Rows of all runs, after 512 tokens each, and seconds of their pass, by the GPUs that share it."""
PROMPTS = {2: 119e-3, 4: 93e-3, 8: 50e-3}
"""Seconds of a prompt of 512 tokens."""
MEASURED_ROWS = 516
"""Cache rows of each run in those passes."""
READ = 3.0e12
"""Bytes a second that a GPU reads."""
PASS_RUNS, PASS_ROWS = 32, 128
"""What one captured pass holds: more runs take several."""

# Measured on an H100, a Llama of 3.2 B parameters in bfloat16 (fused_step_log.md).
HOST_STEP = 1.0 / 2_576
"""Seconds of the processor for one run's step: 32 runs took 2,576 steps a second."""
GROUPS_FROM = 12
"""Runs from which on there are two groups that take turns."""

# Facts of the model: Llama 3.1 70B (its config.json), weights and cache in bfloat16.
PARAMETERS = 70.6e9
LAYERS, HIDDEN, KEY_HEADS, HEAD, VOCABULARY = 80, 8_192, 8, 128, 128_256
ROW_BYTES = 2 * LAYERS * KEY_HEADS * HEAD * 2

# Facts of the device, and what is assumed where nothing was measured.
MEMORY = 80e9
"""Bytes of an H100's memory."""
SPARE = 8e9
"""Assumed: bytes of each that neither weights nor cache may take."""
LINK = 300e9
"""Assumed: bytes a second that an all-reduce moves out of a GPU (NVLink's data sheet: 450e9)."""
COLLECTIVE = 15e-6
"""Assumed: seconds that an all-reduce takes however little it moves."""
ANSWER_ROWS = 16
"""Rows a step whose scores the best texts need: 835 to 1,116 for 60 steps (fused_step_log.md)."""
STORED = 8_000
"""Bytes of a served run's step on the store's disk, its answer included (store_rate.py)."""
LINE = 6_000
"""Assumed: bytes of a result with five best texts of 128 tokens, before Parquet shrinks it."""

HOURS = 3_600.0
MILLION = 1_000_000
PLACES = (1, 8, 32, 64, 128)
GPUS = (2, 4, 8)
REPLICA = 4


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked.

    Attributes:
        width: tokens of a step.
        prompt: tokens of a prompt.
        steps: of a run.
        answers: whether best texts are scored by the model once more.
    """

    width: int
    prompt: int
    steps: int
    answers: bool

    @property
    def request(self) -> Request:
        """The same for the queue."""
        rows = ANSWER_ROWS * self.steps if self.answers else 0
        return Request(self.steps, self.width, self.prompt, rows)

    @property
    def rows(self) -> int:
        """Cache rows of a run at its end, where nothing is pruned."""
        return self.prompt + self.width * self.steps


def pass_seconds(gpus: int, rows: float) -> float:
    """Return what one pass took, between the rows that were measured."""
    counts, seconds = zip(*PASSES[gpus], strict=True)
    return float(np.interp(rows, counts, seconds))


def moving_seconds(gpus: int, rows: float, passes: int) -> float:
    """Return what collectives add: fixed delays, and a ring's share of what is summed up."""
    return passes * (2 * LAYERS + 2) * COLLECTIVE + collective_bytes(gpus, rows) / LINK


def collective_bytes(gpus: int, rows: float) -> float:
    """Return the bytes that passes move out of each GPU: two sums a layer, one more, the logits."""
    share = (gpus - 1) / gpus * rows
    return 2.0 * share * (2 * LAYERS + 1) * HIDDEN * 2 + share * VOCABULARY * 4


def costs_of(plan: Plan, gpus: int) -> Costs:
    """Return what the service's work costs on so many GPUs that share each layer."""

    def shared_pass(runs: int, rows: float) -> float:
        passes = max(math.ceil(runs / PASS_RUNS), math.ceil(rows / PASS_ROWS), 1)
        longer = plan.prompt + plan.width * plan.steps / 2 - MEASURED_ROWS
        cache = runs * longer * ROW_BYTES / (gpus * READ)
        computed = passes * pass_seconds(gpus, rows / passes)
        return computed + cache + moving_seconds(gpus, rows, passes)

    def through(rows: int) -> float:
        if not rows:
            return 0.0
        computed = max(pass_seconds(gpus, rows), rows / 512 * PROMPTS[gpus])
        return computed + moving_seconds(gpus, rows, math.ceil(rows / 512))

    return Costs(shared_pass, HOST_STEP, through, through, groups_from=GROUPS_FROM)


def room(plan: Plan, gpus: int) -> int:
    """Return how many runs have room in the cache."""
    left = gpus * (MEMORY - SPARE) - 2.0 * PARAMETERS
    return max(0, math.floor(left / (plan.rows * ROW_BYTES)))


def narrowest(plan: Plan, costs: Costs, places: int) -> str:
    """Return what takes most of a round."""
    request, rows = plan.request, places * plan.width
    turns = 2 if places >= GROUPS_FROM else 1
    step = turns * costs.shared_pass(math.ceil(places / turns), rows / turns)
    parts = {
        "passes": step,
        "host": places * costs.host_step,
        "prompts": places * costs.prompt(request.prompt_tokens) / request.steps,
        "best texts": places * costs.answer(request.answer_rows) / request.steps,
    }
    return max(parts, key=lambda name: parts[name])


def print_throughput(plan: Plan) -> dict[int, tuple[int, Load]]:
    """Print a million prompts by GPUs and runs at once; return the cheapest of each."""
    head = (
        "GPUs", "runs", "ms a step", "in one group", "prompts/h", "GPU hours", "most goes to",
    )  # fmt: skip
    rows: list[tuple[str, ...]] = [head]
    best: dict[int, tuple[int, Load]] = {}
    for gpus in GPUS:
        costs = costs_of(plan, gpus)
        for places in PLACES:
            if places > room(plan, gpus):
                rows.append((str(gpus), str(places), "no room", "", "", "", "cache"))
                continue
            load = steady(costs, plan.request, places)
            if gpus not in best or load.rate > best[gpus][1].rate:
                best[gpus] = (places, load)
            step = load.stepping / len(load.runs)
            alone = replace(costs, groups_from=None).step(places, places * plan.width)
            hours = MILLION / load.rate / HOURS * gpus
            rows.append(
                (
                    str(gpus), str(places), f"{1e3 * step:.1f}", f"{1e3 * alone:.1f}",
                    f"{HOURS * load.rate:,.0f}",
                    f"{hours:,.0f}", narrowest(plan, costs, places),
                )
            )  # fmt: skip
    print_table(rows)
    return best


def print_saturation(plan: Plan, best: dict[int, tuple[int, Load]]) -> None:
    """Print where cache, network and store end, at the cheapest number of runs."""
    rows: list[tuple[str, ...]] = [
        (
            "GPUs",
            "runs",
            "room for",
            "cache GB",
            "link GB/s",
            "of a link",
            "steps/s",
            "store MB/s",
        )
    ]
    for gpus, (places, load) in best.items():
        request = plan.request
        step = load.stepping / len(load.runs)
        moved = collective_bytes(gpus, places * plan.width) / step
        steps = load.rate * request.steps
        rows.append(
            (
                str(gpus), str(places), str(room(plan, gpus)),
                f"{places * plan.rows * ROW_BYTES / 1e9:.0f}", f"{moved / 1e9:.1f}",
                f"{moved / LINK:.0%}", f"{steps:,.0f}", f"{steps * STORED / 1e6:.1f}",
            )
        )  # fmt: skip
    print_table(rows)


def print_magnitudes(plan: Plan, load: Load) -> None:
    """Print what each order of magnitude takes."""
    rows: list[tuple[str, ...]] = [
        ("prompts", "hours of one replica", "replicas for a day", "results GB", "served runs GB")
    ]
    for power in range(3, 9):
        count = 10**power
        hours = count / load.rate / HOURS
        rows.append(
            (
                f"{count:,}", f"{hours:,.2f}", f"{math.ceil(hours / 24.0):,}",
                f"{count * LINE / 1e9:,.2f}",
                f"{count * plan.steps * STORED / 1e9:,.1f}",
            )
        )  # fmt: skip
    print_table(rows)


def print_changes(plan: Plan, gpus: int) -> None:
    """Print what changes to the engine would be worth, at the number of runs that suits each."""
    costs = costs_of(plan, gpus)
    changes = {
        "as it is": costs,
        "the host takes 0.1 ms for a run's step": replace(costs, host_step=1e-4),
        "the same, and one group": replace(costs, host_step=1e-4, groups_from=None),
        "prompts computed before by another replica": replace(costs, prompt=lambda _tokens: 0.0),
        "the host and the prompts": replace(
            costs, host_step=1e-4, groups_from=None, prompt=lambda _tokens: 0.0
        ),
    }
    rows: list[tuple[str, ...]] = [("change", "runs", "prompts/h", "GPU hours", "of as it is")]
    first = 0.0
    for name, changed in changes.items():
        found = [(steady(changed, plan.request, places), places) for places in PLACES]
        load, places = max(found, key=lambda one: one[0].rate)
        hours = MILLION / load.rate / HOURS * gpus
        first = first or hours
        rows.append(
            (
                name,
                str(places),
                f"{HOURS * load.rate:,.0f}",
                f"{hours:,.0f}",
                f"{hours / first:.2f}",
            )
        )
    print_table(rows)


def parsed() -> Namespace:
    """Read the command line."""
    parser = ArgumentParser(description="What many prompts cost on a 70B model, on paper.")
    parser.add_argument("--width", type=int, default=4, help="tokens of a step")
    parser.add_argument("--prompt", type=int, default=512, help="tokens of a prompt")
    parser.add_argument("--steps", type=int, default=128, help="of a run")
    return parser.parse_args()


def main() -> None:
    """Print the plan."""
    options = parsed()
    print(
        f"width {options.width}, prompts of {options.prompt} tokens, runs of {options.steps} steps"
    )
    print(
        f"weights {2.0 * PARAMETERS / 1e9:.0f} GB; a cache row {ROW_BYTES:,} bytes; "
        f"the host {1e3 * HOST_STEP:.2f} ms for a run's step"
    )
    for answers in (False, True):
        plan = Plan(options.width, options.prompt, options.steps, answers)
        print()
        print(f"== a million prompts, {'five best texts scored' if answers else 'no best texts'}")
        best = print_throughput(plan)
        if not answers:
            print()
            print("== where cache, network and store end, with the cheapest number of runs")
            print_saturation(plan, best)
            print()
            print(f"== what changes would be worth, on {REPLICA} GPUs")
            print_changes(plan, REPLICA)
            print()
            print(f"== orders of magnitude, by replicas of {REPLICA} GPUs")
            print_magnitudes(plan, best[REPLICA][1])


if __name__ == "__main__":
    main()
