"""Judging a step's candidates before they are kept: what a strategy is shown of the model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tempo.domain.errors import InvalidValueError, NonFiniteLogitsError
from tempo.domain.pruning.candidates import CandidateTraits
from tempo.domain.pruning.verdict import require_one_each, require_one_stays

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.domain.ports.attention_source import AttentionSource
    from tempo.domain.ports.clustering import Clustering
    from tempo.domain.proposal import FloatArray
    from tempo.domain.pruning.candidates import CandidateRule, CandidateStrategy
    from tempo.domain.pruning.judged_sets import JudgedSets
    from tempo.domain.pruning.verdict import Verdict
    from tempo.domain.tokens import TokenId

CONTEXT = 20
"""So many of the best path's last tokens, prompt included, are the recent context."""


@dataclass(frozen=True, slots=True, eq=False)
class CandidateSet:
    """A step's `m` selected candidates that would go on, most probable first.

    Attributes:
        step: the set's own, 0-based.
        token_ids: [m] the candidates.
        probabilities: [m] of the readout, in [0, 1].
        context: the best path's tokens, prompt included, at least the last `CONTEXT` of them; not
            looked at where the candidates' rows were fed.
        weights: [k] forward weights of the rows before, 0 for rows that were not kept; not looked
            at where the candidates' rows were fed.
    """

    step: int
    token_ids: tuple[TokenId, ...]
    probabilities: FloatArray
    context: Sequence[TokenId] = ()
    weights: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class CandidateJudgement:
    """What became of one set.

    Attributes:
        verdicts: [m] one a candidate; empty for a set that is not judged.
        judged: the run's sets with this one.
    """

    verdicts: tuple[Verdict, ...]
    judged: JudgedSets


class CandidateJudge:
    """Shows each set's rule what it asks for.

    For each set, ask `rule` first. Where it feeds, the candidates' rows go through the model, in
    their order, before `judge` is called, which copies from them once; otherwise `judge` looks at
    the rows that the candidates were read from, and nothing is fed.
    """

    def __init__(
        self, strategy: CandidateStrategy, clustering: Clustering | None, max_steps: int
    ) -> None:
        """Judge the sets of a run of `max_steps` steps; not every rule needs a clustering."""
        self._strategy = strategy
        self._clustering = clustering
        self._max_steps = max_steps

    def rule(self, candidates: int, judged: JudgedSets) -> CandidateRule | None:
        """Return whose turn it is; None for a set of fewer than two, which is not judged."""
        return self._strategy.at(judged.count) if candidates > 1 else None

    def judge(
        self, candidates: CandidateSet, session: AttentionSource, judged: JudgedSets
    ) -> CandidateJudgement:
        """Return one verdict a candidate, and the run's sets with this one.

        Raises:
            NonFiniteLogitsError: if the rows were not finite.
            InvalidValueError: for a rule that does not judge each candidate, or lets none stay.
        """
        rule = self.rule(len(candidates.token_ids), judged)
        if rule is None:
            return CandidateJudgement((), judged)
        show = self._rows if rule.feeds else self._embeddings
        verdicts = rule.verdicts(show(rule, candidates, session), candidates.step, self._max_steps)
        require_one_each(verdicts, len(candidates.token_ids), rule)
        require_one_stays(verdicts, rule)
        return CandidateJudgement(verdicts, judged.after(len(verdicts), rule.clusters))

    def _rows(
        self, rule: CandidateRule, candidates: CandidateSet, session: AttentionSource
    ) -> CandidateTraits:
        """Return what the candidates' own rows show; they are the session's last pass."""
        rows = session.traits()
        _require_finite(candidates.step + 1, rows.attention, rows.distances)
        groups: tuple[int, ...] = ()
        if rule.clusters:
            if self._clustering is None:
                message = "this strategy groups candidates; give the run a clustering"
                raise InvalidValueError(message)
            groups = self._clustering.clusters(rows.distances, rule.clusters)
        return CandidateTraits(candidates.probabilities, attention=rows.attention, clusters=groups)

    @staticmethod
    def _embeddings(
        _: CandidateRule, candidates: CandidateSet, session: AttentionSource
    ) -> CandidateTraits:
        """Return what can be told without the candidates' rows."""
        similarity = session.similarity(candidates.token_ids, candidates.context[-CONTEXT:])
        focus = session.traits().focus
        _require_finite(candidates.step, similarity, focus)
        return CandidateTraits(
            candidates.probabilities,
            similarity=similarity,
            focus=float(np.dot(focus, candidates.weights)),
        )


def _require_finite(step: int, *shown: FloatArray) -> None:
    """Refuse what no rule can judge: the logits of such rows are not finite either."""
    if not all(np.isfinite(values).all() for values in shown):
        raise NonFiniteLogitsError(step)
