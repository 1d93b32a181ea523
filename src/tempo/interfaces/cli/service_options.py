"""The service's settings as command-line options, made from the dataclass that holds them."""

from __future__ import annotations

from inspect import Parameter, signature
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tempo.application.serving.service_settings import OPTIONS, SERVICE_DEFAULTS, variable

if TYPE_CHECKING:
    from collections.abc import Callable

KINDS: dict[type, Any] = {bool: bool | None, int: int | None, float: float | None, str: str | None}
SECRET = "api_token"
"""Read from the environment alone: a command line can be read by every user of a machine."""


def with_service_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command one option for each setting; left out, it is the environment's."""
    own = [
        parameter
        for parameter in signature(command, eval_str=True).parameters.values()
        if parameter.kind is not Parameter.VAR_KEYWORD
    ]
    options = [_option(name) for name in OPTIONS if name != SECRET]

    def with_settings(**given: Any) -> None:  # noqa: ANN401 - options of all types
        command(**given)

    parameters = [parameter.replace(kind=Parameter.KEYWORD_ONLY) for parameter in (*own, *options)]
    with_settings.__signature__ = signature(command).replace(  # type: ignore[attr-defined]
        parameters=parameters, return_annotation=None
    )
    with_settings.__annotations__ = {one.name: one.annotation for one in parameters}
    with_settings.__doc__ = command.__doc__
    return with_settings


def _option(name: str) -> Parameter:
    flag, default = f"--{name.replace('_', '-')}", SERVICE_DEFAULTS[name]
    shown = str(default).lower() if isinstance(default, bool) else default
    info = typer.Option(
        flag,
        help=f"{OPTIONS[name].meaning} Default: {shown or 'none'}. Also {variable(name)}.",
        show_default=False,
    )
    return Parameter(
        name, Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[KINDS[type(default)], info]
    )
