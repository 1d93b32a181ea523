"""The pruning of one run: what is judged when, what was decided, and what it added up to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from tempo.application.pruning.candidates import CandidateJudge
from tempo.application.pruning.effects import free_rows, plan_of, redo_trellis, weigh
from tempo.application.pruning.log import PruningLog
from tempo.application.pruning.retrospection import Retrospection
from tempo.domain.events import CandidatesPruned
from tempo.domain.pruning.judged_sets import JudgedSets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tempo.application.decoding.asking import Asking
    from tempo.application.decoding.request import GenerationRequest
    from tempo.application.decoding.sequence_state import SequenceState
    from tempo.application.pruning.candidates import CandidateSet
    from tempo.application.pruning.effects import Plan
    from tempo.application.pruning.log import Decisions
    from tempo.domain.ports.attention_source import AttentionSource
    from tempo.domain.ports.clustering import Clustering
    from tempo.domain.pruning.candidates import CandidateRule
    from tempo.domain.pruning.tally import PruningTally
    from tempo.domain.pruning.verdict import Judged, Verdict
    from tempo.domain.tokens import LogicalStep, TokenId
    from tempo.domain.trellis import Trellis

Verdicts = tuple["Verdict", ...]
GoBack = Callable[[int], "Asking[Decisions]"]

NOTHING: Mapping[TokenId, str] = {}


class PruningRun:
    """What a run prunes, and the log of it."""

    def __init__(self, request: GenerationRequest, clustering: Clustering | None) -> None:
        """Prune as a request asks; nothing if it asks for nothing."""
        self._request = request
        self._clustering = clustering
        self._judge: CandidateJudge | None = None
        if request.strategy is not None:
            self._judge = CandidateJudge(request.strategy, clustering, request.max_steps)
        self._sets = JudgedSets()
        self._back: Retrospection | None = None
        if request.retroactive is not None:
            captured = request.session_rules.capture.received
            self._back = Retrospection(request.retroactive, request.max_steps, captured)
        self._dropped: dict[int, Mapping[TokenId, str]] = {}
        self._log = PruningLog()
        self.judged: tuple[Judged, ...] = ()
        # Marks of later steps still hold what left with no step decoded again.
        self._stale: LogicalStep | None = None

    def copy(self) -> PruningRun:
        """Return an equal one that goes its own way."""
        twin = PruningRun(self._request, self._clustering)
        twin.rewind(self)
        return twin

    def rewind(self, earlier: PruningRun) -> None:
        """Become what a copy kept."""
        self._sets = earlier._sets
        self._back = earlier._back and earlier._back.copy()
        self._dropped = dict(earlier._dropped)
        self._log, self._stale = earlier._log.copy(), earlier._stale

    @property
    def decisions(self) -> Decisions:
        """What was decided so far."""
        return self._log.decisions

    def go_back_to(self, earlier: PruningRun, trellis: Trellis) -> None:
        """Become what a copy kept when the run came to the state that `trellis` has again.

        A copy made while steps were decoded again knows what was decided of those after it. Of
        that, what left stays out; what stays is weighed once its time has come again.
        """
        self.rewind(earlier)
        if self._request.goes_back:
            self._log.await_step(trellis.next_number)
            self._log.keep_holding(0, trellis, self._dropped)

    def begin_after(self, steps: int) -> None:
        """Judge no step before those that follow so many committed ones."""
        if self._back is not None:
            self._back.begin_after(steps)

    def observe_again_from(self, number: int, earlier: PruningRun) -> None:
        """Forget what was seen of the steps from `number` on, since they are decoded again.

        Verdicts on what was kept stay, and so does what they decided. What a strategy dropped was
        never kept: it is judged again.
        """
        self._log.decoded_again_from(number, self._dropped)
        self._sets = earlier._sets
        if self._back is not None and earlier._back is not None:
            self._back.observe_again_from(earlier._back)

    def final(self, decoded: int) -> int:
        """Return how many of the decoded steps hold a text that no pruning can change any more.

        Taking candidates away changes no text that all live hypotheses share; going back, or
        taking away whole steps, does.
        """
        if self._back is None or not self._request.rewrites_text:
            return decoded
        return min(decoded, self._back.final)

    def dropped(self, number: int) -> Mapping[TokenId, str]:
        """Return the tokens that a step must not keep, with the reasons."""
        return self._dropped.get(number, NOTHING)

    def judges(self, candidates: int) -> bool:
        """Whether a set of so many is judged before it is kept."""
        return self._rule(candidates) is not None

    def feeds(self, candidates: int) -> bool:
        """Whether the rows of a set of so many are looked at before it is kept."""
        rule = self._rule(candidates)
        return rule is not None and rule.feeds

    def _rule(self, candidates: int) -> CandidateRule | None:
        return None if self._judge is None else self._judge.rule(candidates, self._sets)

    def judge_candidates(self, candidates: CandidateSet, session: AttentionSource) -> Verdicts:
        """Return one verdict a candidate of a set that a rule judges.

        Raises:
            NonFiniteLogitsError: if the rows were not finite.
        """
        if self._judge is None:
            return ()
        judgement = self._judge.judge(candidates, session, self._sets)
        self._sets = judgement.judged
        return judgement.verdicts

    def drop(self, decisions: Decisions, judged: CandidateSet, rows_freed: int) -> None:
        """Note what was dropped of a set before it was kept."""
        self._log.decisions += decisions
        self._log.judged(judged.step, judged.token_ids)
        self._log.rows_freed += rows_freed

    @property
    def tally(self) -> PruningTally:
        """What pruning did so far."""
        return replace(self._log.tally, notes=self._sets.notes)

    def observe(self, trellis: Trellis, state: SequenceState) -> None:
        """Take down what the pass that was just fed attended to."""
        if self._back is not None:
            self._back.observe(trellis, state)

    def look_back(
        self, trellis: Trellis, state: SequenceState, go_back: GoBack
    ) -> Asking[CandidatesPruned | None]:
        """Judge earlier steps and do what the verdicts say.

        `go_back` goes back to before a step and decodes on to the newest, keeping nothing that
        left, and returns what a strategy dropped on the way; it is called where rows that saw a
        pruned token are to be recomputed.
        """
        if self._back is None:
            return None
        again, self.judged = self._taken_up(trellis, state), ()
        judgement = self._back.judge(trellis)
        if judgement is None:
            return again
        self.judged = judgement.told(trellis)
        for step, tokens in judgement.judged.items():
            self._log.judged(step, tokens)
        plan = plan_of(judgement, trellis)
        if plan is None:
            return again
        told = yield from self._carry_out(plan, trellis, state, go_back)
        return told if again is None else _joined(again, told, trellis)

    def _carry_out(
        self, plan: Plan, trellis: Trellis, state: SequenceState, go_back: GoBack
    ) -> Asking[CandidatesPruned]:
        lost = redo_trellis(plan, trellis)
        if self._request.goes_back and plan.has_roots:
            plan = plan.recomputed(self._from(plan))
        self._log.decisions += plan.decisions
        self._log.lost(lost)
        freed, dropped_again = yield from self._freed(plan, trellis, state, go_back)
        self._log.rows_freed += freed
        told = plan.decisions
        if self._request.goes_back and plan.has_roots:
            self._log.keep_holding(plan.first, trellis, self._dropped)
            told = tuple(one for one in told if one in self.decisions)
        return CandidatesPruned(
            decisions=told + dropped_again,
            steps=tuple(trellis.steps_from(plan.first)),
            removed=plan.removed,
            lost=lost,
            released=freed,
            cache_rows=state.cache_rows,
        )

    def _from(self, plan: Plan) -> LogicalStep:
        """Return the first step that a plan changes, or whose mark is older than what left."""
        return plan.first if self._stale is None else min(plan.first, self._stale)

    def _freed(
        self, plan: Plan, trellis: Trellis, state: SequenceState, go_back: GoBack
    ) -> Asking[tuple[int, Decisions]]:
        """Let the cache follow the trellis; return how many rows left it, and what else did."""
        if not self._request.goes_back:
            freed = free_rows(plan, trellis, state)
            return freed + weigh(plan.weighed, trellis, state, hold=self._holds), ()
        for one in plan.barred:
            reasons = {**self.dropped(one.step), one.token_id: one.reason}
            self._dropped[one.step] = reasons
        if not plan.has_roots:
            self._stale = self._from(plan)
            return free_rows(plan, trellis, state) + self.weigh_again(trellis, state), ()
        before, newest, self._stale = state.cache_rows, trellis.next_number, None
        dropped_again = yield from go_back(plan.first)
        for number in range(trellis.next_number, newest):  # it may have found its end before
            self._weigh_as_at(number, trellis, state)
        return max(0, before - state.cache_rows), dropped_again

    def _taken_up(self, trellis: Trellis, state: SequenceState) -> CandidatesPruned | None:
        """Let hold again what was once decided at the newest step; None if nothing was."""
        decisions = self._log.taken_up(trellis)
        if not decisions:
            return None
        released = self.weigh_again(trellis, state)
        return CandidatesPruned(
            decisions=decisions,
            steps=tuple(trellis.steps_from(min(one.step for one in decisions))),
            removed=(),
            lost=0.0,
            released=released,
            cache_rows=state.cache_rows,
        )

    def weigh_again(self, trellis: Trellis, state: SequenceState) -> int:
        """Let later tokens see members as the newest step let them; return the rows that left."""
        return self._weigh_as_at(trellis.steps[-1].step, trellis, state)

    def _weigh_as_at(self, number: int, trellis: Trellis, state: SequenceState) -> int:
        return weigh(self._log.weighed_at(number), trellis, state, hold=self._holds)

    @property
    def _holds(self) -> bool:
        """Whether what none sees stays in the cache, so that it can be seen again."""
        pruning = self._request.retroactive
        return pruning is not None and not pruning.monotone


def _joined(one: CandidatesPruned, other: CandidatesPruned, trellis: Trellis) -> CandidatesPruned:
    """Return two events of one moment as one."""
    first = min(step.step for step in (*one.steps, *other.steps))
    return replace(
        other,
        decisions=one.decisions + other.decisions,
        steps=tuple(trellis.steps_from(first)),
        released=one.released + other.released,
    )
