"""`tempo config check`: whether a configuration can be used, profile by profile."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from tempo.application.configuration.document import configuration
from tempo.application.configuration.layering import layered
from tempo.domain.errors import ContradictionError
from tempo.infrastructure.documents import read_configuration
from tempo.interfaces.cli.configuration.keys import file_keys
from tempo.interfaces.cli.configuration.resolving import PROMPTS
from tempo.interfaces.cli.configuration.service import service_told

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.application.configuration.document import Configuration, Section


def check(
    file: Annotated[str, typer.Argument(help="A configuration: TOML, YAML or JSON.")],
) -> None:
    """Judge a configuration and each of its profiles, without a model."""
    found = configuration(file, read_configuration(file), file_keys())
    for profile in (None, *found.profiles):
        _judge(found.under(profile))
    sys.stdout.write(f"{file} can be used: {_tally(found)}.\n")


def _judge(sections: Sequence[Section]) -> None:
    """Refuse what would be refused where the file is used.

    Raises:
        InvalidValueError: for settings that exclude each other, or could change nothing.
    """
    layered([section.layer for section in sections])
    service_told(sections)
    for section in sections:
        if all(section.options.get(name) is not None for name in PROMPTS):
            message = f"{section.source}: prompt and prompt_file exclude each other; leave one out"
            raise ContradictionError(message)


def _tally(found: Configuration) -> str:
    common = found.common
    parts = [
        _counted(len(common.settings), "setting"),
        _counted(len(common.options), "option"),
        f"{_counted(len(common.service), 'setting')} of the service",
    ]
    profiles = f"the profiles {', '.join(found.profiles)}" if found.profiles else "no profile"
    return f"{', '.join(parts)}, {profiles}"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
