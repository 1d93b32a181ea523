"""The rules that a study compares: each is a request's settings under a short name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING

from tempo.application.settings.reading import build_request, read_settings
from tempo.application.settings.settings import DEFAULTS, SPECS
from tempo.domain.errors import IneffectiveSettingError, InvalidValueError
from tempo.domain.selection import ThresholdBasis

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tempo.application.decoding.request import GenerationRequest
    from tempo.application.settings.settings import Settings
    from tempo.domain.tokens import TokenId

ALL = "all"

AXES = ("superposition", "sharpness", "window", "readout", "visibility", "positions")
"""The settings in which rules differ, in the order of their names."""

LINEAGE_ONLY = ("sharpness", "window")


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to weigh earlier tokens and to read a step's rows.

    Attributes:
        settings: the settings of its runs; threshold, width and depth are the study's.
    """

    settings: Settings

    @property
    def name(self) -> str:
        """The superposition, and whatever else differs from the defaults."""
        settings = self.settings
        words: list[str] = [settings.superposition]
        for axis in AXES[1:]:
            value = getattr(settings, axis)
            if value != DEFAULTS[axis]:
                words.append(f"{axis} {value:g}" if axis in LINEAGE_ONLY else str(value))
        if settings.threshold_basis != ThresholdBasis.TOTAL:
            words.append(f"threshold basis {settings.threshold_basis}")
        return ", ".join(words)

    def as_mapping(self) -> dict[str, object]:
        """Return the settings in which rules can differ, as JSON holds them."""
        named = self.settings.as_mapping()
        return {axis: named[axis] for axis in (*AXES, "threshold_basis")}

    def request(
        self,
        prompt_ids: Sequence[TokenId],
        barred: Sequence[TokenId],
        threshold: float,
        width: int,
        steps: int,
    ) -> GenerationRequest:
        """Return the run that decodes `steps` steps under this rule.

        Raises:
            InvalidValueError: for a threshold, width or number of steps outside its range.
        """
        settings = replace(
            self.settings,
            selection_threshold=threshold,
            max_width=width,
            considered=max(width, self.settings.considered),
            max_steps=steps,
        )
        return build_request(settings, prompt_ids, barred)


def rule_of(given: Mapping[str, object]) -> Rule:
    """Return the rule that some settings name; all others have their defaults.

    The threshold is a share of the total under every rule unless a rule names another basis, so
    that rules which differ in attention alone cut alike.

    Raises:
        InvalidValueError: for a setting that is none of a rule's, or a wrong value.
    """
    strangers = [name for name in given if name not in (*AXES, "threshold_basis")]
    if strangers:
        allowed = ", ".join((*AXES, "threshold_basis"))
        message = f"a rule cannot set {strangers[0]!r}; it can set {allowed}"
        raise InvalidValueError(message)
    return Rule(read_settings({"threshold_basis": ThresholdBasis.TOTAL, **given}))


def read_rule(text: str) -> Rule:
    """Return the rule that a text like `superposition=lineage,window=inf` names.

    Raises:
        InvalidValueError: for a text that is not NAME=VALUE,NAME=VALUE, or a wrong value.
    """
    given: dict[str, object] = {}
    for part in text.split(","):
        name, sign, value = (word.strip() for word in part.partition("="))
        if not (name and sign and value) or name in given:
            message = f"the rule {text!r} is not NAME=VALUE,NAME=VALUE with each name once"
            raise InvalidValueError(message)
        given[name] = value
    return rule_of(given)


def rule_grid(asked: Mapping[str, Sequence[object]]) -> tuple[Rule, ...]:
    """Return every combination of the values asked for; `all` is every value of a setting.

    An axis that is left out or empty has its default. `sharpness` and `window` go with the
    superposition `lineage` alone.

    Raises:
        InvalidValueError: for a wrong value.
        IneffectiveSettingError: for `sharpness` or `window` without `lineage`.
    """
    values = {axis: _values(axis, asked.get(axis, ())) for axis in AXES}
    for axis in LINEAGE_ONLY:
        if asked.get(axis) and "lineage" not in values["superposition"]:
            message = f"{axis} would have no effect: it needs superposition lineage"
            raise IneffectiveSettingError(message)
    rules = [
        rule_of(_effective(dict(zip(AXES, chosen, strict=True))))
        for chosen in product(*values.values())
    ]
    return distinct(rules)


def distinct(rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """Return rules in their order, each once."""
    return tuple({rule.name: rule for rule in rules}.values())


def _values(axis: str, asked: Sequence[object]) -> tuple[object, ...]:
    if ALL in asked:
        return SPECS[axis].choices
    return tuple(asked) or (DEFAULTS[axis],)


def _effective(chosen: Mapping[str, object]) -> dict[str, object]:
    """Return the settings that can have an effect under the superposition chosen."""
    if chosen["superposition"] == "lineage":
        hard = str(chosen["window"]).strip() in {"0", "0.0"}
        return {axis: value for axis, value in chosen.items() if not (hard and axis == "sharpness")}
    return {axis: value for axis, value in chosen.items() if axis not in LINEAGE_ONLY}
