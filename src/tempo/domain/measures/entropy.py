"""Entropy of probabilities, in nats."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tempo.domain.proposal import FloatArray


def entropies(probabilities: FloatArray) -> FloatArray:
    """Return the entropy of each column of probabilities [n, m], in nats, in [0, log n].

    Shannon (1948); 0 log 0 counts as 0.
    """
    logs = np.log(np.where(probabilities > 0.0, probabilities, 1.0))
    found: FloatArray = np.maximum(0.0, -(probabilities * logs).sum(axis=0))
    return found


def entropy(probabilities: FloatArray) -> float:
    """Return the entropy of probabilities [n], in nats, in [0, log n]."""
    return float(entropies(probabilities[:, None])[0])
