"""A lattice's answers, computed anew from its transitions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tempo.application.decoding.recording import with_posteriors
from tempo.application.decoding.settling import SettledText, best_hypothesis, chain_from
from tempo.application.records.record import record_of
from tempo.domain.superposition import path_superposition
from tempo.domain.tokens import Slot
from tempo.domain.trellis import Trellis

if TYPE_CHECKING:
    from tempo.application.records.record import Provenance, RunRecord
    from tempo.domain.hypothesis import Hypothesis
    from tempo.domain.lattice import Lattice, LatticeStep


class ReplayedRun:
    """A run that takes its steps from a lattice instead of a model.

    What the model gave is kept: candidates, probabilities, transitions, and which members ended.
    What follows from that is computed anew: weights, scores, parents and masses.
    """

    def __init__(self) -> None:
        """Start before the first step."""
        self._trellis = Trellis(path_superposition())
        self._next_slot = 0

    @property
    def steps(self) -> list[LatticeStep]:
        """The steps so far."""
        return self._trellis.steps

    @property
    def finished(self) -> tuple[Hypothesis, ...]:
        """The finished hypotheses, in the order in which they finished."""
        return self._trellis.ending.finished

    @property
    def live(self) -> tuple[Hypothesis, ...]:
        """The unfinished hypotheses, in the order of the newest step's members."""
        return self._trellis.live

    def follow(self, step: LatticeStep) -> None:
        """Take the next step."""
        live = range(len(step.token_set.live_indices))
        slots = tuple(Slot(self._next_slot + place) for place in live)
        self._next_slot += len(slots)
        self._trellis.follow(step, slots)


def replayed(lattice: Lattice, provenance: Provenance) -> RunRecord:
    """Return the record that a lattice's transitions give, whatever was stored beside them.

    A run that streamed promised its text while it settled, and its best path starts with that.
    """
    run = ReplayedRun()
    for step in lattice.steps:
        run.follow(step)
    settled = SettledText.promised(run, provenance.settled)
    best = best_hypothesis(run, settled)
    members = () if best is None else tuple(chain_from(run, best.step, best.member, 0))
    steps = tuple(run.steps)
    found = with_posteriors(replace(lattice, steps=steps))
    return record_of(found, members, provenance)
