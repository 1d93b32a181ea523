"""From names and values that a user gave to settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tempo.application.settings.building import build_request
from tempo.application.settings.conditions import MULTIPATH, POSTERIOR
from tempo.application.settings.settings import (
    ATTENTION,
    ATTENTION_RULE,
    DEFAULTS,
    POSTERIOR_RULE,
    SPECS,
    Settings,
)
from tempo.application.settings.specs import read_value
from tempo.application.settings.threshold_curves import BENDS, CURVE
from tempo.application.settings.words import (
    ALIASES,
    RETROACTIVE_SWITCHES,
    SWITCHES,
    WISHES,
    resolved,
    truth,
)
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
    settings = merged(given, base)
    build_request(settings, ())
    return settings


def merged(given: Mapping[str, object], base: Settings | None = None) -> Settings:
    """Read settings over those of `base`, and judge nothing but each value.

    Raises:
        UnknownSettingError: for a name that no setting has, with the nearest one.
        ContradictionError: for words that exclude each other.
        InvalidValueError: for a value of the wrong kind.
    """
    named = named_in(given)
    before = {} if base is None else _given_in(base)
    if named.get("dynamic_threshold") is False and not any(map(named.get, BENDS)):
        before = {name: value for name, value in before.items() if name not in BENDS}
    values = before | named | _wished(given, named, before)
    if _asks_for_some_rule(given, values):
        values["retroactive_pruning"] = _rule_meant(named, before)
    curved = any(values.get(name) is not None for name in CURVE)
    if curved and not values.get("default_mode"):
        values.setdefault("dynamic_threshold", True)
    if "max_width" in values and values["max_width"] > Settings().considered:
        values.setdefault("considered", values["max_width"])
    return Settings(**values, named=frozenset(values))


def _asks_for_some_rule(given: Mapping[str, object], values: Mapping[str, object]) -> bool:
    """Whether retroactive pruning is to be on, by whatever rule."""
    switched = any(given.get(word) is True for word in RETROACTIVE_SWITCHES)
    return values.get("retroactive_pruning") == "on" or (
        switched and "retroactive_pruning" not in given
    )


def _rule_meant(named: Mapping[str, object], before: Mapping[str, object]) -> str:
    """Return the rule whose settings are named, and else the one that was there before."""
    if any(name in named for name in ATTENTION):
        return ATTENTION_RULE
    if any(name in named for name in POSTERIOR):
        return POSTERIOR_RULE
    for rule in (ATTENTION_RULE, POSTERIOR_RULE):
        if before.get("retroactive_pruning") == rule:
            return rule
    return ATTENTION_RULE if any(name in before for name in ATTENTION) else POSTERIOR_RULE


def named_in(given: Mapping[str, object]) -> dict[str, Any]:
    """Return the values of the settings that words name, switches that give way left aside."""
    values: dict[str, Any] = {}
    for word, value in given.items():
        for name, meant in () if word in WISHES else resolved(word, value):
            read = read_value(name, meant, SPECS[name])
            if name in values and values[name] != read:
                message = f"{name} was given twice, as {values[name]!r} and as {read!r}"
                raise ContradictionError(message)
            values[name] = read
    return values


def _given_in(base: Settings) -> dict[str, Any]:
    named = {name: getattr(base, name) for name in SPECS if base.names(name)}
    return {name: read_value(name, value, SPECS[name]) for name, value in named.items()}


def _wished(
    given: Mapping[str, object], named: Mapping[str, Any], before: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what switches ask for that give way to a value named beside them, or `before`."""
    wished: dict[str, Any] = {}
    for word in filter(WISHES.__contains__, given):
        on, off = WISHES[word]
        wish = on if truth(word, given[word]) else off
        said = (wished | dict(named)).get(wish.name)
        if said is not None and said not in wish.allowed:
            message = (
                f"{word} {str(given[word]).lower()} and {wish.name} {said} exclude each other; "
                "leave one of them out"
            )
            raise ContradictionError(message)
        if said is None and before.get(wish.name) not in wish.allowed:
            if wish.otherwise is not None:
                wished[wish.name] = wish.otherwise
            elif wish.name in before:
                wished[wish.name] = DEFAULTS[wish.name]
    return wished
