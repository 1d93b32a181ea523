"""What every benchmark stands on: the model under test, its prompts, intervals and the report."""

from __future__ import annotations

import json
import platform
import random
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import scipy
import torch
import transformers
from scipy.stats import bootstrap

from tempo.infrastructure.container import EMBEDDED, Container, story_openings

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable, Mapping, Sequence

    import numpy.typing as npt
    from torch import Tensor
    from transformers import PreTrainedModel

    from tempo.domain.ports.model_backend import ModelBackend
    from tempo.domain.ports.tokenizer import Tokenizer
    from tempo.domain.proposal import FloatArray
    from tempo.domain.tokens import TokenId

RESAMPLES = 9_999
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Opening:
    """A story opening, as text and as the tokens that every method starts from."""

    text: str
    token_ids: tuple[TokenId, ...]


@dataclass(frozen=True, slots=True)
class Workbench:
    """One loaded model, twice accessible: through our adapter, and plainly as transformers' own.

    Attributes:
        name: what the user asked for.
        model: the transformers model; the measuring side calls nothing but this.
        backend: our adapter over the very same weights; the measured side.
        tokenizer: the tokenizer behind our port.
    """

    name: str
    model: PreTrainedModel
    backend: ModelBackend
    tokenizer: Tokenizer

    @classmethod
    def load(cls, name: str, threads: int, backend: str = "transformers") -> Workbench:
        """Load a model by folder, hub id or `embedded`, in float32 on the processor's cores."""
        torch.set_num_threads(threads)
        container = Container()
        container.config.from_dict(
            {"model": name, "device": "cpu", "dtype": "float32", "backend": backend}
        )
        return cls(name, container.model(), container.backend(), container.tokenizer())

    @property
    def end_tokens(self) -> tuple[TokenId, ...]:
        """The tokens that end a text, which every method of a benchmark is barred from."""
        return tuple(sorted(self.tokenizer.end_tokens))

    def openings(self, count: int, seed: int) -> tuple[Opening, ...]:
        """Draw different story openings at random, as tokens."""
        drawn = random.Random(seed).sample(story_openings(), count)
        return tuple(Opening(text, self.tokenizer.encode(text)) for text in drawn)

    @torch.no_grad()
    def plain_logits(self, sequences: Sequence[Sequence[int]], keep: int) -> Tensor:
        """Return [sequence, keep, vocab] the logits of each sequence's last `keep` tokens.

        One forward of transformers over whole sequences of one length: no cache, no mask and no
        position ids are handed over, and none of our code runs.
        """
        logits: Tensor = self.model(
            input_ids=torch.tensor(sequences), use_cache=False, logits_to_keep=keep
        ).logits
        return logits.float()

    def plain_scores(
        self, prompt: Sequence[int], continuations: Sequence[Sequence[int]]
    ) -> list[float]:
        """Return the log-probability in nats of continuations of one length, nothing barred."""
        length = len(continuations[0])
        sequences = [[*prompt, *continuation] for continuation in continuations]
        log_probabilities = self.plain_logits(sequences, length + 1)[:, :-1].log_softmax(-1)
        targets = torch.tensor(continuations)[:, :, None]
        scores = log_probabilities.gather(-1, targets).double().sum((1, 2))
        return [float(score) for score in scores]


# Intervals ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Estimate:
    """A statistic of a sample with its 95 % bootstrap interval (bias-corrected, accelerated)."""

    value: float
    low: float
    high: float

    def shown(self, digits: int, sign: str = "") -> str:
        """Return the value and, in brackets, its interval."""
        form = f"{sign}z.{digits}f"
        return f"{self.value:{form}} [{self.low:{form}}, {self.high:{form}}]"

    @property
    def as_json(self) -> dict[str, float]:
        """The three numbers by name."""
        return {"value": self.value, "low": self.low, "high": self.high}


def mean(values: Sequence[float], seed: int) -> Estimate:
    """Estimate a mean; for paired samples, give it their differences."""
    return _estimate((values,), np.mean, seed)


def ratio_of_means(above: Sequence[float], below: Sequence[float], seed: int) -> Estimate:
    """Estimate a ratio of means of two samples taken on the same prompts, resampled in pairs."""

    def ratio(above: FloatArray, below: FloatArray, axis: int) -> FloatArray:
        return np.asarray(np.mean(above, axis=axis) / np.mean(below, axis=axis))

    return _estimate((above, below), ratio, seed)


def _estimate(
    samples: tuple[Sequence[float], ...], statistic: Callable[..., npt.ArrayLike], seed: int
) -> Estimate:
    arrays = tuple(np.asarray(sample) for sample in samples)
    value = float(np.asarray(statistic(*arrays, axis=0)))
    if len(arrays[0]) < 2:
        return Estimate(value, value, value)
    interval = bootstrap(
        arrays,
        statistic,
        paired=True,
        confidence_level=CONFIDENCE,
        n_resamples=RESAMPLES,
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return Estimate(value, float(interval.low), float(interval.high))


# Report ------------------------------------------------------------------------------------------


def add_shared_options(parser: ArgumentParser, prompts: int) -> None:
    """Add the options that every benchmark has."""
    parser.add_argument("--model", default=EMBEDDED, help="a folder, a hub id or 'embedded'")
    parser.add_argument("--backend", default="transformers", help="fused, transformers or auto")
    parser.add_argument("--prompts", type=int, default=prompts, help="story openings to draw")
    parser.add_argument("--seed", type=int, default=2024, help="draws openings and resamples")
    parser.add_argument("--threads", type=int, default=2, help="of the processor")
    parser.add_argument("--json", type=Path, help="also write all numbers to this file")


def print_header(bench: Workbench, options: Namespace) -> None:
    """Say what was run, on which model, with which versions."""
    facts = bench.backend.description
    print(_command())
    print(
        f"model {bench.name}: {facts.family}, {facts.parameters:,} parameters, "
        f"vocabulary {facts.vocabulary:,}, {facts.dtype}, {facts.device}"
    )
    print(", ".join(f"{name} {version}" for name, version in versions().items()))
    print(
        f"backend {options.backend}, seed {options.seed}, threads {options.threads}, "
        f"prompts {options.prompts}"
    )
    print()


def _command() -> str:
    """Return the command line, less `--json FILE`, which changes no number."""
    words = sys.argv[1:]
    if "--json" in words:
        at = words.index("--json")
        del words[at : at + 2]
    return " ".join(["python", f"benchmarks/{Path(sys.argv[0]).name}", *words])


def versions() -> dict[str, str]:
    """Return the versions of what computed the numbers."""
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "scipy": scipy.__version__,
    }


def print_table(rows: Sequence[Sequence[str]]) -> None:
    """Print rows in columns, the first row as their names, the first column to the left."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for number, (first, *others) in enumerate(rows):
        cells = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        print("  ".join([first.ljust(widths[0]), *cells]).rstrip())
        if number == 0:
            print("  ".join("-" * width for width in widths))


def reached(holds: bool) -> str:  # noqa: FBT001 - a fact, not a mode
    """Return the word that ends a verdict line."""
    return "reached" if holds else "MISSED"


def write_json(options: Namespace, results: Mapping[str, object]) -> None:
    """Write the numbers beside their settings, if a file was asked for."""
    if options.json is None:
        return
    settings = {name: value for name, value in vars(options).items() if name != "json"}
    document = {"settings": settings, "versions": versions(), **results}
    options.json.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def print_progress(done: int, of: int) -> None:
    """Tell on the error stream how far a benchmark has come, every tenth prompt."""
    if done % 10 == 0 or done == of:
        print(f"{done} of {of} prompts", file=sys.stderr, flush=True)
