"""A part of a kept run, step by step: the numbers that pictures of it show."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tempo.application.settings.reading import merged
from tempo.application.settings.threshold_preview import preview_of
from tempo.domain.errors import InvalidValueError, TempoError
from tempo.domain.pruning.decision import Effect
from tempo.domain.schedule import SELECTION
from tempo.domain.text import is_unattended
from tempo.domain.tokens import CandidateState

if TYPE_CHECKING:
    from tempo.application.records.record import RunRecord
    from tempo.application.settings.threshold_preview import ThresholdPreview
    from tempo.domain.lattice import LatticeStep
    from tempo.domain.pruning.decision import PruningDecision
    from tempo.domain.tokens import Candidate

SPAN = re.compile(r"(\d*):(\d*)")

LEFT_LATER = frozenset({Effect.PRUNED, Effect.DESCENDANT, Effect.POSITION_REMOVED})
"""Effects on tokens that the model had been fed."""


@dataclass(frozen=True, slots=True)
class StepSpan:
    """Steps from `first` up to, and without, `end`; None is the last step's end.

    Raises:
        InvalidValueError: for a span that no step can lie in.
    """

    first: int = 0
    end: int | None = None

    def __post_init__(self) -> None:
        if self.first < 0 or (self.end is not None and self.end <= self.first):
            end = "" if self.end is None else self.end
            message = f"steps is {self.first}:{end}; it must be A:B with 0 <= A < B"
            raise InvalidValueError(message)

    @classmethod
    def read(cls, text: str) -> StepSpan:
        """Read A:B, either of which may be left out.

        Raises:
            InvalidValueError: for anything else.
        """
        found = SPAN.fullmatch(text)
        if found is None:
            message = (
                f"steps is {text!r}; give A:B, two whole numbers such as 20:40 (step 40 is not "
                "among them), or A: or :B"
            )
            raise InvalidValueError(message)
        return cls(int(found[1] or 0), int(found[2]) if found[2] else None)


WHOLE = StepSpan()


@dataclass(frozen=True, slots=True)
class StepFigures:
    """What became of one step's candidates, and the numbers that decided it.

    Attributes:
        step: its number.
        seen: live members that later tokens see.
        unseen: live members that later tokens do not see.
        finished: members that end.
        pruned: candidates that a rule of pruning took away.
        cut: tokens over the threshold that the width cap left out.
        entropy: of the readout, in nats, at least 0.
        kept_mass: probability that an ordinary sample stays in the lattice here.
        threshold: the probability that candidates had to reach.
        shown: probability of the best path's token, None where there is none.
        least_passed: lowest probability among the considered that were not under the threshold.
        most_refused: highest probability among the considered that were; None where none was.
    """

    step: int
    seen: int
    unseen: int
    finished: int
    pruned: int
    cut: int
    entropy: float
    kept_mass: float
    threshold: float
    shown: float | None
    least_passed: float
    most_refused: float | None

    @property
    def width(self) -> int:
        """Members: what the lattice holds of the step."""
        return self.seen + self.unseen + self.finished

    @classmethod
    def of(cls, step: LatticeStep, best: int | None) -> StepFigures:
        """Read them off a step; `best` is the member that the best path passes through."""
        members = step.token_set.members
        below = [
            one.probability
            for one in step.candidates
            if one.state is CandidateState.BELOW_THRESHOLD
        ]
        passed = [
            one.probability
            for one in step.candidates
            if one.state is not CandidateState.BELOW_THRESHOLD
        ]
        finished = len(members) - len(step.token_set.live_indices)
        unseen = sum(map(is_unattended, step.token_set.live))
        return cls(
            step=step.step,
            seen=len(members) - finished - unseen,
            unseen=unseen,
            finished=finished,
            pruned=sum(one.state is CandidateState.PRUNED for one in step.candidates),
            cut=step.cut,
            entropy=max(0.0, step.entropy),
            kept_mass=step.kept_mass,
            threshold=step.threshold,
            shown=None if best is None else members[best].probability,
            least_passed=min(passed),
            most_refused=max(below, default=None),
        )


@dataclass(frozen=True, slots=True)
class PlacedStep:
    """A step, and the member that the best path passes through, None where it passes none."""

    step: LatticeStep
    best: int | None

    @property
    def shown(self) -> Candidate | None:
        """The best path's token."""
        return None if self.best is None else self.step.token_set.members[self.best]


@dataclass(frozen=True, slots=True, eq=False)
class RunView:
    """A span of a run's steps under a name.

    Attributes:
        name: what pictures call the run.
        record: all of it.
        span: which steps are looked at.

    Raises:
        InvalidValueError: if none of the run's steps lies in the span.
    """

    name: str
    record: RunRecord
    span: StepSpan = WHOLE

    def __post_init__(self) -> None:
        decoded = self.record.lattice.decoded
        if not decoded:
            message = f"{self.name} has no step to draw; decode at least one"
            raise InvalidValueError(message)
        if not self.placed:
            message = (
                f"{self.name} has {decoded} steps (from 0), and none that is there lies in "
                f"{self.span.first}:{'' if self.span.end is None else self.span.end}; "
                "choose others"
            )
            raise InvalidValueError(message)

    @property
    def first(self) -> int:
        """The first step's number."""
        return self.span.first

    @property
    def end(self) -> int:
        """One more than the last step's number."""
        decoded = self.record.lattice.decoded
        return decoded if self.span.end is None else min(decoded, self.span.end)

    @property
    def placed(self) -> tuple[PlacedStep, ...]:
        """The steps that are there, in order."""
        best = self.record.best
        return tuple(
            PlacedStep(step, best[index] if index < len(best) else None)
            for index, step in enumerate(self.record.lattice.steps)
            if self.first <= step.step < self.end
        )

    @property
    def removed(self) -> tuple[int, ...]:
        """The numbers of the steps that left as a whole."""
        there = {placed.step.step for placed in self.placed}
        return tuple(number for number in range(self.first, self.end) if number not in there)

    @property
    def figures(self) -> tuple[StepFigures, ...]:
        """The numbers of each step that is there."""
        return tuple(StepFigures.of(placed.step, placed.best) for placed in self.placed)

    @property
    def decisions(self) -> tuple[PruningDecision, ...]:
        """What was decided about tokens of these steps."""
        return tuple(
            one for one in self.record.lattice.decisions if self.first <= one.step < self.end
        )

    @property
    def rows_kept(self) -> tuple[int, ...]:
        """Tokens that the lattice holds, for each step from `first` up to `end`."""
        widths = {int(placed.step.step): placed.step.width for placed in self.placed}
        return tuple(widths.get(number, 0) for number in range(self.first, self.end))

    @property
    def rows_fed(self) -> tuple[int, ...]:
        """The same with the tokens that were fed and left later."""
        gone = {(one.step, one.token_id) for one in self.decisions if one.effect in LEFT_LATER}
        for placed in self.placed:
            gone -= {(placed.step.step, one.token_id) for one in placed.step.token_set.members}
        left = [int(step) for step, _ in gone]
        numbers = range(self.first, self.end)
        return tuple(
            kept + left.count(number) for number, kept in zip(numbers, self.rows_kept, strict=True)
        )

    @property
    def schedule(self) -> ThresholdPreview | None:
        """The selection threshold as it was set, None where the record does not say."""
        known = self.record.provenance.settings
        if known is None:
            return None
        try:
            preview = preview_of(merged(known))
        except TempoError:  # settings of another version, or greedy decoding, which asks none
            return None
        return preview if preview.setting == SELECTION else None
