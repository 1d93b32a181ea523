"""One variant over some documents: what is noted of their reading, recall and writing."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tempo.application.studies.consolidation.consolidation import Consolidation
from tempo.application.studies.consolidation.figures import (
    Measure,
    Part,
    recall_figures,
    repeated,
)
from tempo.application.studies.consolidation.plan import DOCUMENTS_TOKENS
from tempo.domain.tokens import TokenId

if TYPE_CHECKING:
    from tempo.application.studies.consolidation.consolidating_model import ConsolidatingModel
    from tempo.application.studies.consolidation.ledger import IntArray
    from tempo.application.studies.consolidation.plan import ConsolidationPlan
    from tempo.application.studies.consolidation.planted import PlantedFacts
    from tempo.application.studies.consolidation.variant import Variant
    from tempo.domain.ports.tokenizer import Tokenizer


@dataclass(frozen=True, slots=True, eq=False)
class Work:
    """One variant over some documents of one measure."""

    measure: Measure
    variant: Variant
    documents: range


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """What a study reads.

    Attributes:
        passages: [passage, token] held-out text.
        facts: texts with a planted fact, perhaps none.
        once: the tokens of the documents' own prompt.
    """

    passages: IntArray
    facts: PlantedFacts
    once: IntArray

    @property
    def digest(self) -> str:
        """64 hexadecimal digits that tell this material from other."""
        arrays = (self.passages, self.once, self.facts.tokens, self.facts.answers)
        found = hashlib.sha256()
        for array in arrays:
            found.update(str(array.shape).encode() + np.ascontiguousarray(array).tobytes())
        return found.hexdigest()


class Measuring:
    """Runs pieces of work over one material; they do not depend on one another."""

    def __init__(
        self,
        model: ConsolidatingModel,
        tokenizer: Tokenizer,
        plan: ConsolidationPlan,
        material: Material,
    ) -> None:
        """Work over a model and its tokenizer, as a plan says."""
        self._model = model
        self._tokenizer = tokenizer
        self._plan = plan
        self._material = material

    def run(self, work: Work) -> Part:
        """Return what the variant made of the documents.

        Raises:
            NonFiniteLogitsError: if the model gives NaN or infinity.
        """
        variant = work.variant
        if work.measure is Measure.WRITING:
            variant = self._plan.written(variant)
        run = Consolidation(self._model, variant, work.documents)
        texts: tuple[str, ...] = ()
        match work.measure:
            case Measure.READING:
                figures = self._read(run, work)
            case Measure.RECALL:
                figures = self._recall(run, work)
            case Measure.WRITING:
                prompts = self._material.passages[work.documents, : self._plan.prompt]
                figures, _ = self._write(run, prompts, self._plan.steps)
            case Measure.ONCE:
                figures, texts = self._write(run, self._material.once, DOCUMENTS_TOKENS)
        figures["changed"] = run.changed().tolist()
        return Part(work.measure.value, work.variant.name, tuple(work.documents), figures, texts)

    def _read(self, run: Consolidation, work: Work) -> dict[str, list[float]]:
        """Read passages; what is noted begins where the first token has left for certain."""
        scores, entropies = run.read(self._material.passages[work.documents])
        behind = work.variant.window or self._plan.window
        return {
            "nll": (-scores[:, behind:].mean(axis=1)).tolist(),
            "entropy": entropies[:, behind:].mean(axis=1).tolist(),
        }

    def _recall(self, run: Consolidation, work: Work) -> dict[str, list[float]]:
        facts, chosen = self._material.facts, list(work.documents)
        scores = run.answer(facts.tokens[chosen], facts.choices[chosen])
        return recall_figures(scores, facts.answers[chosen])

    def _write(
        self, run: Consolidation, prompts: IntArray, steps: int
    ) -> tuple[dict[str, list[float]], tuple[str, ...]]:
        """Write behind prompts [document, token], and have the plain model score the texts."""
        written, entropies = run.write(prompts, steps)
        plain = Consolidation(self._model, self._plan.variants[0], range(len(prompts)))
        scores, _ = plain.read(np.concatenate([prompts, written], axis=1))
        figures = {
            "nll": (-scores[:, prompts.shape[1] - 1 :].mean(axis=1)).tolist(),
            "repeated": repeated(written),
            "entropy": entropies.mean(axis=1).tolist(),
        }
        return figures, tuple(self._spelled(row) for row in written.tolist())

    def _spelled(self, tokens: list[int]) -> str:
        spelled = b"".join(self._tokenizer.content(TokenId(token)) for token in tokens)
        return spelled.decode(errors="replace")
