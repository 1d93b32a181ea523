"""The same model with weights of several types: what each costs, and what each loses."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean, median, stdev
from typing import TYPE_CHECKING, Any

from tempo.application.studies.speed.asking import Asking
from tempo.application.studies.speed.methods import Steps
from tempo.application.token_scores import TokenScores
from tempo.domain.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tempo.application.studies.speed.plan import SpeedPlan
    from tempo.application.token_scores import ScoredToken
    from tempo.domain.ports.model_backend import ModelBackend
    from tempo.domain.ports.tokenizer import Tokenizer


@dataclass(frozen=True, slots=True)
class Loss:
    """How the log-probabilities of a text's tokens differ from those of other weights.

    Attributes:
        mean: how much lower they are, in nats a token; below 0 where they are higher.
        error: the standard error of that mean over tokens.
        worst: the largest difference of a token, up or down.
        same_greedy: at what share of tokens the most probable one is the same.
    """

    mean: float
    error: float
    worst: float
    same_greedy: float

    @classmethod
    def between(cls, before: Sequence[ScoredToken], after: Sequence[ScoredToken]) -> Loss:
        """Compare the same tokens, at least two of them."""
        pairs = list(zip(before, after, strict=True))
        lower = [one.log_probability - other.log_probability for one, other in pairs]
        return cls(
            mean=fmean(lower),
            error=stdev(lower) / len(lower) ** 0.5,
            worst=max(map(abs, lower)),
            same_greedy=fmean(one.likely[0][0] == other.likely[0][0] for one, other in pairs),
        )


@dataclass(frozen=True, slots=True)
class WeightsFigures:
    """A model with weights of one type.

    Attributes:
        name: the type.
        weight_bytes: of all weights.
        milliseconds: of a step, by width, one a round.
        loss: against the first type of the study.
    """

    name: str
    weight_bytes: int
    milliseconds: Mapping[int, tuple[float, ...]]
    loss: Loss

    def median(self, width: int) -> float:
        """Milliseconds a step."""
        return median(self.milliseconds[width])


@dataclass(frozen=True, slots=True)
class WeightsReport:
    """All types, in the order asked for.

    Attributes:
        context: prompt tokens before the first step.
        tokens: how many tokens were scored.
        figures: by type; others are held against the first.
    """

    context: int
    tokens: int
    figures: tuple[WeightsFigures, ...]

    def document(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        first = self.figures[0]
        return {
            "context": self.context,
            "scored_tokens": self.tokens,
            "types": [
                {
                    "weights": one.name,
                    "weight_bytes": one.weight_bytes,
                    "steps": [
                        {
                            "width": width,
                            "milliseconds": one.median(width),
                            "of_first": one.median(width) / first.median(width),
                            "rounds": list(rounds),
                        }
                        for width, rounds in one.milliseconds.items()
                    ],
                    "loss": {
                        "mean": one.loss.mean,
                        "standard_error": one.loss.error,
                        "worst": one.loss.worst,
                        "same_greedy": one.loss.same_greedy,
                    },
                }
                for one in self.figures
            ],
        }


@dataclass(frozen=True, slots=True)
class Variant:
    """A model with weights of one type: its backend, and what its weights take."""

    backend: ModelBackend
    weight_bytes: int


class WeightsStudy:
    """Variants of one model, timed in turn, and their scores of the same texts."""

    def __init__(
        self, variants: Mapping[str, Variant], tokenizer: Tokenizer, texts: Sequence[str]
    ) -> None:
        """Hold variants against the first of them, on texts that none was fitted to."""
        self._variants, self._tokenizer = variants, tokenizer
        self._texts = [tokenizer.encode(text) for text in texts]

    def run(self, plan: SpeedPlan, progress: Callable[[str], None]) -> WeightsReport:
        """Time each width after the shortest context, and score the texts.

        Raises:
            InvalidValueError: for texts of fewer than two tokens to score.
        """
        tokens = sum(len(text) - 1 for text in self._texts)
        if tokens < 2:  # noqa: PLR2004 - a standard error needs two
            message = f"the texts have {tokens} tokens to score; give at least 2"
            raise InvalidValueError(message)
        timed = {width: self._timed(width, plan, progress) for width in plan.widths}
        scored = {name: self._scored(name, progress) for name in self._variants}
        first = next(iter(scored.values()))
        figures = [
            WeightsFigures(
                name,
                variant.weight_bytes,
                {width: tuple(found[name]) for width, found in timed.items()},
                Loss.between(first, scored[name]),
            )
            for name, variant in self._variants.items()
        ]
        return WeightsReport(plan.contexts[0], tokens, tuple(figures))

    def _timed(
        self, width: int, plan: SpeedPlan, progress: Callable[[str], None]
    ) -> dict[str, list[float]]:
        """Return milliseconds a step, all variants in turn, but for the first round."""
        steps = {
            name: self._steps(variant, width, plan) for name, variant in self._variants.items()
        }
        found: dict[str, list[float]] = {name: [] for name in steps}
        for number in range(plan.rounds + 1):
            progress(f"weights, width {width}: round {number} of {plan.rounds}")
            for name, method in steps.items():
                timing = method.time(plan.steps)
                if number:
                    found[name].append(timing.total)
        for method in steps.values():
            method.end()
        return found

    def _steps(self, variant: Variant, width: int, plan: SpeedPlan) -> Steps:
        asking = Asking(variant.backend.description.vocabulary, self._tokenizer, plan)
        prompt = asking.prompt(plan.contexts[0], 0)
        return Steps(variant.backend, self._tokenizer, asking.request(prompt, width, plan.decoded))

    def _scored(self, name: str, progress: Callable[[str], None]) -> list[ScoredToken]:
        """Return every token of every text but the first, with the most probable in its place."""
        scores = TokenScores(self._variants[name].backend)
        found: list[ScoredToken] = []
        for number, text in enumerate(self._texts):
            progress(f"weights {name}: text {number + 1} of {len(self._texts)}")
            found += scores.run(text[:1], text[1:], 1)
        return found
