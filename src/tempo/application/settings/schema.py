"""Every setting as plain data: for a form, its tooltips and its sliders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tempo.application.settings.ranges import range_of
from tempo.application.settings.settings import DEFAULTS, SPECS
from tempo.application.settings.words import ALIASES, PAIRS, SWITCHES, WISHES, names_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tempo.application.settings.specs import SettingSpec

KINDS: dict[type, str] = {
    int: "integer",
    float: "number",
    bool: "boolean",
    str: "choice",
    list: "texts",
}


def settings_schema(bounds: Mapping[str, int] | None = None) -> list[dict[str, Any]]:
    """Return the settings in the order of the help pages; `bounds` are the most of some.

    `low`, `high` and `step` are what a slider offers; `least` and `most` what may be typed.
    """
    return [_described(name, (bounds or {}).get(name)) for name in SPECS]


def _described(name: str, bound: int | None) -> dict[str, Any]:
    spec, default = SPECS[name], DEFAULTS[name]
    found = range_of(spec)
    most = min((end for end in (found.most, bound) if end is not None), default=None)
    return {
        "name": name,
        "kind": KINDS[spec.kind],
        "group": spec.group.value,
        "label": spec.label,
        "meaning": spec.meaning,
        "advice": spec.advice,
        "allowed": spec.allowed,
        "default": list(default) if isinstance(default, tuple) else default,
        "choices": [str(choice) for choice in spec.choices],
        "optional": spec.optional,
        "least": found.least,
        "most": most,
        "open_below": found.open_below,
        **_offered(spec, found.least, most),
        "also": _also(name),
    }


def _offered(spec: SettingSpec, least: float | None, most: float | None) -> dict[str, float | None]:
    """Return what a slider offers, inside the setting's range; None for what is no number."""
    slider = spec.slider
    if slider is None:
        return {"step": None, "low": None, "high": None}
    ends = [slider.high, most]
    high = min((end for end in ends if end is not None), default=None)
    return {"step": slider.step, "low": least if slider.low is None else slider.low, "high": high}


def _also(name: str) -> list[str]:
    """Return the other words by which a setting is named."""
    words = (*ALIASES, *PAIRS, *SWITCHES, *WISHES)
    return [word for word in words if name in names_of(word)]
