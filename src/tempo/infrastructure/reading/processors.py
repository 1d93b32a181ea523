"""Row rules as transformers' own logits processors, in transformers' order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from transformers import (
    LogitsProcessorList,
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from tempo.domain.row_rules import RowRules

if TYPE_CHECKING:
    from transformers import LogitsProcessor


ROW_BY_ROW = (TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper, MinPLogitsWarper)
"""Processors that look at a row's logits alone, whatever text stands before it."""


@dataclass(frozen=True, slots=True)
class GivenProcessors(RowRules):
    """Row rules that somebody else has made processors of: these act, and not the numbers.

    Attributes:
        processors: called for one row at a time, with its text so far [1, tokens], the prompt
            among them, and its logits [1, vocabulary], which they may change in place.
    """

    processors: tuple[LogitsProcessor, ...] = ()

    @property
    def looks_at_paths(self) -> bool:
        """Whether some processor may look at the text before a row."""
        return bool(self._readers)

    @property
    def path_readers(self) -> str:
        """The first processor that may, as a clause."""
        return f"{self._readers[0]} is among the logits processors"

    @property
    def _readers(self) -> list[str]:
        return [type(one).__name__ for one in self.processors if type(one) not in ROW_BY_ROW]


def logits_processors(rules: RowRules) -> LogitsProcessorList:
    """Return the processors of a run; an empty list leaves rows as they are."""
    if isinstance(rules, GivenProcessors):
        return LogitsProcessorList(rules.processors)
    processors = LogitsProcessorList()
    if rules.repetition_penalty != 1.0:
        processors.append(RepetitionPenaltyLogitsProcessor(penalty=rules.repetition_penalty))
    if rules.temperature != 1.0:
        processors.append(TemperatureLogitsWarper(rules.temperature))
    if rules.top_k is not None:
        processors.append(TopKLogitsWarper(top_k=rules.top_k))
    if rules.top_p is not None and rules.top_p < 1.0:
        processors.append(TopPLogitsWarper(top_p=rules.top_p))
    if rules.min_p:
        processors.append(MinPLogitsWarper(min_p=rules.min_p))
    return processors


def needs_paths(rules: RowRules) -> bool:
    """Whether some processor looks at the text so far."""
    return rules.looks_at_paths
