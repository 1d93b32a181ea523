"""Options that every command which loads a model has: where from, spread how, rounded by whom.

They are added to commands here and read where the model is loaded, so that no command in between
has to hand them on.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from inspect import Parameter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tempo.infrastructure.configuration import DEVICE_MAPS, QUANTISATIONS, LoadingOptions
from tempo.interfaces.cli.added_options import with_added_options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

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
    "tensor_parallel": (
        "Split each layer over the processes that torchrun started: their number, or auto."
    ),
    "trust_remote_code": "Run Python code that comes with the model, with all your rights.",
}
SWITCHES = ("offline", "trust_remote_code")


def with_loading_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command these options; while it runs, `chosen_options` returns them."""
    return with_added_options(command, [_option(name) for name in MEANINGS], _told)


@contextmanager
def _told(given: Mapping[str, Any]) -> Iterator[None]:
    told = LoadingOptions(**given)
    follow_if_other(told)
    before = CHOSEN.set(told)
    try:
        yield
    finally:
        CHOSEN.reset(before)


def chosen_options() -> LoadingOptions:
    """Return what the command under way was told of loading."""
    return CHOSEN.get() or LoadingOptions()


def follow_if_other(told: LoadingOptions) -> None:
    """Let one process alone run a command: the others of a model do what it tells them.

    Raises:
        SystemExit: in the others, at the end.
        InvalidValueError, OutOfStepError: where there are no others, or not as many.
    """
    if told.tensor_parallel:
        from tempo.infrastructure.container import (  # noqa: PLC0415 - takes seconds
            follow_if_not_first,
        )
        from tempo.infrastructure.logging import silence_transformers  # noqa: PLC0415 - as above

        silence_transformers()
        follow_if_not_first(told)


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
