"""One context: decode it under every rule, enumerate, compare."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from tempo.application.studies.fidelity.baselines import beam
from tempo.application.studies.fidelity.decoding import RecordingBackend, decode
from tempo.application.studies.fidelity.distances import (
    divergence,
    holds_best,
    rank_correlation,
    total_variation,
)
from tempo.application.studies.fidelity.enumeration import Enumeration
from tempo.application.studies.fidelity.figures import Cell, ContextFigures, Figures, Overrun
from tempo.domain.row_rules import RowRules

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tempo.application.studies.fidelity.decoding import Decoded, TokenSets
    from tempo.application.studies.fidelity.enumeration import Nodes
    from tempo.application.studies.fidelity.plan import StudyPlan, StudyPrompt
    from tempo.domain.ports.model_backend import DecodingSession, ModelBackend
    from tempo.domain.ports.tokenizer import Tokenizer
    from tempo.domain.proposal import FloatArray
    from tempo.domain.tokens import TokenId

Key = TypeVar("Key")


class ContextMeasurement:
    """The steps of measuring one context; the prompt goes through the model once for all."""

    def __init__(self, backend: ModelBackend, tokenizer: Tokenizer, plan: StudyPlan) -> None:
        """Work over any model adapter.

        End tokens are barred on both sides, so that every depth is reached and the exact
        distribution and the readout are over the same tokens.
        """
        self._backend = backend
        self._tokenizer = tokenizer
        self._plan = plan
        self._barred: tuple[TokenId, ...] = tuple(sorted(tokenizer.end_tokens))

    def run(self, number: int, prompt: StudyPrompt) -> ContextFigures:
        """Return the figures of a context at all depths within the budget.

        Raises:
            PromptError: for an empty prompt or one that does not fit the model's context.
            NonFiniteLogitsError: if the model gave NaN or infinity.
        """
        with self._backend.open(prompt.token_ids, RowRules()) as session:
            runs = self._decode(session, prompt)
            cells, overruns = self._within_budget(runs)
            enumeration = Enumeration(self._backend, session, len(prompt.token_ids), self._barred)
            figures = _Comparison(enumeration, runs).figures(cells)
        return ContextFigures(number, prompt.text, figures, overruns)

    def _decode(
        self, session: DecodingSession, prompt: StudyPrompt
    ) -> dict[tuple[str, float], Decoded]:
        """Decode one step past the deepest set: that step reads the deepest set's rows."""
        plan, recorder = self._plan, RecordingBackend(self._backend, session)
        return {
            (rule.name, threshold): decode(
                recorder,
                self._tokenizer,
                rule.request(
                    prompt.token_ids, self._barred, threshold, plan.width, plan.deepest + 1
                ),
            )
            for threshold in plan.thresholds
            for rule in plan.rules
        }

    def _within_budget(
        self, runs: Mapping[tuple[str, float], Decoded]
    ) -> tuple[list[Cell], tuple[Overrun, ...]]:
        """Return the cells to enumerate, and those that would pass the budget.

        Where one rule passes it, all rules are left out at that threshold and depth.
        """
        cells: list[Cell] = []
        overruns: list[Overrun] = []
        for threshold in self._plan.thresholds:
            for depth in self._plan.depths:
                group = [Cell(rule.name, threshold, depth) for rule in self._plan.rules]
                sizes = [runs[cell.rule, threshold].paths(depth) for cell in group]
                over = [
                    Overrun(cell, size)
                    for cell, size in zip(group, sizes, strict=True)
                    if size > self._plan.budget
                ]
                overruns += over
                cells += [] if over else group
        return cells, tuple(overruns)


class _Comparison:
    """Readouts of runs against one enumeration; equal token sets share it."""

    def __init__(self, enumeration: Enumeration, runs: Mapping[tuple[str, float], Decoded]) -> None:
        self._enumeration = enumeration
        self._runs = runs

    def figures(self, cells: Sequence[Cell]) -> dict[Cell, Figures]:
        sets = {cell: self._run(cell).sets[: cell.depth] for cell in cells}
        products = {one: self._enumeration.product(one) for one in sets.values()}
        exact = self._mixtures(products)
        held = {(one, width): self._beam(one, width) for one in products for width in (0, 1)}
        beams = self._mixtures(held)  # again through the model, but only few: their scores were new
        return {
            cell: self._compared(cell, exact[one], beams[one, 0], beams[one, 1], products[one])
            for cell, one in sets.items()
        }

    def _run(self, cell: Cell) -> Decoded:
        return self._runs[cell.rule, cell.threshold]

    def _mixtures(self, groups: Mapping[Key, Nodes]) -> dict[Key, FloatArray]:
        return dict(zip(groups, self._enumeration.mixtures(list(groups.values())), strict=True))

    def _beam(self, sets: TokenSets, width: int) -> Nodes:
        """Return the beam of a fixed width, or with width 0 the beam of as many rows as the run."""
        return beam(self._enumeration, sets, [width or len(members) for members in sets])

    def _compared(
        self,
        cell: Cell,
        exact: FloatArray,
        beam_mixture: FloatArray,
        single_row: FloatArray,
        paths: Nodes,
    ) -> Figures:
        run = self._run(cell)
        readout = run.readouts[cell.depth - 1]
        scores, estimated = self._enumeration.scores(paths), run.path_scores(cell.depth)
        with np.errstate(divide="ignore"):
            log_beam, log_single = np.log(beam_mixture), np.log(single_row)
        return Figures(
            kl=divergence(exact, readout),
            tv=total_variation(exact, readout),
            beam_kl=divergence(exact, log_beam),
            beam_tv=total_variation(exact, log_beam),
            single_kl=divergence(exact, log_single),
            single_tv=total_variation(exact, log_single),
            best_first=holds_best(scores, estimated, 1),
            best_in_5=holds_best(scores, estimated, 5),
            best_in_10=holds_best(scores, estimated, 10),
            spearman=rank_correlation(scores, estimated),
            kept_mass=math.prod(run.kept[: cell.depth]),
            exact_mass=float(np.exp(self._enumeration.log_weights(paths)).sum()),
            width=float(len(run.sets[cell.depth - 1])),
            paths=float(len(paths)),
        )
