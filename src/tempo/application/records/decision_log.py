"""Whether a record's log of decisions tells what its candidates show, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tempo.domain.commitment import PASSED_OVER
from tempo.domain.pruning.decision import Effect
from tempo.domain.pruning.retroactive import AfterPruning
from tempo.domain.selection import TIE_MARGIN
from tempo.domain.tokens import CandidateState

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tempo.application.records.agreement import Entry
    from tempo.application.records.record import RunRecord
    from tempo.domain.lattice import LatticeStep
    from tempo.domain.pruning.decision import PruningDecision
    from tempo.domain.tokens import Candidate, LogicalStep, TokenId

Key = tuple["LogicalStep", "TokenId"]

NO_DECISION = "no decision"


class DecisionLog:
    """A record's decisions, held against its candidates.

    A run that decodes steps again leaves decisions on candidates, even on steps, that it met only
    the first time; of such a run, and of one that does not say, less is claimed.
    """

    def __init__(self, record: RunRecord) -> None:
        """Read the log of a record."""
        self._lattice = record.lattice
        self._known = record.provenance
        self._again = _may_decode_again(self._known.settings)
        self._last: dict[Key, int] = {
            (one.step, one.token_id): index for index, one in enumerate(self._lattice.decisions)
        }
        self._steps = {step.step: step for step in self._lattice.steps}
        self._removed = {
            one.step for one in self._lattice.decisions if one.effect is Effect.POSITION_REMOVED
        }

    def entries(self) -> Iterator[Entry]:
        """Yield what the log says and what was found, decisions first, candidates after them."""
        for index, one in enumerate(self._lattice.decisions):
            yield from self._of_decision(f"decisions[{index}]", index, one)
        for number, step in enumerate(self._lattice.steps):
            for index, candidate in enumerate(step.candidates):
                place = f"steps[{number}].candidates[{index}]"
                last = self._last.get((step.step, candidate.token_id))
                if last is not None:
                    decision = self._lattice.decisions[last]
                    yield from self._of_candidate(place, step, candidate, decision)
                elif self._needs_decision(number, step, candidate):
                    yield f"{place}.reason", candidate.reason or candidate.state.value, NO_DECISION

    def _of_decision(self, place: str, index: int, one: PruningDecision) -> Iterator[Entry]:
        final = self._last[one.step, one.token_id] == index
        yield f"{place}.step", one.step, one.step if self._was_there(one.step) else None
        step = self._steps.get(one.step)
        if step is not None and not self._again:
            considered = any(one.token_id == other.token_id for other in step.candidates)
            yield f"{place}.token_id", one.token_id, one.token_id if considered else None
        yield f"{place}.decided_at", one.decided_at, self._moment(one)
        fits = (one.effect is Effect.WEAKENED) == (one.weight > 0.0)
        if one.effect.leaves and not (final or self._again):
            fits = False  # nothing is decided of what is gone
        yield f"{place}.effect", one.effect.value, one.effect.value if fits else None

    def _was_there(self, step: LogicalStep) -> bool:
        """Whether a step was decoded, though it may have left as a whole."""
        if step in self._steps or self._may_have_ended:
            return True
        return step < self._lattice.decoded and (self._again or step in self._removed)

    def _moment(self, one: PruningDecision) -> int | None:
        """Return when a decision fell, None where the run did not come so far."""
        too_late = one.decided_at >= self._lattice.decoded and not self._may_have_ended
        at_once = one.effect is not Effect.DROPPED or one.decided_at == one.step
        return one.decided_at if at_once and not too_late else None

    @property
    def _may_have_ended(self) -> bool:
        """Whether a run may have ended while it decoded steps again, before it came so far."""
        steps = self._lattice.steps
        ended = bool(steps) and not steps[-1].token_set.live_indices
        return self._again and (ended or self._known.steered)

    def _of_candidate(
        self, place: str, step: LatticeStep, one: Candidate, decision: PruningDecision
    ) -> Iterator[Entry]:
        if self._again and not _is_judged(one):
            if not (decision.effect.leaves and _may_stand(step, one)):
                yield f"{place}.reason", one.reason, decision.reason
            return
        yield f"{place}.reason", one.reason, decision.reason
        leaves, member = decision.effect.leaves, one.state.is_member
        wanted = CandidateState.PRUNED if leaves else CandidateState.KEPT
        fits = member and not leaves
        yield f"{place}.state", one.state.value, one.state.value if fits else wanted.value
        if member:
            yield f"{place}.attention", one.attention, decision.weight

    def _needs_decision(self, number: int, step: LatticeStep, one: Candidate) -> bool:
        """Whether what a candidate shows was decided in this run, and by no person."""
        if number < self._known.committed or not _is_judged(one):
            return False
        chosen = self._known.steered and (step.width == 1 or one.reason == PASSED_OVER)
        return one.state.is_member or not chosen


def _may_decode_again(settings: Mapping[str, object] | None) -> bool:
    return settings is None or settings.get("after_pruning") == AfterPruning.RECOMPUTE.value


def _is_judged(one: Candidate) -> bool:
    pruned = one.state is CandidateState.PRUNED
    return pruned or one.attention < 1.0 or one.reason is not None


def _may_stand(step: LatticeStep, one: Candidate) -> bool:
    """Whether a candidate, decoded again, may be there as it is: kept after all, or cut."""
    if one.state is CandidateState.BELOW_THRESHOLD:
        return one.probability <= step.threshold + TIE_MARGIN
    return one.state is not CandidateState.OVER_CAP or step.cut > 0
