"""What the same rows would give if each held one exact path: beams inside a rule's token sets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.application.studies.fidelity.decoding import TokenSets
    from tempo.application.studies.fidelity.enumeration import Enumeration, Nodes


def beam(enumeration: Enumeration, sets: TokenSets, widths: Sequence[int]) -> Nodes:
    """Return the paths that an exact beam search inside the sets holds after them.

    Step `t` extends each path held by each token of `S_t` and holds the `widths[t]` best by exact
    score; equal ones in the product's order. The enumeration has scored all of them.
    """
    held = np.zeros(1, dtype=np.intp)  # places in the product of the sets so far
    for length, (members, width) in enumerate(zip(sets, widths, strict=True), start=1):
        grown = (held[:, None] * len(members) + np.arange(len(members))).reshape(-1)
        scores = enumeration.log_weights(enumeration.product(sets[:length])[grown])
        held = np.sort(grown[np.argsort(-scores, kind="stable")[:width]])
    return enumeration.product(sets)[held]
