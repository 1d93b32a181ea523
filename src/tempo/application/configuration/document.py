"""A configuration file's content, judged: settings, options, the service's settings, profiles."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tempo.application.configuration.keys import SPREAD
from tempo.application.configuration.layering import Layer
from tempo.application.serving.service_settings import OPTIONS, SERVICE_DEFAULTS
from tempo.application.settings.predecessor import NOTES, REPLACED
from tempo.application.settings.reading import merged
from tempo.application.settings.settings import SPECS
from tempo.application.settings.words import (
    ALIASES,
    PAIRS,
    SWITCHES,
    WISHES,
    names_of,
    truth,
)
from tempo.domain.errors import InvalidValueError, UnknownSettingError

if TYPE_CHECKING:
    from tempo.application.configuration.keys import Key

PROFILES = "profiles"
SERVE = "serve"
WORDS = (*SPECS, *ALIASES, *PAIRS, *SWITCHES, *WISHES)
"""Every word for a setting."""


@dataclass(frozen=True, slots=True)
class Section:
    """What a file or one of its profiles says.

    Attributes:
        source: the file and, of a profile, its name.
        settings: decoding settings by name or alias.
        options: of the model and of what is printed and written.
        service: settings of the service.
    """

    source: str
    settings: Mapping[str, object]
    options: Mapping[str, object]
    service: Mapping[str, object]

    @property
    def layer(self) -> Layer:
        """The decoding settings, with their place."""
        return Layer(self.source, self.settings)


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a file says.

    Attributes:
        path: where it is.
        common: what holds under every profile.
        profiles: what each adds, by name.
    """

    path: str
    common: Section
    profiles: Mapping[str, Section]

    def under(self, profile: str | None) -> tuple[Section, ...]:
        """Return what holds under a profile, the lowest first; None asks for none.

        Raises:
            UnknownSettingError: for a profile that the file has not.
        """
        if profile is None:
            return (self.common,)
        if profile not in self.profiles:
            has = f"it has {', '.join(self.profiles)}" if self.profiles else "it has none"
            message = f"{self.path} has no profile {profile!r}; {has}"
            raise UnknownSettingError(message)
        return (self.common, self.profiles[profile])


def configuration(
    path: str, content: Mapping[str, object], keys: Mapping[str, Key]
) -> Configuration:
    """Judge what a file holds, key by key.

    Args:
        path: the file, for messages.
        content: what it holds.
        keys: what it may hold beside settings.

    Raises:
        UnknownSettingError: for a key that there is not, with the nearest one.
        InvalidValueError: for a value of another type or out of its range.
    """
    profiles = _table(path, PROFILES, content.get(PROFILES, {}))
    common = _section(path, {key: content[key] for key in content if key != PROFILES}, keys)
    return Configuration(
        path,
        common,
        {
            name: _section(source, _table(path, f"{PROFILES}.{name}", table), keys)
            for name, table in profiles.items()
            for source in (f"{path}, profile {name}",)
        },
    )


def _table(path: str, name: str, value: object) -> Mapping[str, object]:
    if isinstance(value, Mapping):
        return value
    message = f"{path}: {name} is {value!r}; it must be a table of keys and values"
    raise InvalidValueError(message)


def _section(source: str, table: Mapping[str, object], keys: Mapping[str, Key]) -> Section:
    settings: dict[str, object] = {}
    options: dict[str, object] = {}
    try:
        service = _service(source, table.get(SERVE, {}))
        for word, value in table.items():
            if word == SERVE or _is_silent(word, value, keys):
                continue
            if isinstance(value, Mapping) and word != SPREAD:
                raise UnknownSettingError(_no_table(word))
            if word in keys:
                options[word] = keys[word].read(value)
            else:
                settings[word] = _setting(word, value, keys)
    except InvalidValueError as error:
        raise type(error)(f"{source}: {error}") from error
    return Section(source, settings, options, service)


def _no_table(word: str) -> str:
    if word == PROFILES:
        return "a profile holds no profiles of its own; put each beside the others"
    return unknown("table", word, [PROFILES, SERVE])


def _is_silent(word: str, value: object, keys: Mapping[str, Key]) -> bool:
    """Whether a key asks for nothing: a note, or what is so in any case.

    Raises:
        UnknownSettingError: for one of the predecessor's that asks for something.
    """
    if word in keys or names_of(word):
        return value is None and not any(SPECS[name].optional for name in names_of(word))
    if word in NOTES:
        return True
    if word not in REPLACED:
        return False
    if value in (None, False):
        return True
    raise UnknownSettingError(REPLACED[word].sentence(word))


def _setting(word: str, value: object, keys: Mapping[str, Key]) -> object:
    """Return a setting's value, of the type that a file gives it."""
    names = names_of(word)
    if not names:
        raise UnknownSettingError(unknown("key", word, [*WORDS, *keys, PROFILES, SERVE]))
    if word in SWITCHES or word in WISHES:
        truth(word, value)
    elif word not in PAIRS:
        _require_number(word, value)
    merged({word: value})
    return value


def _require_number(word: str, value: object) -> None:
    """Refuse a text for a number: only a command line has nothing else. JSON has no infinity."""
    spec = SPECS[names_of(word)[0]]
    is_infinite = value == "inf" and spec.kind is float
    if spec.kind in {int, float} and isinstance(value, str) and not is_infinite:
        message = (
            f"{word} is {value!r}; it must be a number without quotation marks, {spec.allowed}"
        )
        raise InvalidValueError(message)


def _service(source: str, value: object) -> dict[str, object]:
    table = _table(source, SERVE, value)
    return {name: _service_value(name, table[name]) for name in table}


def _service_value(name: str, value: object) -> object:
    if name not in OPTIONS:
        raise UnknownSettingError(unknown(f"key of [{SERVE}]", name, OPTIONS))
    kind = type(SERVICE_DEFAULTS[name])
    fits = isinstance(value, (int, float) if kind is float else kind)
    if not fits or (kind is not bool and isinstance(value, bool)):
        words = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}
        message = f"{SERVE}.{name} is {value!r}; it must be {words[kind]}"
        raise InvalidValueError(message)
    if not OPTIONS[name].takes(value) or (isinstance(value, float) and math.isnan(value)):
        message = f"{SERVE}.{name} is {value!r}; it must be {OPTIONS[name].range}"
        raise InvalidValueError(message)
    return value


def unknown(what: str, word: str, known: Sequence[str] | Mapping[str, object]) -> str:
    """Return the sentence on a word that means nothing, with the nearest that means something."""
    nearest = difflib.get_close_matches(word, list(known), n=1)
    hint = f"did you mean {nearest[0]}?" if nearest else "tempo config init writes all there are"
    return f"there is no {what} {word!r}; {hint}"
