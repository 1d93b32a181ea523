"""Options that several commands share, added to them in one place and read where they matter."""

from __future__ import annotations

from inspect import Parameter, signature
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager


def with_added_options(
    command: Callable[..., Any],
    options: Sequence[Parameter],
    told: Callable[[Mapping[str, Any]], AbstractContextManager[object]],
) -> Callable[..., Any]:
    """Give a command further options; it runs within what `told` makes of their values."""
    own = [
        parameter
        for parameter in signature(command, eval_str=True).parameters.values()
        if parameter.kind is not Parameter.VAR_KEYWORD
    ]
    names = [option.name for option in options]

    def with_options(**given: Any) -> Any:  # noqa: ANN401 - options and results of all types
        with told({name: given.pop(name) for name in names}):
            return command(**given)

    parameters = [parameter.replace(kind=Parameter.KEYWORD_ONLY) for parameter in (*own, *options)]
    with_options.__signature__ = signature(command).replace(  # type: ignore[attr-defined]
        parameters=parameters, return_annotation=int
    )
    with_options.__annotations__ = {one.name: one.annotation for one in parameters}
    with_options.__doc__ = command.__doc__
    return with_options
