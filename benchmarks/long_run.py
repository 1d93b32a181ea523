"""Does a step's price stay flat over thousands of steps, outside attention?

A small model with random weights, steps of four candidates, nothing ends: the model's share grows
with the cache, and everything else should not.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from statistics import median
from typing import TYPE_CHECKING

import torch
from workbench import print_table, reached, versions

import tempo
from tempo.application.settings.reading import build_request, read_settings
from tempo.application.studies.speed.methods import Steps

if TYPE_CHECKING:
    from tempo.application.studies.speed.methods import Timing

LARGEST_GROWTH = 1.25
"""How many times of an early step's price a late step may take outside the model."""


def parsed() -> Namespace:
    """Read the command line."""
    parser = ArgumentParser(description="Thousands of steps of one run.")
    parser.add_argument("--steps", type=int, default=4_000)
    parser.add_argument("--width", type=int, default=4)
    parser.add_argument("--parts", type=int, default=8, help="parts of the run that are compared")
    parser.add_argument("--threads", type=int, default=2)
    return parser.parse_args()


def main() -> None:
    """Decode one long run and compare its parts."""
    options = parsed()
    torch.set_num_threads(options.threads)
    engine = tempo.load(random_weights="llama")
    backend, tokenizer = engine.container.backend(), engine.container.tokenizer()
    settings = read_settings({
        "selection_threshold": 0.0, "max_width": options.width, "max_steps": options.steps,
    })  # fmt: skip
    prompt = tokenizer.encode("Once upon a time")
    run = Steps(backend, tokenizer, build_request(settings, prompt, tuple(tokenizer.end_tokens)))
    run.begin(prompt)
    size = options.steps // options.parts
    ten = max(1, size // 10)
    parts: list[list[Timing]] = [
        [run.time(ten) for _ in range(size // ten)] for _ in range(options.parts)
    ]
    rows: list[tuple[str, ...]] = [("steps", "model ms", "extraction ms", "domain ms")]
    outside: list[float] = []
    for number, part in enumerate(parts):
        model, extraction, domain = (
            median(getattr(one, name) for one in part) for name in ("model", "extraction", "domain")
        )
        outside.append(extraction + domain)
        first = number * size
        label = f"{first:,} to {first + size:,}"
        rows.append((label, f"{model:.3f}", f"{extraction:.3f}", f"{domain:.3f}"))
    print(f"python benchmarks/long_run.py --steps {options.steps} --width {options.width}")
    print(f"model random llama, {backend.description.dtype}, threads {options.threads}")
    print(", ".join(f"{name} {version}" for name, version in versions().items()))
    print()
    print_table(rows)
    growth = outside[-1] / outside[0]
    print(
        f"outside the model a late step takes {growth:.2f} of an early one "
        f"(bar: at most {LARGEST_GROWTH}): {reached(growth <= LARGEST_GROWTH)}"
    )


if __name__ == "__main__":
    main()
