"""`--config`: what a command is not told on its line comes from the environment or a file."""

from __future__ import annotations

import os
from copy import copy
from enum import Enum
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from tempo.application.configuration.document import WORDS
from tempo.application.configuration.environment import CONFIG, PROFILE
from tempo.interfaces.cli.configuration.keys import keys_of
from tempo.interfaces.cli.configuration.overlooked import tell_misspelt
from tempo.interfaces.cli.configuration.resolving import Place, Told, told

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tempo.application.configuration.keys import Key

PANEL = "Configuration"

Config = Annotated[
    str | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="Take what is not said here from a TOML, YAML or JSON file; tempo config init writes "
        f"one. Also {CONFIG}.",
        rich_help_panel=PANEL,
        show_default=False,
    ),
]
ConfigProfile = Annotated[
    str | None,
    typer.Option(
        "--config-profile",
        metavar="NAME",
        help=f"Use this profile of the file, over what stands outside of it. Also {PROFILE}.",
        rich_help_panel=PANEL,
        show_default=False,
    ),
]


def with_configuration(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `--config`, and what the environment and the file say."""
    parameters = {
        name: _deniable(one) for name, one in signature(command, eval_str=True).parameters.items()
    }
    keys = keys_of(parameters.values())
    settings = [name for name in parameters if name in WORDS]

    def configured(
        *,
        context: typer.Context,
        config: str | None,
        config_profile: str | None,
        **given: Any,  # noqa: ANN401 - options of all types
    ) -> Any:  # noqa: ANN401 - results of all types
        tell_misspelt()
        place = Place.of(config, config_profile, os.environ)
        line = line_of(context, given, keys)
        found = told(line, os.environ, place.sections(), {name: keys[name][1] for name in keys})
        return command(**filled(given, found, keys, settings))

    return with_signature(configured, command, [*parameters.values(), *own_parameters()])


def _deniable(parameter: Parameter) -> Parameter:
    """Return a flag with its opposite too, which denies what a lower place says."""
    annotated = get_args(parameter.annotation)
    if len(annotated) < 2 or annotated[0] is not bool:  # noqa: PLR2004 - a type and an option
        return parameter
    info = copy(annotated[1])
    flags = [flag for flag in (info.default, *info.param_decls) if isinstance(flag, str)]
    if info.hidden or any("/" in flag for flag in flags):
        return parameter
    word = flags[0].removeprefix("--")
    opposite = word.removeprefix("no-") if word.startswith("no-") else f"no-{word}"
    info.default, info.param_decls = f"--{word}/--{opposite}", tuple(flags[1:])
    return parameter.replace(annotation=Annotated[bool, info])


def own_parameters() -> list[Parameter]:
    """Return the parameters by which a configuration is chosen."""
    annotations = {"context": typer.Context, "config": Config, "config_profile": ConfigProfile}
    return [
        Parameter(
            name,
            Parameter.KEYWORD_ONLY,
            default=Parameter.empty if name == "context" else None,
            annotation=annotation,
        )
        for name, annotation in annotations.items()
    ]


def with_signature(
    made: Callable[..., Any], command: Callable[..., Any], parameters: list[Parameter]
) -> Callable[..., Any]:
    """Return a function that typer reads as one with these parameters."""
    kept = [one.replace(kind=Parameter.KEYWORD_ONLY) for one in parameters]
    made.__signature__ = signature(command).replace(  # type: ignore[attr-defined]
        parameters=kept, return_annotation=int
    )
    made.__annotations__ = {one.name: one.annotation for one in kept}
    made.__doc__ = command.__doc__
    return made


def line_of(
    context: typer.Context, given: Mapping[str, Any], keys: Mapping[str, tuple[str, Key]]
) -> dict[str, object]:
    """Return what the command line says, by word: settings, options and the prompt."""
    said = {
        name
        for name in given
        if (source := context.get_parameter_source(name)) is not None
        and source.name == "COMMANDLINE"
    }
    words: dict[str, object] = {name: given[name] for name in said if name in WORDS}
    words |= {key: given[name] for key, (name, _) in keys.items() if name in said}
    if "prompt" in said:  # the argument
        words["prompt"] = given["prompt"]
    return words


def filled(
    given: Mapping[str, Any],
    found: Told,
    keys: Mapping[str, tuple[str, Key]],
    settings: list[str],
) -> dict[str, Any]:
    """Return a command's arguments with what others than its line say."""
    values = dict(given)
    for key, value in found.from_elsewhere().items():
        name, _ = keys[key]
        values[name] = _typed(value, given[name])
    if found.is_configured and settings:
        values |= dict.fromkeys(settings) | found.decoding.words
        if not _draws(values):
            values["seed"] = given.get("seed")
    return values


def _typed(value: object, default: object) -> object:
    """Return a choice as the command's own kind of choice."""
    return type(default)(value) if isinstance(default, Enum) else value


def _draws(values: Mapping[str, Any]) -> bool:
    """Whether a seed that the command line does not name has anything to draw."""
    return bool(values.get("sample") or values.get("use_mcts"))
