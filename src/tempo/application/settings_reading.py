"""From names and values that a user gave to settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tempo.application.request_building import build_request
from tempo.application.setting_conditions import CURVE, MULTIPATH
from tempo.application.setting_specs import read_value
from tempo.application.setting_words import ALIASES, SWITCHES, resolved
from tempo.application.settings import SPECS, Settings
from tempo.domain.errors import ContradictionError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ALIASES", "CURVE", "MULTIPATH", "SWITCHES", "build_request", "read_settings"]
"""The reading of settings as the rest of TEMPO asks for it, from names to a request."""


def read_settings(given: Mapping[str, object], base: Settings | None = None) -> Settings:
    """Read settings by name or alias, over those of `base`, and judge them.

    Raises:
        UnknownSettingError: for a name that no setting has, with the nearest one.
        ContradictionError: for settings that exclude each other.
        IneffectiveSettingError: for a value that could change nothing.
        InvalidValueError: for a value outside its range.
    """
    values: dict[str, Any] = {}
    for word, value in given.items():
        name, meant = resolved(word, value)
        read = read_value(name, meant, SPECS[name])
        if name in values and values[name] != read:
            message = f"{name} was given twice, as {values[name]!r} and as {read!r}"
            raise ContradictionError(message)
        values[name] = read
    if base is not None:
        named = {name: getattr(base, name) for name in SPECS if base.names(name)}
        values = {name: read_value(name, named[name], SPECS[name]) for name in named} | values
    if any(name in values for name in CURVE) and not values.get("default_mode"):
        values.setdefault("dynamic_threshold", True)
    if values.get("max_width", 0) > values.get("considered", Settings().considered):
        values.setdefault("considered", values["max_width"])
    settings = Settings(**values, named=frozenset(values))
    build_request(settings, ())
    return settings
