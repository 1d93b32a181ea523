"""What a study of early exit found: means over texts with their intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from tempo.application.studies.early_exit.calibration import watched_of
from tempo.application.studies.early_exit.figures import HeldOutText, MeasuredText
from tempo.application.studies.early_exit.policies import policies_of
from tempo.application.studies.intervals import Estimate, estimates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.application.studies.early_exit.calibration import Watched
    from tempo.application.studies.early_exit.figures import Finding, ForcedFigures
    from tempo.application.studies.early_exit.plan import EarlyExitPlan
    from tempo.application.studies.early_exit.policies import Policy
    from tempo.domain.early_exit import PassCost

FORCED = ("agreement", "lost", "speed")
FREE = ("same", "common", "lost_free")
METRICS = (*FORCED, *FREE)
"""What is estimated of a policy.

agreement: share of rows whose most probable token is the full model's.
lost: log-probability of the full model's token in nats, the full model's less the rule's.
speed: how many times as fast as the full model on the same passes.
same: share of the rule's own texts that are the full model's.
common: tokens before its own text first differs, all of them where it never does.
lost_free: log-probability a token of its own text under the full model, less than the model's own.
"""


@dataclass(frozen=True, eq=False)
class EarlyExitReport:
    """The findings of a study and what they say together.

    Attributes:
        plan: what was asked.
        cost: what the model's rows cost.
        held: the texts that thresholds were calibrated on.
        measured: those that rules were measured on.
        texts: how many were to be looked at; fewer were if the study was stopped.
    """

    plan: EarlyExitPlan
    cost: PassCost
    held: tuple[HeldOutText, ...]
    measured: tuple[MeasuredText, ...]
    texts: int

    @classmethod
    def of(
        cls, plan: EarlyExitPlan, cost: PassCost, found: Sequence[Finding], texts: int
    ) -> EarlyExitReport:
        """Sort what was found."""
        held = tuple(one for one in found if isinstance(one, HeldOutText))
        measured = tuple(one for one in found if isinstance(one, MeasuredText))
        return cls(plan, cost, held, measured, texts)

    @cached_property
    def watched(self) -> Watched:
        """The readings of the held-out texts."""
        return watched_of(self.plan.layers_of(self.cost.depth), self.held)

    @cached_property
    def policies(self) -> tuple[Policy, ...]:
        """All rules, those that no row leaves by among them."""
        return policies_of(self.plan, self.watched, self.cost)

    @cached_property
    def estimates(self) -> dict[str, dict[str, Estimate]]:
        """By policy: the mean of every metric; speed is a geometric mean of the texts'."""
        return {one.name: self._estimated(one) for one in self.policies if one.exits}

    def exits(self, policy: Policy) -> tuple[float, ...]:
        """Return the share of rows that left after each layer, from the first to the last."""
        counts = np.sum([one.exits for one in self._forced(policy)], axis=0)
        return tuple((counts / counts.sum()).tolist())

    @cached_property
    def width(self) -> Estimate:
        """Rows of a pass of parallel sets."""
        widths = [one.width for one in self.measured if one.width is not None]
        return estimates({"width": widths}, self.plan.seed)["width"]

    def _forced(self, policy: Policy) -> list[ForcedFigures]:
        """Return a policy's figures of every text that it was measured on."""
        return [one.forced[policy.name] for one in self.measured if policy.name in one.forced]

    def _estimated(self, policy: Policy) -> dict[str, Estimate]:
        forced = self._forced(policy)
        columns = {
            "agreement": [one.agreeing / one.rows for one in forced],
            "lost": [one.lost / one.rows for one in forced],
            "speed": [math.log(one.full_seconds / one.seconds) for one in forced],
        }
        if policy.writes:
            free = [one.free[policy.name] for one in self.measured]
            columns["same"] = [float(one.common == one.steps) for one in free]
            columns["common"] = [float(one.common) for one in free]
            columns["lost_free"] = [one.lost for one in free]
        found = estimates(columns, self.plan.seed)
        speed = found["speed"]
        mean, low, high = map(math.exp, (speed.value, speed.low, speed.high))
        found["speed"] = Estimate(mean, low, high, speed.contexts)
        return found
