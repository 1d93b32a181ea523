"""The settings as command-line options: made from the one schema that Python and JSON use."""

from __future__ import annotations

from inspect import Parameter, signature
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tempo.application.settings.settings import DEFAULTS, SPECS
from tempo.application.settings.words import ALIASES, PAIRS, SWITCHES, WISHES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tempo.application.settings.specs import SettingSpec

KINDS: dict[type, Any] = {bool: bool | None, list: list[str] | None}
"""What typer reads; all other kinds come as text and are read by the settings themselves."""

METAVARS: dict[type, str | None] = {
    bool: None,
    int: "INT",
    float: "FLOAT",
    str: "RULE",
    list: "TEXT",
}


def with_setting_options(command: Callable[..., int | None]) -> Callable[..., int | None]:
    """Give a command one option for each setting; they arrive in its keyword `settings`."""
    own = [
        parameter
        for parameter in signature(command, eval_str=True).parameters.values()
        if parameter.kind is not Parameter.VAR_KEYWORD
    ]
    options = [_option(name, spec) for name, spec in SPECS.items()] + _aliases() + _switches()

    def with_settings(**given: Any) -> int | None:  # noqa: ANN401 - options of all types
        named = {option.name: given.pop(option.name) for option in options}
        settings = {name: value for name, value in named.items() if value not in (None, [], ())}
        return command(**given, **settings)

    parameters = [parameter.replace(kind=Parameter.KEYWORD_ONLY) for parameter in (*own, *options)]
    with_settings.__signature__ = signature(command).replace(  # type: ignore[attr-defined]
        parameters=parameters, return_annotation=int
    )
    with_settings.__annotations__ = {
        parameter.name: parameter.annotation for parameter in parameters
    }
    with_settings.__doc__ = command.__doc__
    return with_settings


def _option(name: str, spec: SettingSpec) -> Parameter:
    """Return the option of one setting; left out, it is None."""
    flags = [_flag(name)]
    if spec.kind is bool:
        flag = flags[0]
        flags = [f"{flag}/--no-{flag.removeprefix('--')}"]
    info = typer.Option(
        *flags,
        help=f"{spec.meaning} {_range(spec)} Default: {_default(name)}.{_also(name)}",
        metavar=METAVARS[spec.kind],
        rich_help_panel=spec.group.value,
        show_default=False,
    )
    return Parameter(
        name,
        Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[KINDS.get(spec.kind, str | None), info],
    )


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _also(name: str) -> str:
    others = [_flag(alias) for alias, meant in ALIASES.items() if meant == name]
    others += [f"{_flag(pair)} P1,P2" for pair, both in PAIRS.items() if name in both]
    return f" Also {', '.join(others)}." if others else ""


def _aliases() -> list[Parameter]:
    """Return the aliases as options of their own, so that two values for one setting show."""
    return [
        Parameter(
            alias,
            Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[str | None, typer.Option(_flag(alias), hidden=True)],
        )
        for alias in (*ALIASES, *PAIRS)
    ]


def _range(spec: SettingSpec) -> str:
    allowed = ", ".join(spec.choices) if spec.choices else spec.allowed
    return f"({allowed})"


def _default(name: str) -> str:
    default = DEFAULTS[name]
    if default is None or default == ():
        return "off"
    return str(default).lower() if isinstance(default, bool) else str(default)


def _switches() -> list[Parameter]:
    """Return the older switches as hidden flags, less those that a setting's own option has."""
    own = {f"no_{name}" for name, spec in SPECS.items() if spec.kind is bool}
    return [
        Parameter(
            name,
            Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[bool | None, typer.Option(_flag(name), hidden=True)],
        )
        for name in (*SWITCHES, *WISHES)
        if name not in own
    ]
