"""What a consolidation study found: means by measure and variant, and differences."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from tempo.application.studies.consolidation.figures import Measure
from tempo.application.studies.intervals import estimates

if TYPE_CHECKING:
    from tempo.application.studies.consolidation.figures import Part
    from tempo.application.studies.consolidation.plan import Comparison, ConsolidationPlan
    from tempo.application.studies.intervals import Estimate

Values: TypeAlias = dict[str, dict[int, float]]
"""By metric and document, what a variant came to."""

ON_MANY = (Measure.READING, Measure.RECALL, Measure.WRITING)
NO_EFFECT = "no effect"


def verdict(difference: Estimate) -> str:
    """Return what a paired difference says: `no effect` where its interval contains 0."""
    if difference.low <= 0.0 <= difference.high:
        return NO_EFFECT
    return "higher" if difference.value > 0.0 else "lower"


@dataclass(frozen=True, eq=False)
class ConsolidationReport:
    """The figures of a study and what they say together.

    Attributes:
        plan: what was asked.
        parts: what was measured, of documents read together.
        asked_for: how many parts were to be measured; fewer were if the study was stopped.
    """

    plan: ConsolidationPlan
    parts: tuple[Part, ...]
    asked_for: int

    @cached_property
    def values(self) -> dict[str, dict[str, Values]]:
        """By measure and variant."""
        found: dict[str, dict[str, Values]] = {}
        for part in self.parts:
            named = found.setdefault(part.measure, {}).setdefault(part.variant, defaultdict(dict))
            for metric, values in part.figures.items():
                named[metric].update(zip(part.documents, values, strict=True))
        return found

    @cached_property
    def estimates(self) -> dict[str, dict[str, dict[str, Estimate]]]:
        """By measure, variant and metric: the mean over documents."""
        return {
            measure.value: {
                variant: estimates(
                    {metric: list(values.values()) for metric, values in named.items()},
                    self.plan.seed,
                )
                for variant, named in self.values[measure.value].items()
            }
            for measure in ON_MANY
            if measure.value in self.values
        }

    @cached_property
    def differences(self) -> dict[str, dict[Comparison, dict[str, Estimate]]]:
        """By measure, comparison and metric: the mean of one less the other, paired."""
        return {
            measure: {
                comparison: self._difference(variants, comparison)
                for comparison in self.plan.comparisons
                if comparison.one in variants and comparison.other in variants
            }
            for measure, variants in self.values.items()
            if measure != Measure.ONCE.value
        }

    def once(self) -> dict[str, tuple[dict[str, float], str]]:
        """By variant, the figures and the text of the documents' own condition: one text each."""
        return {
            part.variant: (
                {metric: values[0] for metric, values in part.figures.items()},
                part.texts[0],
            )
            for part in self.parts
            if part.measure == Measure.ONCE.value
        }

    def _difference(
        self, variants: dict[str, Values], comparison: Comparison
    ) -> dict[str, Estimate]:
        one, other = variants[comparison.one], variants[comparison.other]
        samples = {
            metric: [
                value - other[metric][document]
                for document, value in values.items()
                if document in other[metric]
            ]
            for metric, values in one.items()
            if metric != "changed"
        }
        return estimates(samples, self.plan.seed)
