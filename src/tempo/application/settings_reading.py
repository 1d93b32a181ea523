"""From names and values that a user gave to settings, and from settings to a request."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from tempo.application.request import GenerationRequest
from tempo.application.setting_specs import read_value
from tempo.application.settings import AUTO_BASIS, SPECS, Settings
from tempo.domain.errors import (
    ContradictionError,
    IneffectiveSettingError,
    InvalidValueError,
    UnknownSettingError,
)
from tempo.domain.layout import PositionScheme
from tempo.domain.readout import Readout
from tempo.domain.row_rules import RowRules
from tempo.domain.schedule import BezierThreshold, ConstantThreshold, ReluThreshold
from tempo.domain.selection import Selection, ThresholdBasis
from tempo.domain.stopping import StopOn, Stopping
from tempo.domain.superposition import Lineage, Marginal, Uniform, path_superposition
from tempo.domain.visibility import Visibility

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tempo.domain.lattice import LatticeStep
    from tempo.domain.schedule import Schedule
    from tempo.domain.superposition import Superposition
    from tempo.domain.tokens import TokenId

ALIASES: dict[str, str] = {
    "threshold": "selection_threshold",
    "max_tokens": "max_steps",
    "max_parallel_tokens": "max_width",
}
"""Other names of settings, with the same values."""

SWITCHES: dict[str, tuple[str, str, str]] = {
    "allow_intraset_token_visibility": ("visibility", "visible", "isolated"),
    "isolate": ("visibility", "isolated", "visible"),
    "use_custom_rope": ("positions", "shared", "consecutive"),
    "no_use_custom_rope": ("positions", "consecutive", "shared"),
}
"""Older switches: the setting that each one names, its value when on and when off."""

CURVE = ("final_threshold", "bezier_p1", "bezier_p2", "relu_activation_point")
"""Naming one of these switches the threshold's curve on, and so does `use_relu` when it is on."""

MULTIPATH = (
    "selection_threshold",
    "threshold_basis",
    "max_width",
    "superposition",
    "sharpness",
    "window",
    "visibility",
    "positions",
    "readout",
    *CURVE,
    "use_relu",
    "dynamic_threshold",
)
"""Settings that plain greedy decoding excludes."""


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
        name, meant = _resolved(word, value)
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


def _resolved(word: str, value: object) -> tuple[str, object]:
    """Return the setting that a word names, and the value that is meant."""
    if word in SWITCHES:
        name, on, off = SWITCHES[word]
        if not isinstance(value, bool):
            message = f"{word} is {value!r}; it must be true or false"
            raise InvalidValueError(message)
        return name, on if value else off
    name = ALIASES.get(word, word)
    if name not in SPECS:
        known = [*SPECS, *ALIASES, *SWITCHES]
        nearest = difflib.get_close_matches(word, known, n=1)
        hint = f"did you mean {nearest[0]}?" if nearest else "see the settings' reference"
        message = f"there is no setting {word!r}; {hint}"
        raise UnknownSettingError(message)
    return name, value


def build_request(
    settings: Settings,
    prompt_ids: Sequence[TokenId],
    barred: Sequence[TokenId] = (),
    committed: tuple[LatticeStep, ...] = (),
) -> GenerationRequest:
    """Turn the flat names into the typed objects of a run, which may go on from committed steps.

    Raises:
        ContradictionError: for settings that exclude each other.
        IneffectiveSettingError: for a value that could change nothing.
        InvalidValueError: for a value outside its range.
    """
    _refuse_contradictions(settings)
    _refuse_ineffective(settings)
    return GenerationRequest(
        prompt_ids=tuple(prompt_ids),
        max_steps=settings.max_steps,
        selection=_selection(settings),
        superposition=_superposition(settings),
        readout=Readout(settings.readout),
        visibility=Visibility(settings.visibility),
        positions=PositionScheme(settings.positions),
        rules=_row_rules(settings),
        stopping=Stopping(
            stop_on=StopOn(settings.stop_on),
            stop_mass=settings.stop_mass,
            min_steps=settings.min_steps,
            stop=settings.stop,
        ),
        barred=tuple(barred),
        committed=committed,
    )


def _selection(settings: Settings) -> Selection:
    if settings.default_mode:
        return Selection(ConstantThreshold(0.0), max_width=1, considered=settings.considered)
    return Selection(
        threshold=_schedule(settings),
        max_width=settings.max_width,
        considered=settings.considered,
        basis=_basis(settings),
    )


def _basis(settings: Settings) -> ThresholdBasis:
    """Return what the threshold is a share of; `path` is for the n-best texts, so for rivals."""
    if settings.threshold_basis != AUTO_BASIS:
        return ThresholdBasis(settings.threshold_basis)
    return ThresholdBasis.LEADER if settings.superposition == "path" else ThresholdBasis.TOTAL


def _schedule(settings: Settings) -> Schedule:
    first, final = settings.selection_threshold, settings.final_threshold
    if settings.use_relu:
        return ReluThreshold(first, final, settings.relu_activation_point)
    if settings.dynamic_threshold or any(map(settings.departs, CURVE)):
        return BezierThreshold(first, final, settings.bezier_p1, settings.bezier_p2)
    return ConstantThreshold(first)


def _superposition(settings: Settings) -> Superposition:
    match settings.superposition:
        case "lineage":
            return Lineage(settings.sharpness, settings.window)
        case "path":
            return path_superposition()
        case "marginal":
            return Marginal()
        case _:
            return Uniform()


def _row_rules(settings: Settings) -> RowRules:
    return RowRules(
        temperature=settings.temperature,
        top_k=settings.top_k or None,
        top_p=settings.top_p,
        min_p=settings.min_p,
        repetition_penalty=settings.repetition_penalty,
    )


def _refuse_contradictions(settings: Settings) -> None:
    if settings.default_mode:
        for name in MULTIPATH:
            if settings.departs(name):
                message = f"default_mode decodes one path greedily; leave out {name}"
                raise ContradictionError(message)
    if settings.min_steps > settings.max_steps:
        message = (
            f"min_steps is {settings.min_steps} and max_steps {settings.max_steps}; "
            "min_steps must not be larger"
        )
        raise ContradictionError(message)


def _refuse_ineffective(settings: Settings) -> None:
    for name, holds, needs in _conditions(settings):
        if settings.departs(name) and not holds:
            value = getattr(settings, name)
            message = f"{name} {value} would have no effect: it needs {needs}"
            raise IneffectiveSettingError(message)


def _conditions(settings: Settings) -> tuple[tuple[str, bool, str], ...]:
    """Return (setting, whether it can have an effect, what it needs)."""
    lineage = settings.superposition == "lineage"
    return (
        (
            "sharpness",
            lineage and settings.window > 0,
            "superposition lineage and a window above 0",
        ),
        ("window", lineage, "superposition lineage"),
        ("stop_mass", settings.stop_on == StopOn.MASS, "stop_on mass"),
        ("relu_activation_point", settings.use_relu, "use_relu"),
        ("bezier_p1", not settings.use_relu, "a Bezier curve; leave out use_relu"),
        ("bezier_p2", not settings.use_relu, "a Bezier curve; leave out use_relu"),
    )
