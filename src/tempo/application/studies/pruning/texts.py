"""One context's pruned runs: how probable their best texts are, and the rows that they held."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tempo.application.decoding.generate import Generate
from tempo.application.decoding.rescoring import Rescore
from tempo.application.studies.pruning.findings import TextFigures
from tempo.domain.events import CandidatesPruned, StepAppended

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.application.decoding.outcome import Outcome
    from tempo.application.decoding.rescoring import TokenPath
    from tempo.application.studies.fidelity.plan import StudyPrompt
    from tempo.application.studies.pruning.plan import PruningPlan
    from tempo.application.studies.pruning.variants import Variant
    from tempo.domain.ports.model_backend import ModelBackend
    from tempo.domain.ports.tokenizer import Tokenizer
    from tempo.domain.tokens import TokenId


class Texts:
    """Decodes one context after another under every variant of pruning."""

    def __init__(self, backend: ModelBackend, tokenizer: Tokenizer, plan: PruningPlan) -> None:
        """Work over any model adapter; end tokens are barred, so that all texts are as long."""
        self._rescore = Rescore(backend)
        self._generate = Generate(backend, tokenizer)
        self._plan = plan
        self._barred: tuple[TokenId, ...] = tuple(sorted(tokenizer.end_tokens))

    def run(self, prompt: StudyPrompt) -> dict[Variant, TextFigures]:
        """Return the figures of every variant.

        The texts of all variants are rescored together: they share most of their beginnings.

        Raises:
            PromptError: for an empty prompt or one that does not fit the model's context.
            NonFiniteLogitsError: if the model gave NaN or infinity.
        """
        runs = {variant: self._run(prompt, variant) for variant in self._plan.variants}
        paths = {variant: self._best(outcome) for variant, (outcome, _) in runs.items()}
        asked = sorted({path for found in paths.values() for path in found})
        scores = dict(
            zip(asked, self._rescore.run(prompt.token_ids, asked) if asked else (), strict=True)
        )
        return {
            variant: _figures(
                outcome, rows, max(scores[path] / len(path) for path in paths[variant])
            )
            for variant, (outcome, rows) in runs.items()
        }

    def _run(self, prompt: StudyPrompt, variant: Variant) -> tuple[Outcome, list[int]]:
        """Decode, and return the outcome with the cache's rows after each step."""
        generation = self._generate.start(
            variant.request(prompt.token_ids, self._barred, self._plan)
        )
        rows: list[int] = []
        for event in generation.events():
            if isinstance(event, StepAppended):
                rows.append(event.cache_rows)
            elif isinstance(event, CandidatesPruned):
                rows[-1] = event.cache_rows
        return generation.outcome(), rows

    def _best(self, outcome: Outcome) -> list[TokenPath]:
        lattice = outcome.lattice
        return [lattice.token_ids(path) for path in lattice.k_best(self._plan.texts.count)]


def _figures(outcome: Outcome, rows: Sequence[int], log_probability: float) -> TextFigures:
    prompt, cost, tally = len(outcome.request.prompt_ids), outcome.cost, outcome.pruning
    return TextFigures(
        log_probability=log_probability,
        live_rows=sum(rows) / len(rows) - prompt,
        peak_rows=float(cost.peak_cache_rows - prompt),
        token_rows=float(cost.token_rows - prompt),
        freed_rows=float(tally.rows_freed),
        pruned=float(sum(tally.pruned.values()) + tally.descendants),
        lost=tally.lost,
    )
