"""What a consolidation study notes of documents that are read together."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from tempo.domain.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tempo.application.studies.consolidation.ledger import FloatArray, IntArray

REPEATED = 4
"""A run of so many tokens that was there before is a repetition."""


class Measure(StrEnum):
    """What is measured of a variant.

    READING: held-out passages, teacher-forced: `nll`, the mean negative log-likelihood of the
        tokens that the window made a difference to; `entropy` of the same predictions.
    RECALL: planted facts after they left: `right` whether the answer is the most probable of the
        choices; `share` of the choices' probability that it has.
    WRITING: greedy texts: `nll` under the plain model with all of the text before it; `repeated`,
        the share of four-token runs that were there before; `entropy` of the own predictions.
    ONCE: the documents' own text: as writing.
    """

    READING = "reading"
    RECALL = "recall"
    WRITING = "writing"
    ONCE = "once"


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """What one variant made of some documents.

    Attributes:
        measure: what was measured.
        variant: its name.
        documents: their numbers.
        figures: by metric, one value a document; `changed` is the norm of the weights' changes as
            a share of that of the weights.
        texts: what was written, where that is kept.
    """

    measure: str
    variant: str
    documents: tuple[int, ...]
    figures: Mapping[str, Sequence[float]]
    texts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        wrong = [name for name, values in self.figures.items() if len(values) != self.size]
        if wrong:
            message = f"{wrong[0]} has {len(self.figures[wrong[0]])} values; give {self.size}"
            raise InvalidValueError(message)

    @property
    def size(self) -> int:
        """How many documents."""
        return len(self.documents)


KINDS = (Part,)
"""What a journal of these findings is made of."""


def recall_figures(scores: FloatArray, answers: IntArray) -> dict[str, list[float]]:
    """Return `right` and `share` of log-probabilities [text, choice] with their right choices.

    The first of equals counts as the most probable.
    """
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    share = np.take_along_axis(weights, answers[:, None], axis=1)[:, 0] / weights.sum(axis=1)
    right = scores.argmax(axis=1) == answers
    return {"right": right.astype(float).tolist(), "share": share.tolist()}


def repeated(tokens: IntArray) -> list[float]:
    """Return, for each text [text, token], the share of runs that were there before."""
    found = []
    for row in tokens.tolist():
        runs = [tuple(row[at : at + REPEATED]) for at in range(len(row) - REPEATED + 1)]
        found.append(1.0 - len(set(runs)) / len(runs))
    return found
