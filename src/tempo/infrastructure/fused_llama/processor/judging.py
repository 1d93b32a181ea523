"""How sure the rows of a pass are, exit layer by exit layer, and which of them leave."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tempo.domain.early_exit import NEVER, Criterion, LayerReading, Leaving, RowExit
from tempo.domain.tokens import TokenId
from tempo.infrastructure.fused_llama.processor.surveying import similarities, surveyed

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from tempo.domain.early_exit import ExitRule
    from tempo.infrastructure.fused_llama.processor.compiling import Floats, Integers


class Judge:
    """Holds the rows of one pass against a rule; rows are called by their places in the pass.

    Attributes:
        tells: whether readings are kept.
    """

    def __init__(self, rule: ExitRule, sets: Sequence[slice], *, tells: bool) -> None:
        """Judge rows, of which each slice is a set; `tells` if readings are kept."""
        count = sets[-1].stop if sets else 0
        self._rule, self._sets, self.tells = rule, sets, tells
        self._tokens = np.full(count, -1)
        self._agreeing = np.full(count, -1)
        self._margins, self._entropies, self._similarities = np.zeros((3, count), dtype=np.float32)
        self._ready = np.zeros(count, dtype=np.bool_)
        self._left_after = np.zeros(count, dtype=np.int64)
        self._readings: list[list[LayerReading]] = [[] for _ in range(count)]

    def threshold(self, layer: int) -> float | None:
        """Return the threshold after so many layers; None where nobody needs to be judged.

        Where no row can leave, only agreement has to know what rows say.
        """
        found = self._rule.threshold_after(layer)
        idle = found == NEVER and self._rule.criterion is not Criterion.AGREEMENT
        return None if idle else found

    def compare(self, rows: Integers, before: Floats, after: Floats) -> None:
        """Take down how far the states of rows have moved in a layer."""
        found = np.empty(len(rows), dtype=np.float32)
        similarities(before, after, found)
        self._similarities[rows] = found

    def survey(self, rows: Integers, logits: Floats) -> None:
        """Take down what rows say; their agreement counts on."""
        tokens = np.empty(len(rows), dtype=np.int64)
        margins, entropies = np.empty((2, len(rows)), dtype=np.float32)
        surveyed(logits, tokens, margins, entropies)
        same = tokens == self._tokens[rows]
        self._agreeing[rows] = np.where(same, self._agreeing[rows] + 1, 0)
        self._tokens[rows], self._margins[rows], self._entropies[rows] = tokens, margins, entropies

    def leaving(self, rows: Integers, layer: int, threshold: float) -> npt.NDArray[np.bool_]:
        """Return which of the rows leave after so many layers."""
        for row in rows.tolist():
            reading = self._reading(row, layer)
            if self.tells and self._rule.criterion.reads_head:
                self._readings[row].append(reading)
            self._ready[row] |= self._rule.criterion.confidence(reading) >= threshold
        together = self._ready.copy()
        if self._rule.leaving is Leaving.SET:
            for own in self._sets:
                together[own] = self._ready[own].all()
        return together[rows]

    def leave(self, rows: Integers, layer: int) -> None:
        """Take down that rows have left."""
        self._left_after[rows] = layer

    def exits(self) -> tuple[RowExit, ...]:
        """Return how each row left."""
        return tuple(
            RowExit(layer, tuple(readings))
            for layer, readings in zip(self._left_after.tolist(), self._readings, strict=True)
        )

    def _reading(self, row: int, layer: int) -> LayerReading:
        return LayerReading(
            layer=layer,
            token=TokenId(int(self._tokens[row])),
            margin=float(self._margins[row]),
            entropy=float(self._entropies[row]),
            agreeing=int(self._agreeing[row]),
            similarity=float(self._similarities[row]),
        )
