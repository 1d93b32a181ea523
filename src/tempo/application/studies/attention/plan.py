"""What a study of attention is asked to do, and what it shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tempo.application.studies.curves.cells import Contrast, Layout, Quantity, require_counts
from tempo.application.studies.fidelity.rule import read_rule

if TYPE_CHECKING:
    from tempo.application.studies.fidelity.rule import Rule

RULES = ("superposition=uniform", "superposition=lineage", "superposition=path")
UNIFORM, LINEAGE, PATH = "uniform", "lineage", "path"
"""Under path a row sees one token of each set: what a step that hesitates gets anyway, since its
words are of other kinds than those of a step that does not."""


def _default_rules() -> tuple[Rule, ...]:
    return tuple(map(read_rule, RULES))


@dataclass(frozen=True, slots=True, kw_only=True)
class AttentionPlan:
    """The runs whose attention is looked at.

    Attributes:
        rules: how earlier tokens are weighed; one run of each prompt under each.
        steps: of every run, 2 or more; rows of the last are not fed.
        distance: so many steps back are looked at, 1 or more.
        threshold: of selection, in [0, 1].
        width: at most so many candidates of a step, 2 or more.
        seed: of the resamples.
    """

    rules: tuple[Rule, ...] = field(default_factory=_default_rules)
    steps: int = 24
    distance: int = 8
    threshold: float = 0.05
    width: int = 5
    seed: int = 42

    def __post_init__(self) -> None:
        counts = {"distance": self.distance, "steps - 1": self.steps - 1}
        require_counts(counts | {"width - 1": self.width - 1})

    @property
    def settings(self) -> dict[str, object]:
        """The plan as JSON holds it."""
        return {
            "rules": {rule.name: rule.as_mapping() for rule in self.rules},
            "steps": self.steps,
            "distance": self.distance,
            "threshold": self.threshold,
            "width": self.width,
            "seed": self.seed,
        }


LAYOUT = Layout(
    "attention",
    (
        Quantity(
            "size",
            "attention that a whole set is given, next to a step of one token",
            "tokens in the set",
            form=".2f",
            level=1.0,
            contrasts=(Contrast(UNIFORM, PATH), Contrast(LINEAGE, PATH)),
        ),
        Quantity(
            "token",
            "attention that a token of a set is given, next to a step of one token",
            "tokens in the set",
            form=".2f",
            level=1.0,
        ),
        Quantity(
            "rank",
            "share within its set, times the set's size, by rank of the candidate",
            "rank, 1 the most probable",
            form=".2f",
            level=1.0,
            contrasts=(Contrast(UNIFORM, level=1.0), Contrast(LINEAGE, level=1.0)),
        ),
        Quantity(
            "best",
            "share of sets whose most attended token has the highest posterior, less chance",
            "layer",
            form=".3f",
            level=0.0,
            contrasts=(Contrast(UNIFORM), Contrast(LINEAGE)),
        ),
        Quantity(
            "layer",
            "attention that sets of two and more are given, next to one token, by layer",
            "layer",
            form=".2f",
            level=1.0,
        ),
        Quantity(
            "head",
            "the same under uniform, by head and layer",
            "layer",
            form=".2f",
            level=1.0,
        ),
    ),
)
