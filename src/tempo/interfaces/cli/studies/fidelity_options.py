"""What `tempo fidelity` is told, as the plan that it means."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tempo.application.studies.fidelity.plan import StudyPlan
from tempo.application.studies.fidelity.rule import ALL, AXES, distinct, read_rule, rule_grid
from tempo.domain.errors import InvalidValueError
from tempo.interfaces.cli.studies.telling import repeated

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LONGEST_RANGE = 64
DEPTH = re.compile(r"(\d+)(?:-(\d+))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyOptions:
    """The options that decide a study's numbers.

    Attributes:
        axes: by setting, the values asked for; empty for the default.
        rules: further rules, each as NAME=VALUE,NAME=VALUE.
        thresholds: of the selection.
        depths: each a number, a range such as 2-6, or several of them with commas.
        width: at most so many tokens a set.
        budget: the most paths of one context and depth.
        seed: draws the prompts and the resamples.
        others: further options, by flag, for the command line that is printed.
        flags: further options without a value, for the same.
    """

    axes: Mapping[str, Sequence[str]]
    rules: Sequence[str]
    thresholds: Sequence[float]
    depths: Sequence[str]
    width: int
    budget: int
    seed: int
    others: Mapping[str, object]
    flags: Sequence[str] = ()

    def plan(self) -> StudyPlan:
        """Return the plan.

        Raises:
            InvalidValueError: for a wrong rule, threshold, depth, width or budget.
        """
        asked = dict(self.axes)
        if not any(asked.values()) and not self.rules:
            asked["superposition"] = (ALL,)
        return StudyPlan(
            rules=distinct([*rule_grid(asked), *map(read_rule, self.rules)]),
            thresholds=tuple(self.thresholds),
            depths=tuple(depth for text in self.depths for depth in _depths(text)),
            width=self.width,
            budget=self.budget,
            seed=self.seed,
        )

    def command(self) -> str:
        """Return the command line that gives the same numbers."""
        words = ["tempo", "fidelity"]
        for flag, value in self.others.items():
            words += [f"--{flag}", str(value)] if value not in (None, "") else []
        words += [f"--{flag}" for flag in self.flags]
        for axis in AXES:
            words += repeated(axis, self.axes.get(axis, ()))
        words += repeated("rule", self.rules)
        words += repeated("threshold", self.thresholds)
        words += repeated("depth", self.depths)
        words += ["--width", str(self.width), "--budget", str(self.budget)]
        return shlex.join([*words, "--seed", str(self.seed)])


def _depths(text: str) -> list[int]:
    """Return the depths that a text such as `2-6` or `1,3,5` names."""
    found: list[int] = []
    for part in text.split(","):
        match = DEPTH.fullmatch(part.strip())
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not 1 <= first <= last < first + LONGEST_RANGE:
            message = f"depth is {text!r}; it must be 1 or more, as 4, 2-6 or 1,3,5"
            raise InvalidValueError(message)
        found += range(first, last + 1)
    return found
