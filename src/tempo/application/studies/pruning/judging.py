"""One context: decode it under every rule, enumerate all paths, rank the candidates."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tempo.application.studies.fidelity.enumeration import Enumeration
from tempo.application.studies.pruning.figures import mean_ranking, ranking
from tempo.application.studies.pruning.findings import SEVERAL, THREE, Cell
from tempo.application.studies.pruning.scores import LAYERS, SCORES, judged_set
from tempo.application.studies.pruning.truth import exact_shares, path_count
from tempo.application.studies.pruning.watching import watch
from tempo.domain.row_rules import RowRules

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tempo.application.studies.fidelity.decoding import TokenSets
    from tempo.application.studies.fidelity.plan import StudyPrompt
    from tempo.application.studies.pruning.figures import Ranking
    from tempo.application.studies.pruning.plan import PruningPlan
    from tempo.application.studies.pruning.scores import JudgedSet
    from tempo.application.studies.pruning.watching import Watched
    from tempo.domain.ports.model_backend import ModelBackend
    from tempo.domain.ports.tokenizer import Tokenizer
    from tempo.domain.proposal import FloatArray
    from tempo.domain.tokens import TokenId

EXACTLY = 3


@dataclass(slots=True)
class Judged:
    """The rankings of one context.

    Attributes:
        rankings: by cell, one entry a set.
        left_out: by rule and lag, judgements with more paths than the budget.
    """

    rankings: dict[Cell, list[Ranking]] = field(default_factory=dict)
    left_out: dict[tuple[str, int], int] = field(default_factory=dict)

    @property
    def means(self) -> dict[Cell, dict[str, float]]:
        """By cell, the mean of each metric over the context's sets."""
        return {cell: mean_ranking(found) for cell, found in self.rankings.items()}

    @property
    def sets(self) -> dict[tuple[str, int, str], int]:
        """By rule, lag and size, how many sets were judged."""
        return {
            (cell.rule, cell.lag, cell.size): len(found)
            for cell, found in self.rankings.items()
            if cell.score == SCORES[0]
        }

    def add(self, rule: str, lag: int, judged: JudgedSet, max_steps: int) -> None:
        """Rank a set by every score."""
        sizes = (SEVERAL, THREE) if len(judged.tokens) == EXACTLY else (SEVERAL,)
        for score in SCORES:
            placed = ranking(judged, score, max_steps)
            for size in sizes:
                self.rankings.setdefault(Cell(rule, lag, size, score), []).append(placed)


class Judging:
    """Judges the sets of one context after another."""

    def __init__(self, backend: ModelBackend, tokenizer: Tokenizer, plan: PruningPlan) -> None:
        """Work over any model adapter that captures attention; end tokens are barred."""
        self._backend = backend
        self._tokenizer = tokenizer
        self._plan = plan
        self._barred: tuple[TokenId, ...] = tuple(sorted(tokenizer.end_tokens))

    def run(self, prompt: StudyPrompt) -> Judged:
        """Judge every set of a context at every lag.

        Raises:
            PromptError: for an empty prompt or one that does not fit the model's context.
            NonFiniteLogitsError: if the model gave NaN or infinity.
            UnsupportedModelError: if the model's attention cannot be captured.
        """
        runs = {rule.name: self._watched(prompt, rule.name) for rule in self._plan.rules}
        wanted = {
            watched.sets[: newest + 1]
            for watched in runs.values()
            for newest in range(min(self._plan.lags), self._plan.sets)
        }
        truth = self._truth(prompt, wanted)
        judged = Judged()
        for rule, watched in runs.items():
            for lag in self._plan.lags:
                self._judge(rule, lag, watched, truth, judged)
        return judged

    def _watched(self, prompt: StudyPrompt, name: str) -> Watched:
        plan = self._plan
        rule = next(one for one in plan.rules if one.name == name)
        request = rule.request(
            prompt.token_ids, self._barred, plan.threshold, plan.width, plan.sets
        )
        return watch(self._backend, self._tokenizer, request, LAYERS)

    def _truth(
        self, prompt: StudyPrompt, wanted: set[TokenSets]
    ) -> dict[TokenSets, tuple[FloatArray, ...]]:
        """Return the exact shares for each product of sets within the budget."""
        within = [sets for sets in wanted if path_count(sets) <= self._plan.budget]
        with self._backend.open(prompt.token_ids, RowRules()) as session:
            enumeration = Enumeration(self._backend, session, len(prompt.token_ids), self._barred)
            enumeration.score([enumeration.product(sets) for sets in within])
            return {sets: exact_shares(enumeration, sets) for sets in within}

    def _judge(
        self,
        rule: str,
        lag: int,
        watched: Watched,
        truth: Mapping[TokenSets, tuple[FloatArray, ...]],
        judged: Judged,
    ) -> None:
        for newest in range(lag, self._plan.sets):
            step = newest - lag
            if len(watched.sets[step]) == 1:
                continue
            shares = truth.get(watched.sets[: newest + 1])
            if shares is None:
                judged.left_out[rule, lag] = judged.left_out.get((rule, lag), 0) + 1
                continue
            found = judged_set(watched, step, newest, shares[step])
            judged.add(rule, lag, found, self._plan.sets)
