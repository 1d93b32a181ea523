"""Settings that several places name: the higher place wins, setting by setting."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tempo.application.settings.carrying import carried_over
from tempo.application.settings.reading import merged, named_in
from tempo.application.settings.settings import DEFAULTS, SPECS, Settings
from tempo.application.settings.words import names_of
from tempo.domain.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

COMMAND_LINE = "command line"
ENVIRONMENT = "environment"
DEFAULT = "default"

ORDERED = (("min_steps", "max_steps"), ("max_width", "considered"))
"""Settings of which the first must not be larger than the second."""


@dataclass(frozen=True, slots=True)
class Layer:
    """What one place says.

    Attributes:
        source: the place, as people are told of it.
        words: settings by name or alias, with their values.
        spelled: how the place writes a word, where that is not the word itself.
    """

    source: str
    words: Mapping[str, object]
    spelled: Mapping[str, str] = field(default_factory=dict)

    def origin(self, name: str) -> str:
        """Return where a setting comes from, with the word that named it."""
        said = [self.spelled[word] for word in self.spelled if name in names_of(word)]
        return f"{self.source} ({', '.join(said)})" if said else self.source


@dataclass(frozen=True, slots=True)
class Layered:
    """Settings, and where each comes from.

    Attributes:
        settings: what holds.
        origins: for each setting, the place that named it, or `default`.
    """

    settings: Settings
    origins: Mapping[str, str]

    @property
    def words(self) -> dict[str, Any]:
        """The settings that anybody named, or that follow from one."""
        values = {name: getattr(self.settings, name) for name in SPECS if self.settings.names(name)}
        return {name: list(one) if isinstance(one, tuple) else one for name, one in values.items()}


def layered(layers: Sequence[Layer]) -> Layered:
    """Lay settings over each other, the lowest place first.

    What a higher place makes ineffective or excludes is left out of the lower ones.

    Raises:
        InvalidValueError: for what one place says wrongly, with the place.
    """
    settings = Settings()
    for layer in layers:
        if not layer.words:
            continue
        try:
            settings = carried_over(_giving_way(settings, layer.words), layer.words)
        except InvalidValueError as error:
            raise _placed(error, layer.source) from error
    return Layered(settings, _origins(settings, layers))


def _giving_way(settings: Settings, words: Mapping[str, object]) -> Settings:
    """Return lower settings, at its default the one whose partner is now named beyond it."""
    named = named_in(words)
    for pair in ORDERED:
        least, most = (named.get(name, getattr(settings, name)) for name in pair)
        if least > most:
            kept = {name: DEFAULTS[name] for name in pair if name not in named}
            settings = replace(settings, **kept)  # type: ignore[arg-type]
    return settings


def _placed(error: InvalidValueError, source: str) -> InvalidValueError:
    """Return the error with its place; the command line needs none."""
    return error if source == COMMAND_LINE else type(error)(f"{source}: {error}")


def _origins(settings: Settings, layers: Sequence[Layer]) -> dict[str, str]:
    origins = dict.fromkeys(SPECS, DEFAULT)
    for layer in layers:
        own = merged(layer.words)
        origins |= {
            name: layer.origin(name)
            for name in SPECS
            if own.names(name) and getattr(own, name) == getattr(settings, name)
        }
    return {
        name: place if settings.names(name) or _says(name, layers) else DEFAULT
        for name, place in origins.items()
    }


def _says(name: str, layers: Sequence[Layer]) -> bool:
    """Whether a place names a setting at its default."""
    own = [merged(layer.words) for layer in layers if layer.words]
    return any(one.names(name) and getattr(one, name) == DEFAULTS[name] for one in own)
