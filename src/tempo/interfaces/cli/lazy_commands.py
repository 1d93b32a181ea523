"""Commands whose modules are loaded when they are called, not when their names are shown."""

from __future__ import annotations

from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command, get_group

if TYPE_CHECKING:
    from collections.abc import Mapping


class LazyCommand(TyperCommand):
    """A command known by its name and its first line; the rest is loaded on first use.

    The loaded command makes its own context, so that parsing, help, completion and the call itself
    are all its own.
    """

    def __init__(self, name: str, place: str, first_line: str) -> None:
        """Stand for what `place` names, a module and a name in it with a colon between.

        The name is of a function, or of a `Typer` with commands of its own.
        """
        super().__init__(name, help=first_line, callback=lambda: None)
        self._place = place

    @cached_property
    def loaded(self) -> Any:  # noqa: ANN401 - a command of typer's own click
        """The command itself."""
        module, _, name = self._place.partition(":")
        found = getattr(import_module(module), name)
        if isinstance(found, typer.Typer):
            return get_group(found)
        alone = typer.Typer(add_completion=False)
        alone.command(self.name)(found)
        return get_command(alone)

    def make_context(self, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - typer's own
        """Let the command itself parse its arguments."""
        return self.loaded.make_context(*arguments, **named)


def lazy_group(table: Mapping[str, tuple[str, str]]) -> type[TyperGroup]:
    """Return the class of a group with these commands, in this order, before its own.

    Args:
        table: by name, where the command is and the first line of its help.
    """

    class LazyGroup(TyperGroup):
        def __init__(self, **attributes: Any) -> None:  # noqa: ANN401 - as typer hands them on
            super().__init__(**attributes)
            own = dict(self.commands)
            self.commands = {
                name: LazyCommand(name, place, line) for name, (place, line) in table.items()
            } | own

    return LazyGroup
