"""`tempo config show`: what would hold, and who says so."""

from __future__ import annotations

import json
import os
import sys
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tempo.application.configuration.layering import DEFAULT
from tempo.application.settings.predecessor import REPLACED
from tempo.interfaces.cli.configuration.keys import keys_of
from tempo.interfaces.cli.configuration.options import line_of, own_parameters, with_signature
from tempo.interfaces.cli.configuration.overlooked import tell_misspelt
from tempo.interfaces.cli.configuration.predecessor_options import refuse_replaced
from tempo.interfaces.cli.configuration.resolving import Place, told
from tempo.interfaces.cli.configuration.service import service_origins
from tempo.interfaces.cli.control_characters import readable
from tempo.interfaces.cli.generate_command import generate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Rows = dict[str, tuple[object, str]]
"""By name, the value and where it comes from."""

TITLES = {"settings": "Decoding", "options": "Model, prompt and output", "serve": "tempo serve"}

AsJson = Annotated[
    bool, typer.Option("--output-json", help="Print one JSON document instead of tables.")
]
Named = Annotated[
    bool, typer.Option("--named", help="Leave out what nobody named, and so has its default.")
]


def config_show() -> Callable[..., None]:
    """Return the command: it has the options of `tempo generate`, but for its argument."""
    own = [
        Parameter("output_json", Parameter.KEYWORD_ONLY, default=False, annotation=AsJson),
        Parameter("named", Parameter.KEYWORD_ONLY, default=False, annotation=Named),
        *own_parameters(),
    ]
    taken = {"prompt", *(one.name for one in own)}
    offered = signature(generate).parameters.values()
    parameters = [one for one in offered if one.name not in taken]

    def show(*, context: typer.Context, output_json: bool, named: bool, **given: Any) -> None:  # noqa: ANN401 - options of all types
        """Show each value that tempo generate and tempo serve would have, and who says so."""
        tell_misspelt()
        groups = _groups(context, given)
        if named:
            groups = {
                title: {name: one for name, one in rows.items() if one[1] != DEFAULT}
                for title, rows in groups.items()
            }
        (_print_json if output_json else _print_tables)(groups)

    return with_signature(show, show, [*parameters, *own])


def _groups(context: typer.Context, given: Mapping[str, Any]) -> dict[str, Rows]:
    refuse_replaced({word: given[word] for word in REPLACED if word in given})
    offered = keys_of(signature(generate).parameters.values())
    keys = {name: key for name, (_, key) in offered.items()}
    sections = Place.of(given["config"], given["config_profile"], os.environ).sections()
    found = told(line_of(context, given, offered), os.environ, sections, keys)
    decoding = found.decoding
    values = decoding.settings.as_mapping()
    options = {name: found.options.get(name, (key.default, DEFAULT)) for name, key in keys.items()}
    return {
        "settings": {name: (values[name], source) for name, source in decoding.origins.items()},
        "options": options,
        "serve": service_origins(os.environ, sections),
    }


def _print_json(groups: Mapping[str, Rows]) -> None:
    document = {
        title: {name: {"value": value, "from": source} for name, (value, source) in rows.items()}
        for title, rows in groups.items()
    }
    json.dump(document, sys.stdout, indent=2)
    sys.stdout.write("\n")


def _print_tables(groups: Mapping[str, Rows]) -> None:
    console = Console(highlight=False)
    for title, rows in groups.items():
        if rows:
            table = Table(
                "name", "value", "from", title=TITLES[title], title_justify="left", box=None
            )
            for name, (value, source) in rows.items():
                table.add_row(name, Text(_shown(value)), Text(readable(source)))
            console.print(table)


def _shown(value: object) -> str:
    """Return a value as a file or a command line says it."""
    if value in (None, "", []):
        return "-"
    return readable(value) if isinstance(value, str) else json.dumps(value)
