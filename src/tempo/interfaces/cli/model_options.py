"""The options that choose a model, and the engine that they mean."""

from __future__ import annotations

from typing import Annotated

import typer
from transformers.utils import logging as transformers_logging

from tempo.infrastructure.container import DEVICES, DTYPES, FAMILIES
from tempo.infrastructure.logging import listen
from tempo.interfaces.python.engine import Engine, load

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
RandomWeights = Annotated[
    str,
    typer.Option(
        help=f"Draw a small model of a family instead: {', '.join(FAMILIES)}.",
        rich_help_panel=PANEL,
        show_default=False,
    ),
]


def loaded_engine(
    model: str, device: str, dtype: str, random_weights: str, *, check: bool = True
) -> Engine:
    """Return an engine; transformers' own bars stay silent.

    Raises:
        ModelError, InvalidValueError: as `tempo.load`.
    """
    transformers_logging.disable_progress_bar()
    transformers_logging.set_verbosity_error()
    return load(model, device=device, dtype=dtype, random_weights=random_weights, check=check)


def log_to_stderr(*, debug: bool) -> None:
    """Send the project's events to standard error."""
    listen(debug=debug)
