"""What the service is told by the environment and a configuration file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tempo.application.configuration.layering import DEFAULT, ENVIRONMENT
from tempo.application.serving.service_settings import (
    OPTIONS,
    SERVICE_DEFAULTS,
    service_settings,
    variable,
)
from tempo.application.serving.store_place import shown_store

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tempo.application.configuration.document import Section

SECRET = "api_token"
"""Never shown."""


def service_told(sections: Sequence[Section]) -> dict[str, object]:
    """Return what a file says of the service: its table, over the model's options beside it."""
    return {name: value for name, (value, _) in _by_file(sections).items()}


def service_origins(
    environment: Mapping[str, str], sections: Sequence[Section]
) -> dict[str, tuple[object, str]]:
    """Return each of the service's settings with where it comes from; the token only as stars.

    Raises:
        InvalidValueError, ContradictionError: for a wrong value.
    """
    from_file = _by_file(sections)
    settings = service_settings({}, environment, service_told(sections))
    found: dict[str, tuple[object, str]] = {}
    for name in OPTIONS:
        value: object = getattr(settings, name)
        if environment.get(variable(name)) is not None:
            source = f"{ENVIRONMENT} ({variable(name)})"
        else:
            source = from_file.get(name, (SERVICE_DEFAULTS[name], DEFAULT))[1]
        found[name] = (_shown(name, value), source)
    return found


def _shown(name: str, value: object) -> object:
    """Return a setting's value without what is nobody's business."""
    if name == SECRET and value:
        return "***"
    return shown_store(str(value)) if name == "store" else value


def _by_file(sections: Sequence[Section]) -> dict[str, tuple[object, str]]:
    found: dict[str, tuple[object, str]] = {}
    for said in ("options", "service"):  # the table is nearer to the service than what all share
        for section in sections:
            values: Mapping[str, object] = getattr(section, said)
            found |= {
                name: (value, section.source) for name, value in values.items() if name in OPTIONS
            }
    return found
