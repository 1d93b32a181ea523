"""A lattice's answers, computed anew from its transitions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from tempo.application.recording import with_posteriors
from tempo.application.run_record import record_of
from tempo.application.settling import SettledText, best_hypothesis, chain_from
from tempo.domain.ancestry import Ancestry
from tempo.domain.ending import Ending
from tempo.domain.frontier import Frontier, carry_forward
from tempo.domain.lattice import Lattice
from tempo.domain.tokens import Slot, TokenSet

if TYPE_CHECKING:
    from tempo.application.run_record import Provenance, RunRecord
    from tempo.domain.frontier import Transition
    from tempo.domain.hypothesis import Hypothesis
    from tempo.domain.lattice import LatticeStep
    from tempo.domain.tokens import Candidate


class ReplayedRun:
    """A run that takes its steps from a lattice instead of a model.

    What the model gave is kept: candidates, probabilities, transitions, and which members ended.
    What follows from that is computed anew: weights, scores, parents and masses.
    """

    def __init__(self) -> None:
        """Start before the first step."""
        self.steps: list[LatticeStep] = []
        self.ancestry = Ancestry()
        self.frontier = Frontier.of_prompt()
        self.ending = Ending()
        self._next_slot = 0

    @property
    def finished(self) -> tuple[Hypothesis, ...]:
        """The finished hypotheses, in the order in which they finished."""
        return self.ending.finished

    @property
    def finished_mass(self) -> float:
        """The share of the finished hypotheses, in [0, 1]."""
        return self.ending.mass

    @property
    def live(self) -> tuple[Hypothesis, ...]:
        """The unfinished hypotheses, in the order of the newest step's members."""
        if not self.steps:
            return ()
        live = self.steps[-1].token_set.live_indices
        return self.ending.going_on(len(self.steps) - 1, live, self.frontier.scores.tolist())

    def follow(self, step: LatticeStep) -> None:
        """Take the next step."""
        transition = carry_forward(self.frontier, step.transitions, step.plain_transitions)
        live = step.token_set.live_indices
        self.ending = self.ending.after(transition, live, len(self.steps))
        before, self.frontier = self.frontier, self._onward(transition, live)
        members = self._members(step, transition)
        self.steps.append(
            replace(
                step,
                token_set=TokenSet(step.step, members),
                kept_mass=transition.kept_mass,
                finished_mass=self.ending.mass,
            )
        )
        if live:
            parents = transition.among(live).best_parent
            slots = before.slots
            self.ancestry.grow(
                self.frontier.slots, [slots[row] if slots else None for row in parents]
            )

    def _onward(self, transition: Transition, live: tuple[int, ...]) -> Frontier:
        if not live:
            return Frontier((), np.empty(0), np.empty(0), np.empty(0))
        onward = transition.among(live)
        slots = tuple(Slot(self._next_slot + index) for index in range(len(live)))
        self._next_slot += len(live)
        return Frontier(slots, onward.weights, onward.scores, onward.plain_scores)

    def _members(self, step: LatticeStep, transition: Transition) -> tuple[Candidate, ...]:
        rows = self.steps[-1].token_set.live_indices if self.steps else ()
        live = step.token_set.live_indices
        weights = dict(zip(live, self.frontier.weights.tolist(), strict=True))
        return tuple(
            replace(
                member,
                weight=weights.get(index, 0.0),
                score=float(transition.scores[index]),
                parent=rows[transition.best_parent[index]] if rows else None,
                posterior=None,
            )
            for index, member in enumerate(step.token_set.members)
        )


def replayed(lattice: Lattice, provenance: Provenance) -> RunRecord:
    """Return the record that a lattice's transitions give, whatever was stored beside them.

    A run that streamed promised its text while it settled, and its best path starts with that; a
    steered one promised nothing.
    """
    run = ReplayedRun()
    settled = SettledText(provenance.stop_bytes)
    for step in lattice.steps:
        run.follow(step)
        if step.token_set.live_indices and not provenance.steered:
            settled.follow(run)
    best = best_hypothesis(run, settled)
    members = () if best is None else tuple(chain_from(run, best.step, best.member, 0))
    found = with_posteriors(Lattice(lattice.prompt_ids, tuple(run.steps)))
    return record_of(found, members, provenance)
