"""Which settings exclude each other, and what a setting needs to have an effect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tempo.domain.errors import ContradictionError, IneffectiveSettingError
from tempo.domain.stopping import StopOn

if TYPE_CHECKING:
    from tempo.application.settings import Settings

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


def refuse_contradictions(settings: Settings) -> None:
    """Refuse settings that exclude each other.

    Raises:
        ContradictionError: naming both.
    """
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


def refuse_ineffective(settings: Settings) -> None:
    """Refuse a value that could change nothing; one that is its setting's default never is.

    Raises:
        IneffectiveSettingError: naming the setting and what it needs.
    """
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
