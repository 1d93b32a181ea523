"""What a study of pruning notes of one context."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from tempo.application.studies.pruning.variants import Variant

if TYPE_CHECKING:
    from collections.abc import Mapping

SEVERAL, THREE = "2+", "3"

SIZES = (SEVERAL, THREE)
"""Which sets a mean is over: those of two or more candidates, those of exactly three."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Where a ranking stands.

    Attributes:
        rule: what decoded the sets.
        lag: how many steps after a set it was judged.
        size: one of `SIZES`.
        score: what it was ranked by.
    """

    rule: str
    lag: int
    size: str
    score: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFigures:
    """One pruned run; rows are those of the output, the prompt's left out.

    Attributes:
        log_probability: per token, of the best of its rescored texts, in nats.
        live_rows: in the cache after each step and its pruning, mean over the steps.
        peak_rows: the most at once.
        token_rows: fed to the model in the whole run.
        freed_rows: that left by pruning, beyond release.
        pruned: candidates that left, their descendants among them.
        lost: share of the live paths that left, in [0, 1].
    """

    log_probability: float
    live_rows: float
    peak_rows: float
    token_rows: float
    freed_rows: float
    pruned: float
    lost: float


TEXT_METRICS = tuple(entry.name for entry in fields(TextFigures))


@dataclass(frozen=True, slots=True, eq=False)
class ContextFindings:
    """One context.

    Attributes:
        number: its place among the study's prompts, from 0.
        prompt: its text.
        rankings: by cell, the mean of each metric over the context's sets; a cell without sets is
            left out.
        sets: by rule, lag and size, how many sets were judged.
        left_out: by rule and lag, how many judgements were left out for their many paths.
        texts: by variant; empty where the prompt was not continued.
    """

    number: int
    prompt: str
    rankings: Mapping[Cell, Mapping[str, float]]
    sets: Mapping[tuple[str, int, str], int]
    left_out: Mapping[tuple[str, int], int]
    texts: Mapping[Variant, TextFigures]


KINDS = (ContextFindings, Cell, TextFigures, Variant)
"""What a journal of these findings is made of."""
