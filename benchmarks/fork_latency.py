"""How soon does a fork's first new step come, from a retained state and by a prefill?

On each prompt a run is decoded that leaves a state. Then it is forked at its middle, on the best
token that was not kept there: by a prefill of the prompt and the path, and from the state, which
is copied first. Both are timed from nothing to the first new step, in turns that change their
order, so that what else the machine does meets both alike. The pool, the service's queue and HTTP
are the same for both, and left out.

That both give the same is checked on every fork: the tokens of each step must be equal, and the
largest difference between their log-probabilities is printed.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from dataclasses import asdict, dataclass, replace
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
from workbench import (
    Workbench,
    add_shared_options,
    print_header,
    print_progress,
    print_table,
    ratio_of_means,
    write_json,
)

from tempo.application.decoding.generate import Generate, Generation
from tempo.application.decoding.retained import Forking
from tempo.application.settings.reading import build_request, read_settings
from tempo.domain.commitment import committed_chain
from tempo.domain.events import StepAppended

if TYPE_CHECKING:
    from tempo.application.decoding.request import GenerationRequest
    from tempo.application.decoding.retained import RetainedState
    from tempo.domain.tokens import TokenId

RULES = ("lineage", "path")
TOGETHER = 60
"""Openings that make one prompt."""


@dataclass(frozen=True, slots=True)
class Forked:
    """One fork, both ways; times in milliseconds.

    Attributes:
        state, prefill: the median time to the first new step.
        rows: cache rows that were there already.
        difference: the largest between log-probabilities, in nats.
    """

    state: float
    prefill: float
    rows: int
    difference: float


def prompts(bench: Workbench, options: Namespace) -> list[tuple[TokenId, ...]]:
    """Return prompts of a length, each of story openings one after another."""
    found = []
    for number in range(options.prompts):
        openings = bench.openings(TOGETHER, options.seed + number)
        words = [token for one in openings for token in one.token_ids]
        found.append(tuple(words[: options.length]))
    return found


def asked(
    bench: Workbench, prompt: tuple[TokenId, ...], rule: str, options: Namespace
) -> GenerationRequest:
    """Return the run that is forked, which never ends by itself."""
    settings = read_settings({"max_steps": options.steps, "superposition": rule})
    return replace(build_request(settings, prompt), barred=bench.end_tokens)


def first_step(generation: Generation, committed: int) -> None:
    """Decode until the first step that was not committed."""
    for event in generation.events():
        if isinstance(event, StepAppended) and event.step.step >= committed:
            return


def timed(
    make: Generate, request: GenerationRequest, state: RetainedState | None
) -> tuple[float, Generation, int]:
    """Return the milliseconds to the first new step, the run, and the rows it began with."""
    start = perf_counter()
    beginning = None if state is None else state.begin(request)
    rows = 0 if beginning is None else beginning.session.cache_rows
    generation = make.start(request, Forking(beginning))
    first_step(generation, len(request.committed))
    milliseconds = 1000.0 * (perf_counter() - start)
    generation.close()
    return milliseconds, generation, rows


def forked(bench: Workbench, request: GenerationRequest, options: Namespace) -> Forked:
    """Decode a run and fork it both ways."""
    make = Generate(bench.backend, bench.tokenizer)
    run = make.start(request, Forking())
    for _ in run.events():
        pass
    state, lattice = run.left, run.outcome().lattice
    if state is None:
        message = "the run left no state; there was no memory for it"
        raise SystemExit(message)
    step = lattice.steps[options.steps // 2]
    chain = committed_chain(lattice, step.step, step.others[0].token_id)
    fork = replace(request, committed=chain)
    times: dict[bool, list[float]] = {True: [], False: []}
    for turn in range(options.times + 1):
        for by_state in (turn % 2 == 0, turn % 2 == 1):
            taken, other, rows = timed(make, fork, state if by_state else None)
            if turn:  # the first is warm-up
                times[by_state].append(taken)
            if by_state:
                mine, held = other.outcome().lattice, rows
            else:
                anew = other.outcome().lattice
    pairs = list(zip(mine.steps, anew.steps, strict=True))
    for one, two in pairs:
        if [m.token_id for m in one.token_set.members] != [
            m.token_id for m in two.token_set.members
        ]:
            message = f"step {one.step} of a fork differs between the two ways"
            raise SystemExit(message)
    difference = max(float(np.abs(a.transitions - b.transitions).max()) for a, b in pairs)
    state.close()
    return Forked(median(times[True]), median(times[False]), held, difference)


def main() -> None:
    """Measure and print."""
    parser = ArgumentParser(description="Time to the first new step of a fork.")
    add_shared_options(parser, prompts=12)
    parser.add_argument("--length", type=int, default=400, help="tokens of a prompt")
    parser.add_argument("--steps", type=int, default=24, help="of the run that is forked")
    parser.add_argument("--times", type=int, default=5, help="how often each fork is timed")
    parser.set_defaults(backend="fused")
    options = parser.parse_args()
    bench = Workbench.load(options.model, options.threads, options.backend)
    print_header(bench, options)
    found: dict[str, list[Forked]] = {rule: [] for rule in RULES}
    for number, prompt in enumerate(prompts(bench, options)):
        for rule in RULES:
            found[rule].append(forked(bench, asked(bench, prompt, rule, options), options))
        print_progress(number + 1, options.prompts)
    length = options.length
    print(f"prompts of {length} tokens, forked at step {options.steps // 2} of {options.steps}")
    rows = [("superposition", "prefill ms", "state ms", "prefill/state", "rows reused", "largest")]
    for rule, forks in found.items():
        slow, fast = [one.prefill for one in forks], [one.state for one in forks]
        ratio = ratio_of_means(slow, fast, options.seed)
        rows.append(
            (
                rule,
                f"{median(slow):.1f}",
                f"{median(fast):.1f}",
                ratio.shown(2),
                f"{median(one.rows for one in forks):.0f}",
                f"{max(one.difference for one in forks):.1e}",
            )
        )
    print_table(rows)
    print("largest: difference between log-probabilities of the two ways, in nats")
    print("milliseconds are those of a machine that may do other things; the ratio is of one run")
    write_json(
        options, {"forks": {rule: list(map(asdict, forks)) for rule, forks in found.items()}}
    )


if __name__ == "__main__":
    main()
