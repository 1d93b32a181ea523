"""How much attention candidates have received since they were decoded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tempo.domain.proposal import FloatArray
    from tempo.domain.tokens import Slot


class AttentionLedger:
    """Attention masses by slot, added up over passes; an earlier pass counts less under a decay."""

    def __init__(self, decay: float) -> None:
        """Start empty; each further pass multiplies what was received before by `decay`."""
        self.decay = decay
        self._totals: dict[Slot, float] = {}
        self._passes: dict[Slot, float] = {}

    def add(self, slots: Sequence[Slot], masses: Mapping[Slot, float]) -> None:
        """Add one later pass over some slots; those without a mass were no longer seen."""
        for slot in slots:
            mass = masses.get(slot, 0.0)
            self._totals[slot] = self.decay * self._totals.get(slot, 0.0) + mass
            self._passes[slot] = self.decay * self._passes.get(slot, 0.0) + 1.0

    def means(self, slots: Sequence[Slot]) -> FloatArray:
        """Return [slots] the mean mass over the later passes, in [0, 1]; 0 before the first."""
        totals = [self._totals.get(slot, 0.0) / self._passes.get(slot, 1.0) for slot in slots]
        return np.array(totals)

    def forget(self, slots: Sequence[Slot]) -> None:
        """Drop what no rule will ask for again."""
        for slot in slots:
            self._totals.pop(slot, None)
            self._passes.pop(slot, None)

    def copy(self) -> AttentionLedger:
        """Return an equal ledger that changes by itself."""
        twin = AttentionLedger(self.decay)
        twin._totals, twin._passes = dict(self._totals), dict(self._passes)
        return twin
