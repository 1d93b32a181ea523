"""Each candidate's exact share of all paths through a product of token sets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tempo.application.studies.fidelity.decoding import TokenSets
    from tempo.application.studies.fidelity.enumeration import Enumeration
    from tempo.domain.proposal import FloatArray


def path_count(sets: TokenSets) -> int:
    """Return how many paths some sets span."""
    return int(np.prod([len(members) for members in sets], dtype=object))


def exact_shares(enumeration: Enumeration, sets: TokenSets) -> tuple[FloatArray, ...]:
    """Return, for each set, [members] the share of the paths' probability that passes each.

    The paths are scored already; each step's shares sum to 1, or are NaN where no path has any
    probability.
    """
    logs = enumeration.log_weights(enumeration.product(sets))
    with np.errstate(invalid="ignore"):
        shares = np.exp(logs - logs.max())
        table = (shares / shares.sum()).reshape([len(members) for members in sets])
    axes = range(len(sets))
    return tuple(table.sum(axis=tuple(axis for axis in axes if axis != step)) for step in axes)
