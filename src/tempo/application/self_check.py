"""The isolation law, checked on the very model that will be used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tempo.domain.errors import NonFiniteLogitsError, SelfCheckError
from tempo.domain.node import Node
from tempo.domain.proposal import Reading
from tempo.domain.row_rules import RowRules
from tempo.domain.tokens import Slot, TokenId

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.domain.ports.model_backend import DecodingSession, ModelBackend
    from tempo.domain.proposal import Proposal

TOLERANCE = {
    "float32": 1e-3,
    "float64": 1e-6,
    "bfloat16": 0.25,
    "float16": 0.05,
    "int8": 1e-3,  # our own: whole numbers as they lie, arithmetic in float32
}
"""Largest difference in nats that rounding may explain, by dtype."""

ROUNDED_BY_OTHERS = 0.25
"""The same for weights that other packages quantise: some round what they multiply too, and by the
pass that it is in."""

CONSIDERED = 8


@dataclass(frozen=True, slots=True)
class SelfCheckReport:
    """What the check saw, in nats of log-probability over the best candidates.

    Attributes:
        isolation: largest difference between a sibling's row and a run of its own.
        path: the same two steps deep, with a sibling in the cache that must stay unseen.
        sibling_effect: how much the rows move when siblings may see each other; a check has power
            where this is well above the tolerance.
        tolerance: the largest difference that is accepted.
    """

    isolation: float
    path: float
    sibling_effect: float
    tolerance: float

    @property
    def passed(self) -> bool:
        """Whether both differences are within the tolerance."""
        return all(found <= self.tolerance for found in (self.isolation, self.path))

    @property
    def has_power(self) -> bool:
        """Whether a model that ignores the mask would be noticed."""
        return self.sibling_effect > self.tolerance


class SelfCheck:
    """Compare rows of a shared sequence with runs of their own (design section 4, laws 2 and 4)."""

    def __init__(self, backend: ModelBackend) -> None:
        """Check any adapter, through its port alone."""
        self._backend = backend

    def run(self, prompt: Sequence[TokenId]) -> SelfCheckReport:
        """Feed two siblings and a child, and compare.

        Raises:
            PromptError: for an empty prompt.
        """
        first, second = self._siblings_after(prompt)
        apart = [self._apart([*prompt, token]) for token in (first, second)]
        child = apart[0].token_ids[0]
        siblings = _siblings(len(prompt), (first, second), visible=False)
        seeing = _siblings(len(prompt), (first, second), visible=True)
        deep = self._apart([*prompt, first, child])
        return SelfCheckReport(
            isolation=self._difference(prompt, [siblings], apart),
            path=self._difference(prompt, [siblings, (_child(len(prompt), child),)], [deep]),
            sibling_effect=self._difference(prompt, [seeing], apart),
            tolerance=TOLERANCE.get(self._backend.description.dtype, ROUNDED_BY_OTHERS),
        )

    def require(self, prompt: Sequence[TokenId]) -> SelfCheckReport:
        """Run the check and refuse a model that fails.

        Raises:
            SelfCheckError: with the differences seen.
        """
        report = self.run(prompt)
        if not report.passed:
            message = (
                f"{self._backend.description.name} fails the isolation check: its rows differ "
                f"from separate runs by {report.isolation:.3g} (siblings) and {report.path:.3g} "
                f"(two steps deep) nats, allowed {report.tolerance:g}; its attention ignores the "
                "mask or its positions are not those given"
            )
            raise SelfCheckError(message)
        return report

    def _siblings_after(self, prompt: Sequence[TokenId]) -> tuple[TokenId, TokenId]:
        first, *others = self._apart(prompt).token_ids
        neighbour = TokenId((first + 1) % self._backend.description.vocabulary)
        return first, others[0] if others else neighbour

    def _apart(self, tokens: Sequence[TokenId]) -> Proposal:
        """Return the answer of a run of its own."""
        with self._backend.open(tokens, RowRules()) as session:
            return self._read(session, Reading(weights=(1.0,), considered=CONSIDERED))

    def _read(self, session: DecodingSession, reading: Reading) -> Proposal:
        (proposal,) = self._backend.propose([(session, reading)])
        if not proposal.finite:
            raise NonFiniteLogitsError(0)
        return proposal

    def _difference(
        self,
        prompt: Sequence[TokenId],
        passes: Sequence[Sequence[Node]],
        apart: Sequence[Proposal],
    ) -> float:
        """Return the largest difference between the last pass's rows and runs of their own."""
        pairs = tuple(
            (row, token) for row, answer in enumerate(apart) for token in answer.token_ids
        )
        with self._backend.open(prompt, RowRules()) as session:
            for nodes in passes:
                self._backend.extend([(session, nodes)])
            shared = self._read(session, Reading(pairs=pairs)).pair_scores
        alone = np.concatenate([answer.plain_rows[0] for answer in apart])
        return float(np.abs(shared - alone).max())


def _siblings(length: int, tokens: tuple[TokenId, TokenId], *, visible: bool) -> tuple[Node, ...]:
    """Return two nodes right after a prompt of `length` tokens."""
    slots = (Slot(length), Slot(length + 1))
    return tuple(
        Node(token, length, slot, weights=((other, 1.0),) if visible else ())
        for token, slot, other in zip(tokens, slots, reversed(slots), strict=True)
    )


def _child(length: int, token: TokenId) -> Node:
    """Return the child of the first sibling."""
    parent = Slot(length)
    return Node(token, length + 1, Slot(length + 2), parent=parent, inherits=((parent, 1.0),))
