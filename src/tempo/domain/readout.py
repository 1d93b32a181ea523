"""How the several rows of a step become one next-token distribution."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from tempo.domain.proposal import Combination

if TYPE_CHECKING:
    from tempo.domain.proposal import FloatArray


class Readout(StrEnum):
    """The rule that reads one distribution from a step's rows (design section 2.2).

    MIXTURE weighs the rows by their forward weights; it is exact after the first parallel set.
    PRODUCT is the normalised geometric mean under the same weights, and the mixture where
    processors left the rows no token in common. SURVIVORS weighs each row by the probability of
    its best path alone: under `path`, where a row sees that path, it is exact given that the prefix
    is one of them. BEST reads the heaviest row alone, LAST the row of the least probable candidate.
    """

    MIXTURE = "mixture"
    PRODUCT = "product"
    SURVIVORS = "survivors"
    BEST = "best"
    LAST = "last"

    @property
    def combination(self) -> Combination:
        """How the weighted rows are combined."""
        return Combination.GEOMETRIC if self is Readout.PRODUCT else Combination.ARITHMETIC

    def row_weights(self, forward: FloatArray, scores: FloatArray) -> tuple[float, ...]:
        """Return each row's weight, in the order of the set; they sum to 1.

        `forward` [k] are the forward weights, `scores` [k] the best paths' log-probabilities.
        """
        if self is Readout.SURVIVORS and np.isfinite(scores).any():
            shares = np.exp(scores - scores.max())
            return tuple((shares / shares.sum()).tolist())
        if self in {Readout.MIXTURE, Readout.PRODUCT, Readout.SURVIVORS}:
            return tuple(forward.tolist())
        chosen = int(np.argmax(forward)) if self is Readout.BEST else len(forward) - 1
        return tuple(float(index == chosen) for index in range(len(forward)))
