"""The options that say what is printed and what is written."""

from __future__ import annotations

from typing import Annotated

import typer

from tempo.interfaces.cli.output import Format

FormatOption = Annotated[Format, typer.Option("--format", help="What to print.")]
NBestOption = Annotated[
    int | None,
    typer.Option(
        "--n-best",
        help="Print so many best texts, exactly rescored. Default: 5 under all and JSON.",
    ),
]
LengthPenalty = Annotated[
    float, typer.Option(help="Rank them by log-probability over length to this power.")
]
Diverse = Annotated[
    float,
    typer.Option(
        help="Pick texts that differ: each loses so many nats, times the share of its token pairs "
        "that one picked before it holds too."
    ),
]
Sample = Annotated[int, typer.Option(help="Also print so many texts drawn from the posterior.")]
ShowTokenIds = Annotated[
    bool, typer.Option("--show-token-ids", help="Print each token's id behind it.")
]
Echo = Annotated[bool, typer.Option("--echo", help="Print the prompt first.")]
OutputJson = Annotated[
    bool, typer.Option("--output-json", help="Print one JSON document instead of text.")
]
JsonOutputFile = Annotated[
    str | None, typer.Option(help="Also write the JSON document to this file.")
]
SaveLattice = Annotated[
    str | None,
    typer.Option(
        help="Also write the lattice to this file, for tempo show, replay, resume and export."
    ),
]
NoColor = Annotated[bool, typer.Option("--no-color", help="Print no colour.")]
DebugMode = Annotated[
    bool, typer.Option("--debug-mode", help="Log what happens to standard error.")
]
