"""What a setting is, and how a value that a user gave is read and judged."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import Field, dataclass, field
from enum import StrEnum
from numbers import Integral, Real
from typing import Any

from tempo.domain.errors import InvalidValueError

SPEC = "spec"


class Group(StrEnum):
    """Where a setting stands in help pages."""

    SELECTION = "Selection"
    ATTENTION = "Attention"
    PRUNING = "Pruning"
    THRESHOLD = "Threshold over time"
    SAMPLING = "Logits processors"
    STOPPING = "Stopping"
    SEARCH = "Tree search"
    EXPERT = "Expert"


@dataclass(frozen=True, slots=True)
class Slider:
    """What a form's slider offers of a setting's range; values beyond may be typed.

    Attributes:
        step: its increment.
        low, high: its ends, None for those of the range.
    """

    step: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class SettingSpec:
    """One setting as users meet it: one word in Python, on the command line and in JSON.

    Attributes:
        kind: the type of its values: int, float, bool, str, or list for several strings.
        allowed: its range, in words.
        meaning: one sentence.
        group: where it stands in help pages.
        choices: the values of a str, empty for others.
        optional: whether it can be off, which is None.
        switchable: whether true and false stand for its choices `on` and `off`.
        label: a short name for people.
        advice: what to try, and what comes of lower and higher.
        slider: what a form offers of a number, None for none.
    """

    kind: type
    allowed: str
    meaning: str
    group: Group
    choices: tuple[str, ...] = ()
    optional: bool = False
    switchable: bool = False
    label: str = field(kw_only=True)
    advice: str = field(kw_only=True)
    slider: Slider | None = field(default=None, kw_only=True)


def setting(default: Any, spec: SettingSpec) -> Any:  # noqa: ANN401 - as dataclasses.field
    """Return a dataclass field that carries its spec."""
    return field(default=default, metadata={SPEC: spec})


def spec_of(entry: Field[Any]) -> SettingSpec:
    """Return the spec that a field carries."""
    spec: SettingSpec = entry.metadata[SPEC]
    return spec


def read_value(name: str, value: object, spec: SettingSpec) -> object:
    """Return a value in its setting's type.

    Raises:
        InvalidValueError: naming the setting, the value and what is allowed.
    """
    if value is None and spec.optional:
        return None
    if spec.kind is list:
        return _texts(name, value, spec)
    if spec.choices:
        value = _switched(value) if spec.switchable else value
        if value in spec.choices:
            return str(value)
        raise _refused(name, value, f"one of {', '.join(spec.choices)}")
    if spec.kind is bool:
        if isinstance(value, bool):
            return value
        raise _refused(name, value, "true or false")
    return _number(name, value, spec)


def _switched(value: object) -> object:
    """Return `on` for true and `off` for false, as a bool or as the text that JSON writes."""
    said = str(value).lower() if isinstance(value, (bool, str)) else ""
    return {"true": "on", "false": "off"}.get(said, value)


def _number(name: str, value: object, spec: SettingSpec) -> int | float:
    """Return a number or its text as the setting's kind; numbers of numpy are numbers too."""
    refusal = _refused(name, value, f"a {'whole ' * (spec.kind is int)}number, {spec.allowed}")
    if isinstance(value, bool) or not isinstance(value, (Real, str)):
        raise refusal
    try:
        number = float(value)
        whole = int(value) if isinstance(value, Integral) else _whole(value, number)
    except (ValueError, OverflowError):
        raise refusal from None
    if math.isnan(number) or (spec.kind is int and whole is None):
        raise refusal
    return number if spec.kind is float or whole is None else whole


def _whole(value: object, number: float) -> int | None:
    """Return a whole number without rounding its text to a float; None for any other."""
    if isinstance(value, str) and value.strip().lstrip("+-").isdecimal():
        return int(value)
    return int(number) if number.is_integer() else None


def _texts(name: str, value: object, spec: SettingSpec) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    fits = isinstance(value, Sequence) and not isinstance(value, Mapping)
    if fits and all(isinstance(text, str) for text in value):  # type: ignore[attr-defined]
        return tuple(value)  # type: ignore[arg-type]
    raise _refused(name, value, spec.allowed)


def _refused(name: str, value: object, allowed: str) -> InvalidValueError:
    return InvalidValueError(f"{name} is {_shown(value)}; it must be {allowed}")


def _shown(value: object) -> str:
    """Return a value as it is shown; Python spells no whole number of thousands of digits."""
    try:
        return repr(value)
    except ValueError:
        return f"a {type(value).__name__} of thousands of digits"
