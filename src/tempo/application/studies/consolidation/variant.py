"""One way to run a window: who leaves it, and what becomes of those who left."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tempo.application.studies.consolidation.eviction import ByAttention, Protection
from tempo.domain.errors import InvalidValueError

if TYPE_CHECKING:
    from tempo.application.studies.consolidation.eviction import Eviction
    from tempo.application.studies.consolidation.update import HebbianUpdate, MemoryBank


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One way to run a window.

    Attributes:
        name: what tables call it.
        window: how many tokens are live at most; None for no window, the plain model.
        rows: how many tokens of a text are read in one pass.
        eviction: who leaves first.
        protection: who never leaves.
        decay: what is left of a token's importance after each row, above 0 and at most 1.
        update: what a token that leaves does to the weights; None for nothing.
        bank: where its keys and values go; None for nowhere.
    """

    name: str
    window: int | None
    rows: int = 1
    eviction: Eviction = field(default_factory=ByAttention)
    protection: Protection = field(default_factory=Protection)
    decay: float = 0.99
    update: HebbianUpdate | None = None
    bank: MemoryBank | None = None

    def __post_init__(self) -> None:
        if self.rows < 1:
            message = f"rows is {self.rows}; it must be 1 or more"
            raise InvalidValueError(message)
        if not 0.0 < self.decay <= 1.0:
            message = f"decay is {self.decay}; it must be above 0 and at most 1"
            raise InvalidValueError(message)
        if self.window is not None:
            self.protection.require_room(self.window, self.rows)

    def token_by_token(self) -> Variant:
        """Return the same one, fed one token at a time, as a text is written."""
        return replace(self, rows=1)

    def protecting(self, protection: Protection) -> Variant:
        """Return the same one with another protected part.

        Raises:
            InvalidValueError: if the window has no room for it.
        """
        return replace(self, protection=protection)
