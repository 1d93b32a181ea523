"""The pruned runs whose texts and rows are compared: each rule at three strengths."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tempo.application.settings.reading import build_request, read_settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tempo.application.decoding.request import GenerationRequest
    from tempo.application.studies.pruning.plan import PruningPlan
    from tempo.domain.tokens import TokenId

NONE = "none"

STRENGTHS: dict[str, Mapping[str, object]] = {
    NONE: {},
    "posterior, mild": {"posterior_mass": 0.995, "posterior_floor": 0.005},
    "posterior, default": {"retroactive_pruning": "posterior"},
    "posterior, strong": {"posterior_mass": 0.9, "posterior_floor": 0.1},
    "attention, mild": {"relative_threshold": 0.25, "attention_threshold": 0.005},
    "attention, default": {"retroactive_pruning": "attention"},
    "attention, strong": {"relative_threshold": 0.75, "attention_threshold": 0.02},
}
"""By name, the settings of pruning as users write them; `default` is the rule by its name alone."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to prune under one superposition.

    Attributes:
        superposition: what later tokens see.
        strength: a name of `STRENGTHS`.
    """

    superposition: str
    strength: str

    @property
    def settings(self) -> dict[str, object]:
        """The settings of pruning, as JSON holds them."""
        given = dict(STRENGTHS[self.strength])
        return {"retroactive_pruning": "on"} | given if given else {}

    def request(
        self, prompt_ids: Sequence[TokenId], barred: Sequence[TokenId], plan: PruningPlan
    ) -> GenerationRequest:
        """Return the run, as these settings ask for it; all others have their defaults.

        Raises:
            InvalidValueError: for a threshold, width or number of steps outside its range.
        """
        texts = plan.texts
        given = {
            "superposition": self.superposition,
            "selection_threshold": texts.threshold,
            "max_width": plan.width,
            "considered": max(plan.width, 16),
            "max_steps": texts.steps,
        }
        return build_request(read_settings(given | self.settings), prompt_ids, barred)


def variants(superposition: str) -> tuple[Variant, ...]:
    """Return every strength under a superposition, the run without pruning first."""
    return tuple(Variant(superposition, strength) for strength in STRENGTHS)
