"""Options that every command which loads a model has: where from, spread how, rounded by whom.

They are added to commands here and read where the model is loaded, so that no command in between
has to hand them on.
"""

from __future__ import annotations

from contextvars import ContextVar
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tempo.infrastructure.configuration import DEVICE_MAPS, QUANTISATIONS, LoadingOptions

if TYPE_CHECKING:
    from collections.abc import Callable

PANEL = "Loading"

CHOSEN: ContextVar[LoadingOptions | None] = ContextVar("loading_options", default=None)
"""What the command under way was told."""

MEANINGS = {
    "revision": "A branch, tag or commit of a hub's model.",
    "cache_dir": "The folder that keeps what a hub sent.",
    "offline": "Use what is on this machine alone.",
    "device_map": (
        f"Spread the model over devices: {', '.join(DEVICE_MAPS)}, or JSON of module to device. "
        "Needs accelerate."
    ),
    "quantisation": f"Have another package round the weights: {', '.join(QUANTISATIONS)}.",
    "trust_remote_code": "Run Python code that comes with the model, with all your rights.",
}
SWITCHES = ("offline", "trust_remote_code")


def with_loading_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command these options; while it runs, `chosen_options` returns them."""
    own = [
        parameter
        for parameter in signature(command, eval_str=True).parameters.values()
        if parameter.kind is not Parameter.VAR_KEYWORD
    ]
    options = [_option(name) for name in MEANINGS]

    def with_options(**given: Any) -> Any:  # noqa: ANN401 - options and results of all types
        told = LoadingOptions(**{name: given.pop(name) for name in MEANINGS})
        before = CHOSEN.set(told)
        try:
            return command(**given)
        finally:
            CHOSEN.reset(before)

    parameters = [parameter.replace(kind=Parameter.KEYWORD_ONLY) for parameter in (*own, *options)]
    with_options.__signature__ = signature(command).replace(  # type: ignore[attr-defined]
        parameters=parameters, return_annotation=int
    )
    with_options.__annotations__ = {one.name: one.annotation for one in parameters}
    with_options.__doc__ = command.__doc__
    return with_options


def chosen_options() -> LoadingOptions:
    """Return what the command under way was told of loading."""
    return CHOSEN.get() or LoadingOptions()


def _option(name: str) -> Parameter:
    flag = f"--{name.replace('_', '-')}"
    info = typer.Option(flag, help=MEANINGS[name], rich_help_panel=PANEL, show_default=False)
    is_switch = name in SWITCHES
    return Parameter(
        name,
        Parameter.KEYWORD_ONLY,
        default=False if is_switch else "",
        annotation=Annotated[bool if is_switch else str, info],
    )
