"""Outcomes to figures: what each method's texts for each prompt are worth, and what they cost."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from tempo.application.studies.comparison.answers import gives, gives_normalised
from tempo.application.studies.comparison.diversity import (
    compression_ratio,
    distinct,
    equal_length,
    repetition,
    require_sacrebleu,
    self_bleu,
    words_of,
)
from tempo.application.studies.comparison.figures import Figures
from tempo.application.studies.comparison.report import ComparisonReport
from tempo.domain.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tempo.application.studies.comparison.calibration import Calibration
    from tempo.application.studies.comparison.diversity import Words
    from tempo.application.studies.comparison.figures import AskedPrompt, Cell, Setting
    from tempo.application.studies.comparison.grading import Grade, Grader
    from tempo.application.studies.comparison.outcomes import Continuation, MethodOutcome
    from tempo.application.studies.comparison.report import MeasuringPlan


def measured(
    outcomes: Mapping[Cell, Sequence[MethodOutcome]],
    prompts: Sequence[AskedPrompt],
    plan: MeasuringPlan,
    grader: Grader | None = None,
    calibrations: Mapping[str, Calibration] | None = None,
) -> ComparisonReport:
    """Return what outcomes are worth.

    Args:
        outcomes: by method and setting, one outcome a prompt, in the prompts' order.
        prompts: at least one.
        plan: how they are measured.
        grader: a second model, where there is one.
        calibrations: by name, what forecasts were held against draws.

    Raises:
        InvalidValueError: for no prompt, no outcome, a cell that has not one outcome a prompt, a
            setting without the reference method, a log-probability that is not finite, or if
            sacrebleu is not installed.
    """
    _require_complete(outcomes, len(prompts), plan.reference)
    for cell, rows in outcomes.items():
        _require_finite(cell.method, rows)
    require_sacrebleu()
    figures: dict[Cell, list[Figures]] = {cell: [] for cell in outcomes}
    for number, prompt in enumerate(prompts):
        here = {cell: rows[number] for cell, rows in outcomes.items()}
        grades = _grades(here, prompt, grader)
        lengths = _lengths(here)
        for cell, outcome in here.items():
            measure = _Measure(prompt, plan, grades, lengths[cell.setting])
            figures[cell].append(measure.figures(cell.setting, outcome))
    return ComparisonReport(
        plan=plan,
        prompts=tuple(prompts),
        figures={cell: tuple(rows) for cell, rows in figures.items()},
        grader=None if grader is None else grader.name,
        calibrations=dict(calibrations or {}),
    )


def _require_complete(
    outcomes: Mapping[Cell, Sequence[MethodOutcome]], prompts: int, reference: str
) -> None:
    if not prompts or not outcomes:
        message = "there is nothing to measure; give at least one prompt and one method"
        raise InvalidValueError(message)
    for cell, rows in outcomes.items():
        if len(rows) != prompts:
            message = f"{cell.method} has {len(rows)} outcomes for {prompts} prompts; give one each"
            raise InvalidValueError(message)
    methods = list(dict.fromkeys(cell.method for cell in outcomes))
    for setting in {cell.setting: None for cell in outcomes}:
        if not any((cell.method, cell.setting) == (reference, setting) for cell in outcomes):
            message = (
                f"the reference method {reference!r} has no texts for {setting.count} of "
                f"{setting.max_steps} steps; name one of {', '.join(methods)}"
            )
            raise InvalidValueError(message)


def _require_finite(method: str, rows: Sequence[MethodOutcome]) -> None:
    for number, row in enumerate(rows):
        for one in row.continuations:
            if not math.isfinite(one.log_probability):
                message = (
                    f"{method} gave prompt {number} a text of log-probability "
                    f"{one.log_probability}; it must be finite: score it under the plain model"
                )
                raise InvalidValueError(message)


def _lengths(outcomes: Mapping[Cell, MethodOutcome]) -> dict[Setting, int]:
    """Return how many words are compared at each setting; half a word a step is too few."""
    texts: dict[Setting, list[Words]] = {}
    for cell, outcome in outcomes.items():
        texts.setdefault(cell.setting, []).extend(
            words_of(one.text) for one in outcome.continuations
        )
    return {
        setting: equal_length(found, max(1, setting.max_steps // 2))
        for setting, found in texts.items()
    }


def _grades(
    outcomes: Mapping[Cell, MethodOutcome], prompt: AskedPrompt, grader: Grader | None
) -> dict[str, Grade]:
    """Grade each text once, whichever methods wrote it."""
    if grader is None:
        return {}
    texts = sorted({one.text for found in outcomes.values() for one in found.continuations})
    return dict(zip(texts, grader.grade(prompt.text, texts), strict=True)) if texts else {}


@dataclass(frozen=True, slots=True)
class _Measure:
    """What is the same for all methods at a prompt and a setting."""

    prompt: AskedPrompt
    plan: MeasuringPlan
    grades: Mapping[str, Grade]
    words: int

    def figures(self, setting: Setting, outcome: MethodOutcome) -> Figures:
        texts = outcome.continuations
        by_model = [_per_token(one.log_probability, len(one.token_ids)) for one in texts]
        grades = [self.grades[one.text] for one in texts] if self.grades else []
        by_grader = [_per_token(one.log_probability, one.tokens) for one in grades]
        return Figures(
            best_log_probability=_best(by_model),
            mean_log_probability=_mean(by_model),
            grader_best_log_probability=_best(by_grader),
            grader_mean_log_probability=_mean(by_grader),
            texts=len(texts),
            unique=min(1.0, len({one.text for one in texts}) / setting.count),
            finished=_mean([float(one.is_finished) for one in texts]),
            tokens=_mean([float(len(one.token_ids)) for one in texts]),
            words=self.words,
            **self._answers(texts),
            **self._diversity(texts, setting.count),
            **{name: float(value) for name, value in asdict(outcome.cost).items()},
        )

    def _answers(self, texts: Sequence[Continuation]) -> dict[str, float]:
        references, whole = self.prompt.references, self.plan.whole_answers
        if not references:
            return dict.fromkeys(("coverage", "exact_match", "normalised_match"), math.nan)
        right = [gives_normalised(one.text, references, whole=whole) for one in texts]
        exact = [gives(one.text, references, whole=whole) for one in texts[:1]]
        return {
            "coverage": float(any(right)),
            "exact_match": float(any(exact)),
            "normalised_match": float(any(right[:1])),
        }

    def _diversity(self, texts: Sequence[Continuation], count: int) -> dict[str, float]:
        words = [words_of(one.text)[: self.words] for one in texts]
        together = words if len(words) > 1 or count == 1 else []
        return {
            "distinct_1": distinct(together, 1),
            "distinct_2": distinct(together, 2),
            "distinct_3": distinct(together, 3),
            "self_bleu": self_bleu(words),
            "compression_ratio": compression_ratio(together),
            "repetition": repetition(words),
        }


def _per_token(log_probability: float, tokens: int) -> float:
    return log_probability / tokens if tokens else math.nan


def _defined(values: Sequence[float]) -> list[float]:
    return [value for value in values if not math.isnan(value)]


def _best(values: Sequence[float]) -> float:
    return max(_defined(values), default=math.nan)


def _mean(values: Sequence[float]) -> float:
    defined = _defined(values)
    return math.fsum(defined) / len(defined) if defined else math.nan
