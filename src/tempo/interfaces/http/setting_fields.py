"""The settings as fields of a request: made from the one schema that the command line uses too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, Strict

from tempo.application.settings.ranges import range_of
from tempo.application.settings.settings import DEFAULTS, SPECS
from tempo.application.settings.words import ALIASES, PAIRS, SWITCHES, WISHES

if TYPE_CHECKING:
    from tempo.application.settings.specs import SettingSpec

Fields = dict[str, tuple[Any, Any]]

Number = Annotated[float, Strict(), Field(allow_inf_nan=False)]
Whole = Annotated[int, Strict()]
Truth = Annotated[bool, Strict()]
Text = Annotated[str, Strict()]


def setting_fields() -> Fields:
    """Return a field for each setting and each other word for one; all may be left out."""
    fields = {name: (_type(spec), _field(name, spec)) for name, spec in SPECS.items()}
    for alias, name in ALIASES.items():
        fields[alias] = (_type(SPECS[name]), _word(f"The same as `{name}`."))
    for pair, names in PAIRS.items():
        both = Annotated[list[Number], Field(min_length=2, max_length=2)] | Text
        fields[pair] = (both, _word(f"Both of {' and '.join(names)}."))
    for switch in (*SWITCHES, *WISHES):
        if switch not in fields:
            meant = _meant(switch)
            fields[switch] = (Truth, _word(f"An older switch for `{meant}`."))
    return fields


def _meant(switch: str) -> str:
    return SWITCHES[switch][0] if switch in SWITCHES else WISHES[switch][0].name


def _word(meaning: str) -> Any:  # noqa: ANN401 - pydantic's own type says nothing
    return Field(default=None, description=meaning)


def _field(name: str, spec: SettingSpec) -> Any:  # noqa: ANN401 - as above
    default = DEFAULTS[name]
    told = list(default) if isinstance(default, tuple) else default
    extra: dict[str, Any] = {"x-group": spec.group.value, "x-allowed": spec.allowed}
    shown: dict[str, Any] = {"default": told} if told is not None else {}
    return Field(default=None, description=spec.meaning, json_schema_extra={**shown, **extra})


def _type(spec: SettingSpec) -> Any:  # noqa: ANN401 - a type
    if spec.kind is list:
        return Text | list[Text]
    if spec.choices:
        chosen: Any = Literal[spec.choices]
        kind = chosen | Truth if spec.switchable else chosen
    elif spec.kind is bool:
        kind = Truth
    else:
        kind = _number(spec)
    return kind | None if spec.optional else kind


def _number(spec: SettingSpec) -> Any:  # noqa: ANN401 - a type
    found = range_of(spec)
    edge = "gt" if found.open_below else "ge"
    bounds = {edge: found.least, "le": found.most}
    kind: Any = Whole if spec.kind is int else Number
    within = Annotated[kind, Field(**{key: end for key, end in bounds.items() if end is not None})]
    return within | Literal["inf"] if "inf" in spec.allowed else within
