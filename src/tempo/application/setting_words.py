"""The words that users may say for settings, and the settings that they mean."""

from __future__ import annotations

import difflib

from tempo.application.settings import SPECS
from tempo.domain.errors import InvalidValueError, UnknownSettingError

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


def resolved(word: str, value: object) -> tuple[str, object]:
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
