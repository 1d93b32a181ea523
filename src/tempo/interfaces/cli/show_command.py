"""`tempo show`."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Literal

import typer
from rich.console import Console

from tempo.domain.errors import ContradictionError, InvalidValueError
from tempo.infrastructure.documents import Documents
from tempo.interfaces.cli.output import N_BEST, Format
from tempo.interfaces.cli.record_view import RecordView

FILE_HELP = "A lattice document; - reads standard input."


def show(
    file: Annotated[str, typer.Argument(help=FILE_HELP)],
    *,
    format: Annotated[Format, typer.Option(help="What to print.")] = Format.CLEAN,  # noqa: A002 - the option's name
    n_best: Annotated[
        int | None,
        typer.Option(
            help="Print so many best paths, by the scores that the lattice holds. "
            "Default: 5 under all and JSON."
        ),
    ] = None,
    steps: Annotated[
        bool, typer.Option("--steps", help="Print a table with a line for each step.")
    ] = False,
    decisions: Annotated[
        bool,
        typer.Option("--decisions", help="Print a line for each decision of pruning, in order."),
    ] = False,
    show_token_ids: Annotated[
        bool, typer.Option("--show-token-ids", help="Print each token's id behind it.")
    ] = False,
    echo: Annotated[bool, typer.Option("--echo", help="Print the prompt first.")] = False,
    output_json: Annotated[
        bool, typer.Option("--output-json", help="Print one JSON document instead of text.")
    ] = False,
    no_color: Annotated[bool, typer.Option("--no-color", help="Print no colour.")] = False,
) -> int:
    """Show a lattice that was saved. No model is loaded."""
    if n_best is not None and n_best < 1:
        message = f"n_best is {n_best}; it must be 1 or more"
        raise InvalidValueError(message)
    if output_json:
        _refuse_beside_json(format, echo=echo, decisions=decisions, show_token_ids=show_token_ids)
    record = Documents.lattice_file().open(file)
    colours: Literal["auto"] | None = None if no_color else "auto"
    console = Console(highlight=False, soft_wrap=True, color_system=colours)
    view = RecordView(record, console, show_ids=show_token_ids)
    by_default = N_BEST if output_json or format is Format.ALL else 0
    count = by_default if n_best is None else n_best
    if output_json:
        json.dump(view.mapping(count, with_steps=steps), sys.stdout)
        view.write("\n")
        return 0
    view.print_text(format, with_prompt=echo)
    if count:
        view.print_best(count)
    if steps:
        view.print_steps()
    if decisions:
        view.print_decisions()
    if format is Format.ALL:
        view.print_facts()
    return 0


def _refuse_beside_json(
    chosen: Format, *, echo: bool, decisions: bool, show_token_ids: bool
) -> None:
    beside = {
        "--format": chosen is not Format.CLEAN,
        "--echo": echo,
        "--decisions": decisions,
        "--show-token-ids": show_token_ids,
    }
    for name, given in beside.items():
        if given:
            message = f"{name} excludes --output-json, whose document holds all of it"
            raise ContradictionError(message)
