"""What a study of isolation is asked to do, and what it shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tempo.application.studies.curves.cells import (
    Contrast,
    Layout,
    Quantity,
    increasing,
    require_counts,
)
from tempo.application.studies.fidelity.rule import read_rule

if TYPE_CHECKING:
    from tempo.application.studies.fidelity.rule import Rule

SUPERPOSITIONS = ("uniform", "lineage")
VISIBLE, REORDERED = "visible", "reordered"
TOP = 10
"""So many tokens of either distribution are compared."""


def series(superposition: str, against: str) -> str:
    """Return what an isolated run is held against."""
    return f"{superposition}: {against}"


def rule_of_run(superposition: str, visibility: str) -> Rule:
    """Return the rule of a run."""
    return read_rule(f"superposition={superposition},visibility={visibility}")


@dataclass(frozen=True, slots=True, kw_only=True)
class IsolationPlan:
    """The same sets under isolated and visible siblings, and runs that go their own way.

    Attributes:
        superpositions: how earlier tokens are weighed.
        depths: after how many sets the distributions are compared, increasing.
        steps: of the runs that go their own way.
        threshold: of selection, in [0, 1].
        width: at most so many candidates of a step, 2 or more.
        seed: of the resamples.
    """

    superpositions: tuple[str, ...] = SUPERPOSITIONS
    depths: tuple[int, ...] = (1, 2, 3, 4, 6, 8)
    steps: int = 40
    threshold: float = 0.05
    width: int = 5
    seed: int = 42
    layout: Layout = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "depths", increasing(self.depths))
        require_counts({"depth": min(self.depths, default=0), "steps": self.steps})
        require_counts({"width - 1": self.width - 1})
        object.__setattr__(self, "layout", _layout(self.superpositions))

    @property
    def settings(self) -> dict[str, object]:
        """The plan as JSON holds it."""
        return {
            "superpositions": list(self.superpositions),
            "depths": list(self.depths),
            "steps": self.steps,
            "threshold": self.threshold,
            "width": self.width,
            "seed": self.seed,
        }


def _layout(superpositions: tuple[str, ...]) -> Layout:
    apart = tuple(Contrast(series(one, VISIBLE), series(one, REORDERED)) for one in superpositions)
    changed = tuple(Contrast(one) for one in superpositions)
    sets = "sets fed, the same in both runs"
    return Layout(
        "isolation",
        (
            Quantity(
                "kl",
                "KL(isolated || other), nats",
                sets,
                form=".3g",
                logarithmic=True,
                contrasts=apart,
            ),
            Quantity("js", "Jensen-Shannon divergence, nats", sets, ".3g", logarithmic=True),
            Quantity("top", f"the best {TOP} tokens that both have", sets, ".3f", level=1.0),
            Quantity("agreement", "the same most probable token", sets, ".3f", level=1.0),
            Quantity(
                "entropy",
                "entropy of the readout, visible less isolated, nats",
                sets,
                level=0.0,
                contrasts=changed,
            ),
            Quantity(
                "text",
                "runs of their own: tokens of the best path that are the same (share)",
                "of the first so many",
                level=1.0,
            ),
            Quantity(
                "score",
                "runs of their own: log-probability per token, visible less isolated, nats",
                "steps",
                level=0.0,
                contrasts=changed,
            ),
            Quantity(
                "width",
                "runs of their own: mean width, visible less isolated",
                "steps",
                level=0.0,
                contrasts=changed,
            ),
        ),
    )
