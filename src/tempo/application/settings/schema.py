"""Every setting as plain data: for a form, its tooltips and its sliders."""

from __future__ import annotations

from typing import Any

from tempo.application.settings.ranges import range_of
from tempo.application.settings.settings import DEFAULTS, SPECS
from tempo.application.settings.words import ALIASES, PAIRS, SWITCHES, WISHES

KINDS: dict[type, str] = {
    int: "integer",
    float: "number",
    bool: "boolean",
    str: "choice",
    list: "texts",
}


def settings_schema() -> list[dict[str, Any]]:
    """Return the settings in the order of the help pages."""
    return [_described(name) for name in SPECS]


def _described(name: str) -> dict[str, Any]:
    spec, default = SPECS[name], DEFAULTS[name]
    found = range_of(spec)
    return {
        "name": name,
        "kind": KINDS[spec.kind],
        "group": spec.group.value,
        "meaning": spec.meaning,
        "allowed": spec.allowed,
        "default": list(default) if isinstance(default, tuple) else default,
        "choices": [str(choice) for choice in spec.choices],
        "optional": spec.optional,
        "least": found.least,
        "most": found.most,
        "open_below": found.open_below,
        "also": _also(name),
    }


def _also(name: str) -> list[str]:
    """Return the other words by which a setting is named."""
    aliases = [alias for alias, meant in ALIASES.items() if meant == name]
    pairs = [pair for pair, both in PAIRS.items() if name in both]
    switches = [switch for switch, (meant, *_) in SWITCHES.items() if meant == name]
    wishes = [wish for wish, (on, _) in WISHES.items() if on.name == name]
    return [*aliases, *pairs, *switches, *wishes]
