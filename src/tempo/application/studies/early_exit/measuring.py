"""One text under all rules, pass by pass in turn: what else a machine does meets all alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

from tempo.application.studies.early_exit.figures import ForcedFigures
from tempo.domain.early_exit import ExitRule, RowExit
from tempo.domain.errors import NonFiniteLogitsError
from tempo.domain.ports.model_backend import ModelBackend
from tempo.domain.proposal import Reading
from tempo.domain.row_rules import RowRules

if TYPE_CHECKING:
    from tempo.application.studies.early_exit.policies import Policy
    from tempo.application.studies.early_exit.tape import Tape, TapedPass
    from tempo.domain.ports.model_backend import DecodingSession
    from tempo.domain.proposal import Proposal
    from tempo.domain.tokens import TokenId

Exiting = Callable[[ExitRule, Callable[[Sequence[RowExit]], None] | None], ModelBackend]
"""Makes a backend of the same model whose rows leave by a rule, and tell how they left."""


@dataclass(slots=True, eq=False)
class Lane:
    """One session that makes the passes of a tape.

    Attributes:
        backend: what runs them.
        session: where.
        seconds: what the passes after the prompt took so far, and reading them.
        rows: read so far.
        agreeing: of those, how many have the full model's token.
        lost: log-probability of that token, the full model's less this one's; over rows.
    """

    backend: ModelBackend
    session: DecodingSession
    seconds: float = 0.0
    rows: int = 0
    agreeing: int = 0
    lost: float = 0.0

    def play(self, taped: TapedPass) -> None:
        """Make a pass and read it as it was read; both are timed."""
        start = perf_counter()
        if taped.nodes:
            self.backend.extend([(self.session, taped.nodes)])
        _finite(self.backend.propose([(self.session, taped.reading)])[0])
        if taped.nodes:
            self.seconds += perf_counter() - start

    def tops(self, taped: TapedPass) -> list[tuple[TokenId, float]]:
        """Return each row's most probable token, with its log-probability; not timed."""
        told = [self._row(taped, row, ()) for row in range(len(taped.reading.weights))]
        return [(one.token_ids[0], float(one.log_probabilities[0])) for one in told]

    def compare(self, taped: TapedPass, tops: Sequence[tuple[TokenId, float]]) -> None:
        """Hold each row against what the full model said; not timed."""
        for row, (token, log_probability) in enumerate(tops):
            told = self._row(taped, row, ((row, token),))
            self.rows += 1
            self.agreeing += told.token_ids[0] == token
            self.lost += log_probability - float(told.processed_scores[0])

    def _row(self, taped: TapedPass, row: int, pairs: tuple[tuple[int, TokenId], ...]) -> Proposal:
        count = len(taped.reading.weights)
        alone = tuple(float(other == row) for other in range(count))
        reading = Reading(weights=alone, considered=1, barred=taped.reading.barred, pairs=pairs)
        return self.backend.propose([(self.session, reading)])[0]


@dataclass(frozen=True, slots=True, eq=False)
class Player:
    """A policy ready to make passes.

    Attributes:
        policy: the rule and what it is measured on.
        backend: the model under the rule.
        left: after which layers rows left, in the order of passes and rows.
    """

    policy: Policy
    backend: ModelBackend
    left: list[int]

    @classmethod
    def of(cls, policy: Policy, exiting: Exiting) -> Player:
        """Make a backend for a policy, that is heard."""
        left: list[int] = []
        backend = exiting(policy.rule, lambda exits: left.extend(one.layer for one in exits))
        return cls(policy, backend, left)


def forced_figures(
    full: ModelBackend, players: Sequence[Player], tape: Tape, depth: int
) -> dict[str, ForcedFigures]:
    """Return what each policy makes of a tape's passes, and what they take.

    Raises:
        NonFiniteLogitsError: if the model gave NaN or infinity.
    """
    for one in players:
        one.left.clear()
    with ExitStack() as stack:
        held, *lanes = (
            Lane(backend, stack.enter_context(backend.open(tape.prompt, RowRules())))
            for backend in (full, *(one.backend for one in players))
        )
        turns = [held, *lanes]
        for number, taped in enumerate(tape.passes):
            first = number % len(turns)
            for lane in (*turns[first:], *turns[:first]):
                lane.play(taped)
            tops = held.tops(taped)
            for lane in lanes:
                lane.compare(taped, tops)
    return {
        one.policy.name: ForcedFigures(
            rows=lane.rows,
            agreeing=lane.agreeing,
            lost=lane.lost,
            seconds=lane.seconds,
            full_seconds=held.seconds,
            exits=tuple(one.left.count(layer) for layer in range(1, depth + 1)),
        )
        for one, lane in zip(players, lanes, strict=True)
    }


def _finite(proposal: Proposal) -> None:
    if not proposal.finite:
        raise NonFiniteLogitsError(0)
