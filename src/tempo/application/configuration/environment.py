"""What environment variables say of settings and options."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from tempo.application.configuration.document import WORDS
from tempo.application.configuration.keys import TRUTHS
from tempo.application.configuration.layering import ENVIRONMENT, Layer
from tempo.application.serving.service_settings import OPTIONS, PREFIX, variable
from tempo.application.settings.settings import SPECS
from tempo.application.settings.words import SWITCHES, WISHES, names_of
from tempo.domain.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tempo.application.configuration.keys import Key

CONFIG = "TEMPO_CONFIG"
"""Names the configuration file."""

PROFILE = "TEMPO_CONFIG_PROFILE"
"""Names the profile in it."""

NEAR = 0.7
"""How like one of our names a variable must be to seem meant for it; SERVICE_PORT is not."""

BUILDS = ("TEMPO_CHROMIUM", "TEMPO_FUSED_DEVICE", "TEMPO_HARNESS", "TEMPO_UI", "TEMPO_UI_PORT")
"""Read by the project's own build and checks."""


def settings_told(environment: Mapping[str, str]) -> Layer:
    """Return the decoding settings of the environment; an empty variable says nothing.

    Raises:
        InvalidValueError: for a variable that is neither true nor false and must be.
    """
    told = {word: text for word in WORDS if (text := environment.get(variable(word)))}
    words = {word: _value(word, text) for word, text in told.items()}
    return Layer(ENVIRONMENT, words, {word: variable(word) for word in words})


def options_told(environment: Mapping[str, str], keys: Mapping[str, Key]) -> dict[str, object]:
    """Return the options of the environment.

    Raises:
        InvalidValueError: for a text that says no value of an option.
    """
    told = {name: text for name in keys if (text := environment.get(variable(name)))}
    try:
        return {name: keys[name].read_text(text) for name, text in told.items()}
    except InvalidValueError as error:
        message = f"{ENVIRONMENT}: {error}"
        raise InvalidValueError(message) from error


def misspelt(environment: Mapping[str, str], options: Callable[[], Iterable[str]]) -> list[str]:
    """Return a sentence on each variable that says nothing, but for its name nearly would.

    Others may use the prefix too, so that one which is near to none is let be.

    Args:
        environment: the environment's variables.
        options: gives the names of options; asked only where a variable is no setting.
    """
    known = {*map(variable, (*WORDS, *OPTIONS)), CONFIG, PROFILE, *BUILDS}
    strange = sorted(name for name in environment if name.startswith(PREFIX) and name not in known)
    if not strange:
        return []
    words = {name.removeprefix(PREFIX) for name in (*known, *map(variable, options()))}
    nearest = {
        name: difflib.get_close_matches(name.removeprefix(PREFIX), sorted(words), n=1, cutoff=NEAR)
        for name in strange
        if name.removeprefix(PREFIX) not in words
    }
    return [
        f"{name} says nothing to any command; did you mean {PREFIX}{near[0]}?"
        for name, near in nearest.items()
        if near
    ]


def _value(word: str, text: str) -> object:
    is_switch = word in SWITCHES or word in WISHES
    if not is_switch and any(SPECS[name].kind is not bool for name in names_of(word)):
        return text
    if text.lower() not in TRUTHS:
        message = f"{ENVIRONMENT}: {variable(word)} is {text!r}; it must be true or false"
        raise InvalidValueError(message)
    return TRUTHS[text.lower()]
