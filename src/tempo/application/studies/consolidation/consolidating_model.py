"""The port to a model whose window is managed from outside and whose weights may change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.application.studies.consolidation.ledger import FloatArray, IntArray
    from tempo.application.studies.consolidation.update import HebbianUpdate, MemoryBank


@dataclass(frozen=True, slots=True, eq=False)
class Fed:
    """What one pass says.

    Attributes:
        asked: [document, row, asked] log-probabilities of the tokens asked about, in nats.
        best: [document] the most probable next token behind the last row.
        entropy: [document, row] of the next-token distribution, in nats.
        received: [document, row, slot + row] the attention that each row gives to every token
            that is live, oldest first, and to the rows: means over layers and heads. What goes to
            a memory bank is not among it, so that a row may sum to less than 1.
    """

    asked: FloatArray
    best: IntArray
    entropy: FloatArray
    received: FloatArray


class ConsolidatingState(Protocol):
    """Documents that are read in step, each with its own live tokens and changed weights."""

    def feed(self, tokens: IntArray, asked: IntArray) -> Fed:
        """Read the next tokens of every document, at the positions behind all those fed before.

        Args:
            tokens: [document, row].
            asked: [document, row, asked] tokens whose probability as the next one is wanted.

        Raises:
            NonFiniteLogitsError: if the model gives NaN or infinity.
        """
        ...

    def evict(self, positions: IntArray, weights: FloatArray) -> None:
        """Let tokens leave: no later row sees them, and those that stay keep their positions.

        Where there is an update, each adds its rank-one term; where there is a bank, its keys and
        values go there.

        Args:
            positions: [document, leaving] of live tokens.
            weights: [document, leaving] alpha * importance of the update.

        Raises:
            SessionError: for a position that is not live.
        """
        ...

    def reverse(self, count: int) -> None:
        """Take back the updates of the last `count` tokens that left each document.

        The weights are then what they were before, exactly. The tokens do not come back.

        Raises:
            SessionError: for more than have left.
        """
        ...

    def changed(self) -> FloatArray:
        """Return [document] the norm of the changes, as a share of that of the changed weights."""
        ...


class ConsolidatingModel(Protocol):
    """A model that states are opened over; its own weights never change."""

    @property
    def layers(self) -> int:
        """How many layers it has."""
        ...

    @property
    def context(self) -> int:
        """How many positions it has."""
        ...

    def open(
        self, documents: Sequence[int], update: HebbianUpdate | None, bank: MemoryBank | None
    ) -> ConsolidatingState:
        """Return a state of so many documents of which nothing was fed.

        Args:
            documents: a number for each, which draws at random go by.
            update: what a token that leaves does to the weights.
            bank: where its keys and values go.

        Raises:
            InvalidValueError: for a layer that the model does not have.
        """
        ...
