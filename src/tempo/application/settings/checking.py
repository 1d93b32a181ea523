"""What is wrong with settings, all at once: for a form that is being filled in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tempo.application.settings.building import build_request
from tempo.application.settings.conditions import (
    MULTIPATH,
    UNSEARCHED,
    contradictions,
    ineffective,
    ineffective_message,
    unmet,
)
from tempo.application.settings.reading import merged, named_in
from tempo.application.settings.settings import ATTENTION, ATTENTION_RULE, SPECS, Settings
from tempo.application.settings.threshold_curves import BENDS
from tempo.application.settings.threshold_preview import preview_of
from tempo.application.settings.words import RETROACTIVE_SWITCHES, names_of, truth
from tempo.domain.errors import IneffectiveSettingError, InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tempo.application.settings.threshold_preview import ThresholdPreview

Words = dict[str, object]
"""Settings as they were said: values by name or alias."""

GREEDY = "default_mode off"
"""What settings of several paths need."""

UNDECIDED = "use_mcts off"
"""What settings of several hypotheses at once need."""

DRAWN = frozenset(
    {
        *("default_mode", "max_steps", "retroactive_pruning", "pruning_strategy"),
        *("selection_threshold", "posterior_floor", "attention_threshold", "coherence_threshold"),
        *BENDS,
    }
)
"""What decides over the threshold's curve."""


@dataclass(frozen=True, slots=True)
class Complaint:
    """Something that is wrong.

    Attributes:
        field: the setting, or the word as it was said; None where no one of them is to blame.
        message: what is wrong, and what to do.
    """

    field: str | None
    message: str


@dataclass(frozen=True, slots=True)
class Checked:
    """Settings, judged.

    Attributes:
        complaints: what is wrong; none for settings that can be run.
        without_effect: each setting that could change nothing whatever its value, and what it
            needs.
        preview: the threshold over the run; None where none is asked, or what decides over it is
            wrong.
    """

    complaints: tuple[Complaint, ...]
    without_effect: tuple[tuple[str, str], ...]
    preview: ThresholdPreview | None


def checked(given: Mapping[str, object], judge: Callable[[Settings], object]) -> Checked:
    """Judge settings by name or alias, some or all of them; nothing is raised.

    Where one is wrong, the others are judged as if it had been left out. `judge` raises
    InvalidValueError for settings beyond bounds of its own.
    """
    words, complaints = _readable(given)
    if not complaints:  # else what a setting needs may be what could not be read
        words, complaints = _fitting(words)
    read, settings, more = _in_range(words, judge)
    complaints = list(dict.fromkeys(complaints + more))
    idle = without_effect(settings)
    if _leaves_rule_open(read):  # naming a setting of attention chooses its rule
        other = without_effect(replace(settings, retroactive_pruning=ATTENTION_RULE))
        idle = {name: idle[name] for name in idle if name not in ATTENTION or name in other}
    return Checked(tuple(complaints), tuple(idle.items()), _preview(settings, complaints))


def without_effect(settings: Settings) -> dict[str, str]:
    """Return what each setting needs that could change nothing whatever its value."""
    needs: dict[str, str] = {}
    for name, need in unmet(settings):
        if need.startswith(needs.get(name, "")):  # the same, said with more of it
            needs[name] = need
    if settings.use_mcts:
        needs |= dict.fromkeys(UNSEARCHED, UNDECIDED)
    if settings.default_mode:
        needs |= dict.fromkeys(MULTIPATH, GREEDY)
    return {name: needs[name] for name in SPECS if name in needs}


def _leaves_rule_open(words: Words) -> bool:
    """Whether retroactive pruning is on by whatever rule the other settings are for."""
    asked = named_in(words).get("retroactive_pruning")
    return asked == "on" or (asked is None and any(map(words.get, RETROACTIVE_SWITCHES)))


def _readable(given: Mapping[str, object]) -> tuple[Words, list[Complaint]]:
    """Return the words with values of their kind, and what is wrong with the others."""
    words: Words = {}
    complaints = []
    for word, value in given.items():
        try:
            if not named_in({word: value}):
                truth(word, value)
        except InvalidValueError as error:
            names = names_of(word)
            field = names[0] if len(names) == 1 else word
            complaints.append(Complaint(field, str(error)))
        else:
            words[word] = value
    return words, complaints


def _fitting(words: Words) -> tuple[Words, list[Complaint]]:
    """Return the words without settings that others exclude, and these with the reason."""
    found: dict[str, str] = {}
    try:
        settings = merged(words)
        for name, message in contradictions(settings):
            found.setdefault(name, message)
        for name, needs in ineffective(settings):
            found.setdefault(name, ineffective_message(settings, name, needs))
    except InvalidValueError:
        return words, []  # a value beyond its range, or two for one setting: found next
    left = {word: words[word] for word in words if not found.keys() & set(names_of(word))}
    return left, [Complaint(name, message) for name, message in found.items()]


def _in_range(
    words: Words, judge: Callable[[Settings], object]
) -> tuple[Words, Settings, list[Complaint]]:
    """Return the words that are in their ranges, what they mean, and what is wrong with others."""
    read: Words = {}
    settings = Settings()
    complaints: list[Complaint] = []
    for _ in range(len(words) + 1):
        try:
            settings, read = merged(words), words
            build_request(settings, ())
            judge(settings)
        except InvalidValueError as error:
            blamed = str(error).split(maxsplit=1)[0]
            known = blamed if blamed in SPECS or blamed in words else None
            again = any(one.field == known for one in complaints)  # its default is no better
            # What an ineffective one needs may have been left out.
            if not isinstance(error, IneffectiveSettingError) and not again:
                complaints.append(Complaint(known, str(error)))
            left = {word: words[word] for word in words if blamed not in (word, *names_of(word))}
            if len(left) == len(words):
                break
            words = left
        else:
            break
    return read, settings, complaints


def _preview(settings: Settings, complaints: list[Complaint]) -> ThresholdPreview | None:
    if any(one.field is None or one.field in DRAWN for one in complaints):
        return None
    try:
        return preview_of(settings)
    except InvalidValueError:  # greedy decoding asks no threshold
        return None
