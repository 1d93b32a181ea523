"""`tempo export`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from tempo.domain.errors import InvalidValueError
from tempo.infrastructure.documents import FORMATS, Documents, format_of, require_place
from tempo.interfaces.python.lattice import Lattice

STANDARD_OUTPUT = "-"


def export(
    file: Annotated[str, typer.Argument(help="A lattice document.", show_default=False)],
    *,
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            help=f"The format: {', '.join(FORMATS)}. Default: by OUTPUT's suffix.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        str, typer.Option(help="The file to write; - is standard output.")
    ] = STANDARD_OUTPUT,
) -> None:
    """Write a saved lattice for another tool: GraphViz, HTK, a table, a graph."""
    chosen = _format(to, output)
    if output != STANDARD_OUTPUT:
        require_place(output)
    lattice = Lattice.open(file)
    if output == STANDARD_OUTPUT:
        sys.stdout.write(Documents.export().text(lattice, chosen, lattice.best))
    else:
        lattice.export(output, chosen)


def _format(named: str | None, output: str) -> str:
    """Return the format that was asked for, before any file is read."""
    if named is None:
        if output != STANDARD_OUTPUT:
            return format_of(output)
        message = f"standard output has no suffix to name a format; give --to {'|'.join(FORMATS)}"
        raise InvalidValueError(message)
    if named not in FORMATS:
        message = f"--to is {named!r}; choose one of {', '.join(FORMATS)}"
        raise InvalidValueError(message)
    return named
