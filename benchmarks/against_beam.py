"""Are the best texts of TEMPO's lattice as probable as those of beam search, and at what price?

Measured, on story openings: the log-probability per token of the text that each method returns,
and the wall time of the whole call (its median: other work on a machine only ever adds). TEMPO
decodes `--steps` steps, finds the `--count` best paths and rescores them; its text is the first.
transformers' own `generate` runs greedily and with beams. All texts have exactly `--steps` tokens,
so that length penalties and early stopping decide nothing; end tokens are barred on both sides.

All texts are scored alike, by transformers' plain forward over the whole sequence, nothing
barred. TEMPO's own rescoring of all its texts is held against that and may differ by rounding
only.

Methods take turns on each prompt in one process, each prompt starting with another method.
Intervals are 95 % bootstrap intervals over prompts; differences are paired.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, cast

import numpy as np
import torch
from workbench import (
    Workbench,
    add_shared_options,
    mean,
    print_header,
    print_progress,
    print_table,
    reached,
    write_json,
)

from tempo.application.decoding.generate import Generate
from tempo.application.decoding.request import GenerationRequest
from tempo.application.n_best import NBest
from tempo.domain.schedule import ConstantThreshold
from tempo.domain.selection import Selection, ThresholdBasis
from tempo.domain.superposition import Lineage, path_superposition

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from torch import Tensor
    from workbench import Estimate, Opening

    from tempo.domain.superposition import Superposition
    from tempo.domain.tokens import TokenId

REFERENCE = "beam 4"
LARGEST_SCORE_DIFFERENCE = 1e-3


@dataclass(frozen=True, slots=True)
class Found:
    """What a method made of one prompt.

    Attributes:
        texts: the continuations that it returns, best first.
        own_scores: its own log-probabilities of them, in nats; empty where it tells none.
        width: tokens or beams that it went on from, mean over the steps.
    """

    texts: tuple[tuple[int, ...], ...]
    own_scores: tuple[float, ...]
    width: float


@dataclass(frozen=True, slots=True)
class Measured:
    """One method on one prompt.

    Attributes:
        log_probability: of its text, in nats a token, by the plain forward.
        rescoring_error: largest difference of its own scores from the plain forward, in nats.
        width: as in `Found`.
        milliseconds: wall time of the whole call.
    """

    log_probability: float
    rescoring_error: float
    width: float
    milliseconds: float


def by_tempo(
    prompt: Sequence[TokenId],
    bench: Workbench,
    rule: Superposition,
    cut: tuple[float, ThresholdBasis],
    options: Namespace,
) -> Found:
    """Decode and return the best rescored texts of the lattice."""
    threshold, basis = cut
    request = GenerationRequest(
        prompt_ids=tuple(prompt),
        max_steps=options.steps,
        selection=Selection(ConstantThreshold(threshold), options.width, basis=basis),
        superposition=rule,
        barred=bench.end_tokens,
    )
    lattice = Generate(bench.backend, bench.tokenizer).run(request).lattice
    best = NBest(bench.backend).run(lattice, options.count)
    return Found(
        texts=tuple(one.token_ids for one in best),
        own_scores=tuple(one.log_probability for one in best),
        width=lattice.physical_tokens / len(lattice),
    )


def by_transformers(
    prompt: Sequence[TokenId], bench: Workbench, beams: int, options: Namespace
) -> Found:
    """Return the text of transformers' own greedy or beam search."""
    ids = torch.tensor([list(prompt)])
    generate = cast("Callable[..., Tensor]", bench.model.generate)
    texts = generate(
        ids,
        attention_mask=torch.ones_like(ids),
        num_beams=beams,
        do_sample=False,
        min_new_tokens=options.steps,
        max_new_tokens=options.steps,
        suppress_tokens=list(bench.end_tokens),
        pad_token_id=bench.end_tokens[0],
    )
    return Found((tuple(texts[0, len(prompt) :].tolist()),), (), float(beams))


def methods(bench: Workbench, options: Namespace) -> dict[str, Callable[..., Found]]:
    """Return everything that is compared, by the name that the table shows."""
    transformers = partial(by_transformers, bench=bench, options=options)
    tempo = partial(by_tempo, bench=bench, options=options)
    path, lineage = path_superposition(), Lineage()
    return {
        "greedy": partial(transformers, beams=1),
        REFERENCE: partial(transformers, beams=4),
        "beam 8": partial(transformers, beams=8),
        **{candidate(*cut): partial(tempo, rule=path, cut=cut) for cut in cuts(options)},
        f"lineage, threshold {options.threshold[0]}": partial(
            tempo, rule=lineage, cut=(options.threshold[0], ThresholdBasis.TOTAL)
        ),
    }


def cuts(options: Namespace) -> list[tuple[float, ThresholdBasis]]:
    """Return the thresholds that `path` is run at, each with what it is a share of.

    The leader's share is what the setting `threshold_basis` means under `path` by default.
    """
    total = [(threshold, ThresholdBasis.TOTAL) for threshold in options.threshold]
    return [(options.threshold[0], ThresholdBasis.LEADER), *total]


def candidate(threshold: float, basis: ThresholdBasis) -> str:
    """Return the name of a method that is held against the reference."""
    share = "" if basis is ThresholdBasis.LEADER else " of the total"
    return f"path, threshold {threshold}{share}"


def in_turns(
    opening: Opening, compared: Mapping[str, Callable[..., Found]], first: int
) -> dict[str, tuple[Found, float]]:
    """Run each method once, beginning with the one at `first`; return what it took, in ms."""
    names = list(compared)
    at = first % len(names)
    results = {}
    for name in names[at:] + names[:at]:
        start = perf_counter()
        found = compared[name](opening.token_ids)
        results[name] = (found, 1000.0 * (perf_counter() - start))
    return results


def measure(
    bench: Workbench, opening: Opening, found: Found, milliseconds: float, steps: int
) -> Measured:
    """Score a method's texts by the plain forward.

    Raises:
        ValueError: for a text that is shorter or longer than the others.
    """
    if any(len(text) != steps for text in found.texts):
        message = f"texts have {[len(text) for text in found.texts]} tokens, not {steps}"
        raise ValueError(message)
    scores = bench.plain_scores(opening.token_ids, found.texts)
    errors = [abs(own - score) for own, score in zip(found.own_scores, scores, strict=False)]
    return Measured(scores[0] / steps, max(errors, default=0.0), found.width, milliseconds)


def column(results: Sequence[Measured], attribute: str) -> list[float]:
    """Return one attribute of all prompts."""
    return [float(getattr(one, attribute)) for one in results]


def differences(results: Mapping[str, Sequence[Measured]], seed: int) -> dict[str, Estimate]:
    """Return each method's mean difference to the reference, paired by prompt."""
    reference = np.array(column(results[REFERENCE], "log_probability"))
    return {
        name: mean((np.array(column(row, "log_probability")) - reference).tolist(), seed)
        for name, row in results.items()
        if name != REFERENCE
    }


def print_results(
    results: Mapping[str, Sequence[Measured]], to_reference: Mapping[str, Estimate], seed: int
) -> None:
    """Print one line a method."""
    heads = ("method", "mean width", "log-probability/token", f"minus {REFERENCE}", "median ms")
    rows = [
        (
            name,
            f"{np.mean(column(row, 'width')):.2f}",
            mean(column(row, "log_probability"), seed).shown(4),
            "" if name == REFERENCE else to_reference[name].shown(4, sign="+"),
            f"{np.median(column(row, 'milliseconds')):.0f}",
        )
        for name, row in results.items()
    ]
    print_table([heads, *rows])


def print_verdicts(results: Mapping[str, Sequence[Measured]], options: Namespace) -> None:
    """Print whether `path` reaches beam 4, and whether our rescoring can be believed."""
    beam = float(np.mean(column(results[REFERENCE], "log_probability")))
    for cut in cuts(options):
        name = candidate(*cut)
        ours = float(np.mean(column(results[name], "log_probability")))
        sign = ">=" if ours >= beam else "<"
        print(
            f"{name}, best of {options.count}: {ours:.4f} {sign} {REFERENCE}: {beam:.4f} "
            f"(bar: at least as high): {reached(ours >= beam)}"
        )
    worst = max(max(column(row, "rescoring_error")) for row in results.values())
    print(
        f"our rescoring against the plain forward, largest difference: {worst:.1e} nats a text "
        f"(bar: at most {LARGEST_SCORE_DIFFERENCE:.0e}): "
        f"{reached(worst <= LARGEST_SCORE_DIFFERENCE)}"
    )


def parsed() -> Namespace:
    """Read the command line."""
    parser = ArgumentParser(description="Best texts against transformers' greedy and beam search.")
    add_shared_options(parser, prompts=64)
    parser.add_argument("--steps", type=int, default=90, help="tokens of every text")
    parser.add_argument(
        "--threshold",
        type=float,
        nargs="+",
        default=[0.05, 0.02],
        help="of the selection; `path` is run at each, `lineage` at the first",
    )
    parser.add_argument("--width", type=int, default=8, help="at most so many tokens a set")
    parser.add_argument("--count", type=int, default=8, help="texts that are rescored and ranked")
    return parser.parse_args()


def main() -> None:
    """Run all methods on all openings and print the table."""
    start = perf_counter()
    options = parsed()
    bench = Workbench.load(options.model, options.threads, options.backend)
    print_header(bench, options)
    compared = methods(bench, options)
    openings = bench.openings(options.prompts, options.seed)
    in_turns(openings[0], compared, first=0)  # warm: nothing is kept
    results: dict[str, list[Measured]] = {name: [] for name in compared}
    for number, opening in enumerate(openings):
        for name, (found, milliseconds) in in_turns(opening, compared, number).items():
            results[name].append(measure(bench, opening, found, milliseconds, options.steps))
        print_progress(number + 1, options.prompts)
    to_reference = differences(results, options.seed)
    print(
        f"texts of {options.steps} tokens, means over {len(openings)} openings with their 95 % "
        f"intervals; TEMPO at most {options.width} wide, best of {options.count} rescored"
    )
    print_results(results, to_reference, options.seed)
    print()
    print_verdicts(results, options)
    print(f"total time {perf_counter() - start:.0f} s")
    write_json(
        options,
        {
            f"minus {REFERENCE}": {name: one.as_json for name, one in to_reference.items()},
            "prompts": [opening.text for opening in openings],
            "methods": {
                name: {field: column(row, field) for field in Measured.__slots__}
                for name, row in results.items()
            },
        },
    )


if __name__ == "__main__":
    main()
