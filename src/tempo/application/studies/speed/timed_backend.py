"""A backend that notes how long its two halves take: passes, and readings of their rows."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.domain.node import Node
    from tempo.domain.ports.model_backend import DecodingSession, ModelBackend, ModelDescription
    from tempo.domain.proposal import Proposal, Reading
    from tempo.domain.row_rules import RowRules
    from tempo.domain.tokens import TokenId


class TimedBackend:
    """Does what another does. Where passes run on another device, a reading waits for its pass."""

    def __init__(self, backend: ModelBackend) -> None:
        """Start at nothing."""
        self._backend = backend
        self.model = self.extraction = 0.0

    @property
    def description(self) -> ModelDescription:
        """Facts about the model."""
        return self._backend.description

    def open(self, prompt: Sequence[TokenId], rules: RowRules) -> DecodingSession:
        """Start a session; its prompt is not counted."""
        return self._backend.open(prompt, rules)

    def extend(self, batch: Sequence[tuple[DecodingSession, Sequence[Node]]]) -> None:
        """Feed each session its nodes; the seconds count as `model`."""
        start = perf_counter()
        self._backend.extend(batch)
        self.model += perf_counter() - start

    def propose(self, batch: Sequence[tuple[DecodingSession, Reading]]) -> list[Proposal]:
        """Read each session's rows; the seconds count as `extraction`."""
        start = perf_counter()
        proposals = self._backend.propose(batch)
        self.extraction += perf_counter() - start
        return proposals
