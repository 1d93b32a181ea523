"""The settings of a kept run, carried over to one that goes on from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tempo.application.settings.building import build_request
from tempo.application.settings.conditions import MULTIPATH, UNSEARCHED, ineffective
from tempo.application.settings.reading import merged, named_in
from tempo.application.settings.settings import SPECS, Settings
from tempo.application.settings.threshold_curves import BENDS, curve_is_on, moved_setting
from tempo.domain.schedule import SELECTION

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

GREEDY = frozenset({*MULTIPATH, *BENDS})
"""What plain greedy decoding takes the effect of."""


def carried_over(saved: Settings, given: Mapping[str, object]) -> Settings:
    """Read settings over saved ones; of these, what the new ones make ineffective is left out.

    Nobody named it now, so that it would be an odd thing to be told of.

    Raises:
        InvalidValueError: for what is named now and could not be, by name and value.
    """
    named = named_in(given)
    kept = {name: getattr(saved, name) for name in SPECS if saved.departs(name)}
    if named.get("default_mode"):
        kept = _without(kept, GREEDY | {"use_mcts"})
    if named.get("use_mcts"):
        kept = _without(kept, (*UNSEARCHED, "default_mode"))
    settings = merged(given, Settings(**kept))
    if curve_is_on(saved) and not any(name in named for name in BENDS):
        kept = _with_curve_in_place(kept, moved_setting(saved), settings)
        settings = merged(given, Settings(**kept))
    while stale := {name for name, _ in ineffective(settings)} & kept.keys() - named.keys():
        kept = _without(kept, stale)
        settings = merged(given, Settings(**kept))
    build_request(settings, ())
    return settings


def _with_curve_in_place(kept: dict[str, Any], moved: str, settings: Settings) -> dict[str, Any]:
    """Return what is kept with the curve on the threshold that it moved, or without it."""
    targets = {name for name, _ in ineffective(settings)} & {"dynamic_target"}
    if moved_setting(settings) == moved and not targets:
        return kept
    return kept | {"dynamic_target": "selection"} if moved == SELECTION else _without(kept, BENDS)


def _without(kept: dict[str, Any], names: Collection[str]) -> dict[str, Any]:
    return {name: value for name, value in kept.items() if name not in names}
