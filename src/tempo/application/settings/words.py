"""The words that users may say for settings, and the settings that they mean."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tempo.application.settings.pruning_specs import RETROACTIVE_RULES, STRATEGIES
from tempo.application.settings.settings import SPECS
from tempo.application.settings.threshold_specs import SHAPES
from tempo.domain.errors import InvalidValueError, UnknownSettingError

ALIASES: dict[str, str] = {
    "threshold": "selection_threshold",
    "max_tokens": "max_steps",
    "max_parallel_tokens": "max_width",
    "complete_removal_mode": "complete_pruning_mode",
    "bezier_preset": "threshold_preset",
}
"""Other names of settings, with the same values."""

PAIRS: dict[str, tuple[str, str]] = {"bezier_points": ("bezier_p1", "bezier_p2")}
"""Words for two settings at once: two numbers, or a text like `0.1,0.9` or `[0.1, 0.9]`."""

PAIR = re.compile(r"\s*(?:\[([^][()]+)\]|([^][()]+))\s*")
"""The text of such a word; brackets stand around the whole or not at all."""

SWITCHES: dict[str, tuple[str, object, object]] = {
    "allow_intraset_token_visibility": ("visibility", "visible", "isolated"),
    "isolate": ("visibility", "isolated", "visible"),
    "use_custom_rope": ("positions", "shared", "consecutive"),
    "no_use_custom_rope": ("positions", "consecutive", "shared"),
    "use_relative_attention": ("relative_attention", True, False),
    "no_relative_attention": ("relative_attention", False, True),
    "use_multi_scale_attention": ("multi_scale_attention", True, False),
    "no_multi_scale_attention": ("multi_scale_attention", False, True),
    "use_sigmoid_threshold": ("sigmoid_threshold", True, False),
    "no_sigmoid_threshold": ("sigmoid_threshold", False, True),
}
"""Older switches: the setting that each one names, its value when on and when off."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What an older switch asks of a setting that has more values than two.

    Attributes:
        name: the setting.
        allowed: the values that the switch leaves open.
        otherwise: the value that is meant where none is named; None leaves the setting alone.
    """

    name: str
    allowed: tuple[str, ...]
    otherwise: str | None = None


_RETROACTIVE = (
    Wish("retroactive_pruning", RETROACTIVE_RULES[1:], "on"),
    Wish("retroactive_pruning", ("off",), "off"),
)
RETROACTIVE_SWITCHES = ("use_retroactive_pruning", "use_retroactive_removal")
"""Older switches that leave the rule of retroactive pruning open."""

_NOT_LCI = Wish("threshold_curve", tuple(shape for shape in SHAPES if shape != "lci"))

WISHES: dict[str, tuple[Wish, Wish]] = {
    "use_pruning": (
        Wish("pruning_strategy", STRATEGIES[1:], "coherence"),
        Wish("pruning_strategy", ("none",), "none"),
    ),
    **dict.fromkeys(RETROACTIVE_SWITCHES, _RETROACTIVE),
    "use_lci_dynamic_threshold": (Wish("threshold_curve", ("lci",), "lci"), _NOT_LCI),
    # Off is what older clients send with every request, and it never meant that a threshold moves.
    "no_lci_dynamic_threshold": (_NOT_LCI, Wish("threshold_curve", SHAPES)),
}
"""Older switches that give way to a value named beside them: what each asks for on, and off."""


def resolved(word: str, value: object) -> list[tuple[str, object]]:
    """Return the settings that a word names, with the values that are meant.

    Raises:
        UnknownSettingError: for a word that means no setting, with the nearest one.
        InvalidValueError: for a value that the word cannot have.
    """
    if word in SWITCHES:
        name, on, off = SWITCHES[word]
        return [(name, on if truth(word, value) else off)]
    if word in PAIRS:
        return list(zip(PAIRS[word], _two(word, value), strict=True))
    name = ALIASES.get(word, word)
    if name not in SPECS:
        known = [*SPECS, *ALIASES, *PAIRS, *SWITCHES, *WISHES]
        nearest = difflib.get_close_matches(word, known, n=1)
        hint = f"did you mean {nearest[0]}?" if nearest else "see the settings' reference"
        message = f"there is no setting {word!r}; {hint}"
        raise UnknownSettingError(message)
    return [(name, value)]


def names_of(word: str) -> tuple[str, ...]:
    """Return the settings that a word is for, none for a word that means none."""
    if word in PAIRS:
        return PAIRS[word]
    if word in SWITCHES:
        return (SWITCHES[word][0],)
    if word in WISHES:
        return (WISHES[word][0].name,)
    name = ALIASES.get(word, word)
    return (name,) if name in SPECS else ()


def written(word: str, text: str) -> object:
    """Return what a text of NAME=VALUE means: true and false where the word is a switch."""
    spec = SPECS.get(ALIASES.get(word, word))
    if word in SWITCHES or word in WISHES or (spec is not None and spec.kind is bool):
        return {"true": True, "false": False}.get(text.lower(), text)
    return text


def truth(word: str, value: object) -> bool:
    """Return whether a switch is on.

    Raises:
        InvalidValueError: for what is neither true nor false.
    """
    if isinstance(value, bool):
        return value
    message = f"{word} is {value!r}; it must be true or false"
    raise InvalidValueError(message)


def _two(word: str, value: object) -> Sequence[object]:
    parts = _parts(value) if isinstance(value, str) else value
    if isinstance(parts, Sequence) and not isinstance(parts, (str, Mapping)) and len(parts) == 2:  # noqa: PLR2004 - a pair
        return parts
    message = f"{word} is {value!r}; it must be two numbers such as 0.1,0.9"
    raise InvalidValueError(message)


def _parts(text: str) -> list[str] | None:
    """Return what commas separate, in the brackets of older configurations or without any."""
    found = PAIR.fullmatch(text)
    return None if found is None else (found[1] or found[2]).split(",")
