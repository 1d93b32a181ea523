"""The pruning of one run: what is judged when, what was decided, and what it added up to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from tempo.application.pruning.candidates import CandidateJudge
from tempo.application.pruning.effects import free_rows, plan_of, redo_trellis, weigh
from tempo.application.pruning.retrospection import Retrospection
from tempo.domain.events import CandidatesPruned
from tempo.domain.pruning.decision import Effect
from tempo.domain.pruning.judged_sets import JudgedSets
from tempo.domain.pruning.tally import PruningTally

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tempo.application.decoding.request import GenerationRequest
    from tempo.application.decoding.sequence_state import SequenceState
    from tempo.application.pruning.candidates import CandidateSet
    from tempo.application.pruning.effects import Address, Plan, Weighing
    from tempo.domain.ports.attention_source import AttentionSource
    from tempo.domain.ports.clustering import Clustering
    from tempo.domain.pruning.candidates import CandidateRule
    from tempo.domain.pruning.decision import PruningDecision
    from tempo.domain.pruning.verdict import Verdict
    from tempo.domain.tokens import LogicalStep, TokenId
    from tempo.domain.trellis import Trellis

Verdicts = tuple["Verdict", ...]
Decisions = tuple["PruningDecision", ...]
GoBack = Callable[[int], Decisions]

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
        self._dropped: dict[int, dict[TokenId, str]] = {}
        self._weighed: dict[LogicalStep, Mapping[Address, Weighing]] = {}
        self.decisions: tuple[PruningDecision, ...] = ()
        self._judged: dict[int, frozenset[TokenId]] = {}
        self._rows_freed = 0
        self._staying = 1.0

    def copy(self) -> PruningRun:
        """Return an equal one that goes its own way."""
        twin = PruningRun(self._request, self._clustering)
        twin.rewind(self)
        return twin

    def rewind(self, earlier: PruningRun) -> None:
        """Become what a copy kept."""
        self._sets = earlier._sets
        self._back = earlier._back and earlier._back.copy()
        self._dropped = {number: dict(tokens) for number, tokens in earlier._dropped.items()}
        self._weighed = dict(earlier._weighed)
        self.decisions, self._staying = earlier.decisions, earlier._staying
        self._judged, self._rows_freed = dict(earlier._judged), earlier._rows_freed

    def begin_after(self, steps: int) -> None:
        """Judge no step before those that follow so many committed ones."""
        if self._back is not None:
            self._back.begin_after(steps)

    def observe_again_from(self, number: int, earlier: PruningRun) -> None:
        """Forget what was seen of the steps from `number` on, since they are decoded again.

        Verdicts on what was kept stay, and so does what they decided. What a strategy dropped was
        never kept: it is judged again.
        """
        self.decisions = tuple(
            [one for one in self.decisions if one.step < number or one.effect is not Effect.DROPPED]
        )
        for step in [step for step in self._judged if step > number]:
            self._judged[step] = self._judged[step].intersection(self.dropped(step))
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

    def drop(
        self, decisions: tuple[PruningDecision, ...], judged: CandidateSet, rows_freed: int
    ) -> None:
        """Note what was dropped of a set before it was kept."""
        self.decisions += decisions
        self._look_at(judged.step, judged.token_ids)
        self._rows_freed += rows_freed

    def _look_at(self, step: int, tokens: tuple[TokenId, ...]) -> None:
        """Count candidates as judged, each once, however many rules look at it."""
        self._judged[step] = self._judged.get(step, frozenset()).union(tokens)

    @property
    def tally(self) -> PruningTally:
        """What pruning did so far."""
        judged = {(step, token) for step, tokens in self._judged.items() for token in tokens}
        gone = {(one.step, one.token_id) for one in self.decisions if one.effect.leaves}
        tally = PruningTally.of(
            self.decisions,
            judged=len(judged),
            left=len(judged & gone),
            rows_freed=self._rows_freed,
            lost=1.0 - self._staying,
        )
        return replace(tally, notes=self._sets.notes)

    def observe(self, trellis: Trellis, state: SequenceState) -> None:
        """Take down what the pass that was just fed attended to."""
        if self._back is not None:
            self._back.observe(trellis, state)

    def look_back(
        self, trellis: Trellis, state: SequenceState, go_back: GoBack
    ) -> CandidatesPruned | None:
        """Judge earlier steps and do what the verdicts say.

        `go_back` goes back to before a step and decodes on to the newest, keeping nothing that
        left, and returns what a strategy dropped on the way; it is called where rows that saw a
        pruned token are to be recomputed.
        """
        if self._back is None:
            return None
        judgement = self._back.judge(trellis)
        if judgement is None:
            return None
        for step, tokens in judgement.judged.items():
            self._look_at(step, tokens)
        plan = plan_of(judgement, trellis)
        if plan is None:
            return None
        lost = redo_trellis(plan, trellis)
        if self._request.goes_back and plan.has_roots:
            plan = plan.recomputed()
        self.decisions += plan.decisions
        self._staying *= 1.0 - lost
        freed, dropped_again = self._freed(plan, trellis, state, go_back)
        self._rows_freed += freed
        told = plan.decisions
        if self._request.goes_back and plan.has_roots:
            told = self._holding(told, plan.first, trellis)
            self.decisions = self._holding(self.decisions, plan.first, trellis)
        return CandidatesPruned(
            decisions=told + dropped_again,
            steps=tuple(trellis.steps_from(plan.first)),
            removed=plan.removed,
            lost=lost,
            released=freed,
            cache_rows=state.cache_rows,
        )

    def _freed(
        self, plan: Plan, trellis: Trellis, state: SequenceState, go_back: GoBack
    ) -> tuple[int, Decisions]:
        """Let the cache follow the trellis; return how many rows left it, and what else did."""
        if not self._request.goes_back:
            freed = free_rows(plan, trellis, state)
            return freed + weigh(plan.weights, trellis, state, hold=self._holds), ()
        self._weighed[trellis.steps[-1].step] = plan.weights
        for one in plan.barred:
            self._dropped.setdefault(one.step, {})[one.token_id] = one.reason
        if not plan.has_roots:
            return free_rows(plan, trellis, state) + self.weigh_again(trellis, state), ()
        before = state.cache_rows
        dropped_again = go_back(plan.first)
        return max(0, before - state.cache_rows), dropped_again

    def _holding(self, decisions: Decisions, first: int, trellis: Trellis) -> Decisions:
        """Return those that hold although their steps, from `first` on, were decoded again.

        A step may have other candidates then; what was said of one that it has no more is void.
        """
        there = {
            (step.step, one.token_id)
            for step in trellis.steps_from(first)
            for one in step.candidates
            if one.reason is not None
        }
        return tuple(
            one
            for one in decisions
            if one.step < first
            or (one.step, one.token_id) in there
            or one.token_id in self.dropped(one.step)
        )

    def weigh_again(self, trellis: Trellis, state: SequenceState) -> int:
        """Let later tokens see members as the newest step let them; return the rows that left."""
        weights = self._weighed.get(trellis.steps[-1].step, {})
        return weigh(weights, trellis, state, hold=self._holds)

    @property
    def _holds(self) -> bool:
        """Whether what none sees stays in the cache, so that it can be seen again."""
        pruning = self._request.retroactive
        return pruning is not None and not pruning.monotone
