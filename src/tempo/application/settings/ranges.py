"""A setting's range as numbers: the same words that a user reads, for schemas and sliders."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tempo.application.settings.specs import SettingSpec

NUMBER = r"(-?\d+(?:\.\d+)?)"
BETWEEN = re.compile(rf"from {NUMBER} to {NUMBER}")
ABOVE = re.compile(rf"above {NUMBER}")
AT_MOST = re.compile(rf"at most {NUMBER}")
OR_MORE = re.compile(rf"{NUMBER} or more")


@dataclass(frozen=True, slots=True)
class NumberRange:
    """What numbers are allowed; None where there is no end.

    Attributes:
        least: the smallest, or with `open_below` what all must exceed.
        most: the largest.
        open_below: whether `least` itself is excluded.
    """

    least: float | None = None
    most: float | None = None
    open_below: bool = False


def range_of(spec: SettingSpec) -> NumberRange:
    """Return the range that a setting's words name; a choice that stands for off is in it."""
    words = spec.allowed
    if spec.kind not in {int, float}:
        return NumberRange()
    if found := BETWEEN.search(words):
        return NumberRange(float(found[1]), float(found[2]))
    if found := ABOVE.search(words):
        most = AT_MOST.search(words)
        return NumberRange(float(found[1]), float(most[1]) if most else None, open_below=True)
    if found := OR_MORE.search(words):
        return NumberRange(0.0 if "0 is off" in words else float(found[1]))
    return NumberRange(0.0) if words.startswith("0, ") else NumberRange()
