"""The options that choose a model."""

from __future__ import annotations

from typing import Annotated

import typer

from tempo.infrastructure.configuration import BACKENDS, DEVICES, DTYPES, FAMILIES
from tempo.infrastructure.logging import listen

PANEL = "Model"

Model = Annotated[
    str,
    typer.Option(
        help="A model's folder, a hub id, or embedded for the one that ships.",
        rich_help_panel=PANEL,
    ),
]
Device = Annotated[
    str, typer.Option(help=f"Where to run: {', '.join(DEVICES)}.", rich_help_panel=PANEL)
]
Dtype = Annotated[
    str, typer.Option(help=f"Type of the weights: {', '.join(DTYPES)}.", rich_help_panel=PANEL)
]
Backend = Annotated[
    str,
    typer.Option(
        help=f"Whose operations run the model: {', '.join(BACKENDS)}; auto takes the fused decoder "
        "for models that it knows.",
        rich_help_panel=PANEL,
    ),
]
RandomWeights = Annotated[
    str,
    typer.Option(
        help=f"Draw a small model of a family instead: {', '.join(FAMILIES)}.",
        rich_help_panel=PANEL,
        show_default=False,
    ),
]


def log_to_stderr(*, debug: bool) -> None:
    """Send the project's events to standard error."""
    listen(debug=debug)
