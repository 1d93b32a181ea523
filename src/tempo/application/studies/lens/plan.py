"""What a study of the logit lens is asked to do, and what it shows."""

from __future__ import annotations

from dataclasses import dataclass

from tempo.application.studies.curves.cells import Contrast, Layout, Quantity

LINEAGE, UNIFORM, HALF, SINGLE = "lineage", "uniform", "half and half", "one candidate alone"
"""What a row sees of two candidates: both at their posterior, both in full, both at a half, the
likelier alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LensPlan:
    """Two candidates behind a prompt, then one token that descends from both.

    Attributes:
        seed: of the resamples.
    """

    seed: int = 42

    @property
    def settings(self) -> dict[str, object]:
        """The plan as JSON holds it."""
        return {"seed": self.seed}


BY_LAYER = "behind so many layers"

LAYOUT = Layout(
    "lens",
    (
        Quantity(
            "weight_error",
            "weight of the first candidate in the states, distance from its posterior (or a half)",
            BY_LAYER,
            level=0.0,
            contrasts=(Contrast(UNIFORM, LINEAGE),),
        ),
        Quantity(
            "commitment",
            "how far the states are from half and half: 0 both alike, 1 one alone",
            BY_LAYER,
            contrasts=(Contrast(LINEAGE, "posterior"), Contrast(HALF, UNIFORM)),
        ),
        Quantity(
            "beside",
            "distance from the line between the two runs' states, share of theirs",
            BY_LAYER,
            level=0.0,
        ),
        Quantity(
            "lens_kl",
            "lens: KL(mixture of the two runs' lenses || the row's), nats",
            BY_LAYER,
            form=".4f",
            contrasts=(Contrast(UNIFORM, LINEAGE),),
        ),
        Quantity(
            "final_kl",
            "lens: KL(what the row says in the end || its lens), nats",
            BY_LAYER,
            contrasts=(Contrast(LINEAGE, SINGLE), Contrast(HALF, SINGLE)),
        ),
        Quantity(
            "decided",
            "lens: the most probable token is already the last layer's (share)",
            BY_LAYER,
            level=1.0,
            contrasts=(Contrast(LINEAGE, SINGLE), Contrast(HALF, SINGLE)),
        ),
    ),
)
