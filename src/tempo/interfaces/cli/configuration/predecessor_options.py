"""The predecessor's flags that nothing here answers to: each says in one sentence what to do."""

from __future__ import annotations

from inspect import Parameter, signature
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tempo.application.settings.predecessor import REPLACED
from tempo.domain.errors import UnknownSettingError
from tempo.interfaces.cli.configuration.options import with_signature

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def with_replaced_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Answer each of these flags with its sentence, where the command has no option of its name."""
    parameters = list(signature(command).parameters.values())
    own = {one.name for one in parameters}
    words = [word for word in REPLACED if word not in own]

    def answered(**given: Any) -> Any:  # noqa: ANN401 - options and results of all types
        refuse_replaced({word: given.pop(word) for word in words})
        return command(**given)

    return with_signature(answered, command, [*parameters, *map(_option, words)])


def refuse_replaced(given: Mapping[str, object]) -> None:
    """Answer the first of these flags that is there.

    Raises:
        UnknownSettingError: with its sentence.
    """
    for word, value in given.items():
        if value not in (None, False):
            raise UnknownSettingError(REPLACED[word].sentence(flag_of(word)))


def flag_of(word: str) -> str:
    """Return the flag of a word."""
    return f"--{word.replace('_', '-')}"


def _option(word: str) -> Parameter:
    info = typer.Option(flag_of(word), hidden=True)
    kind = str | None if REPLACED[word].takes_value else bool
    return Parameter(
        word,
        Parameter.KEYWORD_ONLY,
        default=None if REPLACED[word].takes_value else False,
        annotation=Annotated[kind, info],
    )
