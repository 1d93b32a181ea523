"""Whether the tokens of one step see each other."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tempo.domain.node import Weights
    from tempo.domain.tokens import Slot


class Visibility(StrEnum):
    """ISOLATED siblings never see each other; VISIBLE ones do, in both directions."""

    ISOLATED = "isolated"
    VISIBLE = "visible"

    def sibling_weights(self, own: Slot, siblings: tuple[Slot, ...]) -> Weights:
        """Return the weights at which the row of `own` sees its siblings."""
        if self is Visibility.ISOLATED:
            return ()
        return tuple((slot, 1.0) for slot in siblings if slot != own)
