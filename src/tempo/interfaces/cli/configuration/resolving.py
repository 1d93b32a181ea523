"""What a command is told in all: by its line, the environment and a configuration file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tempo.application.configuration.document import WORDS, Section, configuration
from tempo.application.configuration.environment import (
    CONFIG,
    PROFILE,
    options_told,
    settings_told,
)
from tempo.application.configuration.keys import Key
from tempo.application.configuration.layering import (
    COMMAND_LINE,
    ENVIRONMENT,
    Layer,
    Layered,
    layered,
)
from tempo.application.serving.service_settings import variable
from tempo.domain.errors import ContradictionError
from tempo.infrastructure.documents import read_configuration
from tempo.interfaces.cli.configuration.keys import file_keys
from tempo.interfaces.cli.named_places import require_named

PROMPTS = ("prompt", "prompt_file")
"""Different words for the one prompt."""

BESIDE_JSON = ("format", "show_token_ids", "echo")
"""What one JSON document excludes."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a configuration is: its file and the profile in it, None for none."""

    file: str | None
    profile: str | None

    @classmethod
    def of(cls, file: str | None, profile: str | None, environment: Mapping[str, str]) -> Place:
        """Return the place that the options name, and else the environment.

        Raises:
            ContradictionError: for a profile of no file.
            InvalidValueError: for a file without a name.
        """
        require_named("--config", file)
        chosen = file or environment.get(CONFIG) or None
        named = profile or (None if file else environment.get(PROFILE) or None)
        if chosen is None and profile is not None:
            message = f"--config-profile {profile} is of no file; name one by --config or {CONFIG}"
            raise ContradictionError(message)
        return cls(chosen, None if chosen is None else named)

    def sections(self) -> tuple[Section, ...]:
        """Return what the file says, the lowest first.

        Raises:
            InvalidValueError, OutputError: for a file that is broken or cannot be read.
        """
        if self.file is None:
            return ()
        found = configuration(self.file, read_configuration(self.file), file_keys())
        return found.under(self.profile)


@dataclass(frozen=True, slots=True)
class Told:
    """Everything that a command is told, and by whom.

    Attributes:
        layers: what each place says of decoding settings, the lowest first.
        options: by key, the value and where it comes from; those that nobody named are absent.
    """

    layers: tuple[Layer, ...]
    options: Mapping[str, tuple[object, str]]

    @property
    def decoding(self) -> Layered:
        """The settings that hold.

        Raises:
            InvalidValueError: for what a place says wrongly.
        """
        return layered(self.layers)

    @property
    def is_configured(self) -> bool:
        """Whether something else than the command line names a setting."""
        return any(layer.words for layer in self.layers if layer.source != COMMAND_LINE)

    def from_elsewhere(self) -> dict[str, Any]:
        """Return the options that something else than the command line says."""
        return {
            name: value for name, (value, source) in self.options.items() if source != COMMAND_LINE
        }


def told(
    line: Mapping[str, object],
    environment: Mapping[str, str],
    sections: tuple[Section, ...],
    keys: Mapping[str, Key],
) -> Told:
    """Lay what is said of settings and options over each other.

    Args:
        line: what the command line says, by word.
        environment: the environment's variables.
        sections: what a file says, the lowest first.
        keys: the command's options.

    Raises:
        InvalidValueError: for what a place says wrongly.
    """
    layers = [*(section.layer for section in sections), settings_told(environment)]
    spoken = {word: line[word] for word in line if word in WORDS}
    flags = {word: f"--{word.replace('_', '-')}" for word in spoken}
    layers.append(Layer(COMMAND_LINE, spoken, flags))
    options: dict[str, tuple[object, str]] = {}
    for section in sections:
        options = _over(options, section.options, section.source)
    options = _over(options, options_told(environment, keys), ENVIRONMENT)
    options = _over(options, {word: line[word] for word in line if word in keys}, COMMAND_LINE)
    return Told(tuple(layers), {name: options[name] for name in options if name in keys})


def _over(
    below: Mapping[str, tuple[object, str]], said: Mapping[str, object], source: str
) -> dict[str, tuple[object, str]]:
    """Return options with those of a higher place, without what these exclude."""
    excluded = {*PROMPTS} if any(said.get(name) is not None for name in PROMPTS) else set()
    if said.get("output_json"):
        excluded |= {*BESIDE_JSON}
    if any(said.get(name) for name in BESIDE_JSON):
        excluded |= {"output_json"}
    kept = {name: one for name, one in below.items() if name not in excluded}
    return kept | {name: (value, _origin(source, name)) for name, value in said.items()}


def _origin(source: str, name: str) -> str:
    return f"{source} ({variable(name)})" if source == ENVIRONMENT else source
