"""Row rules as transformers' own logits processors, in transformers' order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from transformers import (
    LogitsProcessorList,
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

if TYPE_CHECKING:
    from tempo.domain.row_rules import RowRules


def logits_processors(rules: RowRules) -> LogitsProcessorList:
    """Return the processors of a run; an empty list leaves rows as they are."""
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
