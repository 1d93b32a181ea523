"""The decoding settings that a configuration file says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tempo.application.configuration.document import configuration
from tempo.application.configuration.layering import layered
from tempo.infrastructure.documents import read_configuration

if TYPE_CHECKING:
    from pathlib import Path


def settings_from(path: str | Path, profile: str | None = None) -> dict[str, Any]:
    """Return the settings of a configuration file, as keywords of `Engine.generate`.

    What the file says of the model, of output and of the service is judged and left aside, and so
    is the environment.

    Args:
        path: a TOML, YAML or JSON file, as `tempo config init` writes one.
        profile: the name of one of its profiles, which goes over what stands outside of it.

    Raises:
        OutputError: if the file cannot be read.
        InvalidValueError: for a key that there is not and a value out of its range, with the file,
            the key and what is allowed.

    Examples:
        >>> from pathlib import Path
        >>> _ = Path("tempo.toml").write_text("selection_threshold = 0.05", encoding="utf-8")
        >>> settings_from("tempo.toml")
        {'selection_threshold': 0.05}
    """
    from tempo.interfaces.cli.configuration.keys import (  # noqa: PLC0415 - reads all options
        file_keys,
    )

    found = configuration(str(path), read_configuration(str(path)), file_keys())
    return layered([section.layer for section in found.under(profile)]).words
