"""What does a step cost beside a greedy token of transformers, and what do shared passes gain?

Every round runs each method once on the same opening, one after another, so that what else the
machine does meets all of them alike; the first round is thrown away. Greedy is transformers' own
`generate` on a model of its own, untouched. A step is everything from the newest set to the next
one told: passes, readings, weights, lattice. Threshold 0 and a cap keep all steps as wide as the
cap; end tokens are barred on all sides.

Steps a second of many prompts at once are those of `engine.generate_many`, beside one prompt. The n
best texts of one run, rescored, are timed beside transformers' beam search of as many beams.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from functools import partial
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any, cast

import torch
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
from tempo.application.decoding.many import GenerateMany
from tempo.application.n_best import NBest
from tempo.application.settings.reading import build_request, read_settings
from tempo.infrastructure.batching.shared_passes import SharedPasses

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench import Opening

    from tempo.application.decoding.request import GenerationRequest

GREEDY = "transformers, greedy"
BACKENDS = ("transformers", "fused")
WIDTHS = (1, 4, 8)
LARGEST = {4: 0.75, 8: 0.95}
"""The largest share of a greedy token that a step of the fused decoder may cost, by width."""

BEAMS = 8
TEXT_STEPS = 60
LARGEST_N_BEST = 0.5
"""The largest share of a beam search that a run and its rescored texts may cost."""

LEAST_GAIN = 3.0
"""How many times the steps a second of one prompt many prompts at once have to give."""


def asked(bench: Workbench, opening: Opening, width: int, steps: int) -> GenerationRequest:
    """Return a run all of whose steps are as wide as the cap."""
    settings = read_settings({"selection_threshold": 0.0, "max_width": width, "max_steps": steps})
    return build_request(settings, opening.token_ids, bench.end_tokens)


def generating(bench: Workbench, opening: Opening, steps: int, **options: int) -> float:
    """Return milliseconds of transformers' own `generate`, in which no text ends."""
    prompt = torch.tensor([opening.token_ids])
    start = perf_counter()
    cast("Any", bench.model).generate(
        prompt,
        attention_mask=torch.ones_like(prompt),
        do_sample=False,
        max_new_tokens=steps,
        suppress_tokens=list(bench.end_tokens),
        eos_token_id=None,
        pad_token_id=0,
        **options,
    )
    return 1000.0 * (perf_counter() - start)


def greedy(bench: Workbench, opening: Opening, steps: int) -> float:
    """Return milliseconds a token of greedy decoding."""
    return generating(bench, opening, steps) / steps


def stepping(bench: Workbench, opening: Opening, width: int, steps: int) -> float:
    """Return milliseconds a step of a run."""
    start = perf_counter()
    Generate(bench.backend, bench.tokenizer).run(asked(bench, opening, width, steps))
    return 1000.0 * (perf_counter() - start) / steps


def rate(bench: Workbench, count: int, width: int, options: Namespace) -> float:
    """Return steps a second of some prompts at once."""
    openings = bench.openings(count, options.seed)
    requests = [asked(bench, opening, width, options.steps) for opening in openings]
    shared = SharedPasses(bench.backend)
    start = perf_counter()
    GenerateMany(shared, shared, bench.tokenizer).run(requests)
    return float(count * options.steps / (perf_counter() - start))


def beam_search(bench: Workbench, opening: Opening) -> float:
    """Return milliseconds of a beam search."""
    return generating(bench, opening, TEXT_STEPS, num_beams=BEAMS, num_return_sequences=BEAMS)


def n_best(bench: Workbench, opening: Opening) -> float:
    """Return milliseconds of a run and its best texts, each rescored."""
    settings = read_settings(
        {"selection_threshold": 0.05, "max_width": BEAMS, "max_steps": TEXT_STEPS}
    )
    request = build_request(settings, opening.token_ids, bench.end_tokens)
    start = perf_counter()
    outcome = Generate(bench.backend, bench.tokenizer).run(request)
    NBest(bench.backend).run(outcome.lattice, BEAMS)
    return 1000.0 * (perf_counter() - start)


def print_texts(found: dict[str, list[float]]) -> None:
    """Print what the n best texts cost beside a beam search, and the verdict."""
    share = median(found["n best"]) / median(found["beam search"])
    print(
        f"{BEAMS} best of {TEXT_STEPS} steps, rescored: {median(found['n best']):.0f} ms; beam "
        f"search of {BEAMS}: {median(found['beam search']):.0f} ms; {share:.2f} of it "
        f"(bar: at most {LARGEST_N_BEST}): {reached(share <= LARGEST_N_BEST)}"
    )


def rounds(methods: dict[str, Callable[[], float]], count: int) -> dict[str, list[float]]:
    """Run all methods in turns."""
    found: dict[str, list[float]] = {name: [] for name in methods}
    for number in range(count + 1):
        for name, method in methods.items():
            figure = method()
            if number:
                found[name].append(figure)
        print_progress(number + 1, count + 1)
    return found


def print_steps(found: dict[str, list[float]]) -> None:
    """Print medians, spreads and shares of a greedy token, and the verdicts."""
    token = median(found[GREEDY])
    print_table(
        [
            ("method", "median ms", "least", "most", "of a greedy token"),
            *(
                (
                    name,
                    f"{median(times):.2f}",
                    f"{min(times):.2f}",
                    f"{max(times):.2f}",
                    f"{median(times) / token:.2f}",
                )
                for name, times in found.items()
            ),
        ]
    )
    for width, bar in LARGEST.items():
        share = median(found[f"fused, width {width}"]) / token
        print(f"fused, width {width}: {share:.2f} of a greedy token (bar: at most {bar})", end="")
        print(f": {reached(share <= bar)}")


def parsed() -> Namespace:
    """Read the command line."""
    parser = ArgumentParser(description="Whole steps beside greedy tokens, and shared passes.")
    add_shared_options(parser, prompts=1)
    parser.add_argument("--steps", type=int, default=100, help="of every run")
    parser.add_argument("--rounds", type=int, default=7, help="of all methods")
    parser.add_argument("--many", type=int, default=32, help="prompts at once")
    return parser.parse_args()


def main() -> None:
    """Time steps, then shared passes."""
    options = parsed()
    untouched = Workbench.load(options.model, options.threads)
    benches = {
        backend: Workbench.load(options.model, options.threads, backend) for backend in BACKENDS
    }
    print_header(untouched, options)
    (opening,) = untouched.openings(1, options.seed)
    methods: dict[str, Callable[[], float]] = {
        GREEDY: partial(greedy, untouched, opening, options.steps)
    }
    for backend, bench in benches.items():
        for width in WIDTHS:
            method = partial(stepping, bench, opening, width, options.steps)
            methods[f"{backend}, width {width}"] = method
    found = rounds(methods, options.rounds)
    print_steps(found)
    print()
    fused = benches["fused"]
    texts = rounds(
        {
            "beam search": partial(beam_search, untouched, opening),
            "n best": partial(n_best, fused, opening),
        },
        options.rounds,
    )
    print_texts(texts)
    print()
    rates = {count: rate(fused, count, 4, options) for count in (1, options.many)}
    gain = rates[options.many] / rates[1]
    print(
        f"steps a second at width 4: one prompt {rates[1]:.0f}, {options.many} at once "
        f"{rates[options.many]:.0f}: {gain:.1f} times (bar: at least {LEAST_GAIN:.0f}): "
        f"{reached(gain >= LEAST_GAIN)}"
    )
    write_json(options, {"milliseconds": found, "texts": texts, "steps a second": rates})


if __name__ == "__main__":
    main()
