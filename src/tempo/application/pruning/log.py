"""What was decided in a run, and what it adds up to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tempo.domain.pruning.decision import Effect
from tempo.domain.pruning.tally import PruningTally

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tempo.domain.pruning.decision import PruningDecision
    from tempo.domain.tokens import LogicalStep, TokenId
    from tempo.domain.trellis import Trellis

Decisions = tuple["PruningDecision", ...]

KeptOut = dict[int, "Mapping[TokenId, str]"]
"""By step number, the tokens that it must not keep, with the reasons."""


class PruningLog:
    """The decisions of a run in the order in which they fell, and the candidates it judged."""

    def __init__(self) -> None:
        """Begin with nothing judged."""
        self.decisions: Decisions = ()
        self.rows_freed = 0
        self._awaited: dict[LogicalStep, Decisions] = {}
        self._judged: dict[int, frozenset[TokenId]] = {}
        self._staying = 1.0

    def copy(self) -> PruningLog:
        """Return an equal one that goes its own way."""
        twin = PruningLog()
        twin.decisions, twin.rows_freed = self.decisions, self.rows_freed
        twin._awaited, twin._judged = dict(self._awaited), dict(self._judged)
        twin._staying = self._staying
        return twin

    def judged(self, step: int, tokens: tuple[TokenId, ...]) -> None:
        """Count candidates as judged, each once, however many rules look at it."""
        self._judged[step] = self._judged.get(step, frozenset()).union(tokens)

    def lost(self, share: float) -> None:
        """Note that a share of the live paths, in [0, 1], left the lattice."""
        self._staying *= 1.0 - share

    def decoded_again_from(self, number: int, kept_out: KeptOut) -> None:
        """Forget what a strategy dropped of the steps from `number` on; they are judged again."""
        self.decisions = tuple(
            [one for one in self.decisions if one.step < number or one.effect is not Effect.DROPPED]
        )
        for step in [step for step in self._judged if step > number]:
            self._judged[step] = self._judged[step].intersection(kept_out.get(step, ()))

    def await_step(self, number: int) -> None:
        """Hold back what was decided at step `number` and later of candidates that stay.

        It holds again once the step is decoded at which it was decided.
        """
        later = [one for one in self._weighing if one.decided_at >= number]
        for one in later:
            self._awaited[one.decided_at] = (*self._awaited.get(one.decided_at, ()), one)
        self.decisions = tuple([one for one in self.decisions if one not in later])

    def weighed_at(self, number: int) -> Decisions:
        """Return what was decided, at a step, of candidates that have stayed since."""
        return tuple([one for one in self._weighing if one.decided_at == number])

    @property
    def _weighing(self) -> Decisions:
        """What was decided of candidates that stay, unless they were taken away later."""
        found, gone = [], set()
        for one in reversed(self.decisions):
            if one.effect.leaves:
                gone.add((one.step, one.token_id))
            elif (one.step, one.token_id) not in gone:
                found.append(one)
        return tuple(reversed(found))

    def taken_up(self, trellis: Trellis) -> Decisions:
        """Let hold again, and return, what was held back for the newest step."""
        awaited = self._awaited.pop(trellis.steps[-1].step, ())
        members = {
            (step.step, one.token_id) for step in trellis.steps for one in step.token_set.members
        }
        again = tuple([one for one in awaited if (one.step, one.token_id) in members])
        self.decisions += again
        return again

    def keep_holding(self, first: int, trellis: Trellis, kept_out: KeptOut) -> None:
        """Leave out what holds no more since its step, from `first` on, was decoded again.

        A step may have other candidates then; what was said of one that it has no more is void.
        """
        steps, in_force = trellis.steps_from(first), self._weighing
        members = {(step.step, one.token_id) for step in steps for one in step.token_set.members}
        judged = {
            (step.step, one.token_id) for step in steps for one in step.candidates if one.reason
        }
        barred = {(step, token) for step, tokens in kept_out.items() for token in tokens}
        self.decisions = tuple(
            [
                one
                for one in self.decisions
                if one.step < first
                or (one.step, one.token_id) in (members if one in in_force else judged | barred)
            ]
        )

    @property
    def tally(self) -> PruningTally:
        """Return what pruning did so far."""
        judged = {(step, token) for step, tokens in self._judged.items() for token in tokens}
        gone = {(one.step, one.token_id) for one in self.decisions if one.effect.leaves}
        return PruningTally.of(
            self.decisions,
            judged=len(judged),
            left=len(judged & gone),
            rows_freed=self.rows_freed,
            lost=1.0 - self._staying,
        )
