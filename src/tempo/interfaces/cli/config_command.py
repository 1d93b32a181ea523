"""`tempo config`: what settings mean, without a model."""

from __future__ import annotations

import typer

from tempo.interfaces.cli.curve_command import curve
from tempo.interfaces.cli.setting_options import with_setting_options

config = typer.Typer(
    name="config",
    help="Look at what settings mean, without a model.",
    no_args_is_help=True,
    add_completion=False,
)
config.command("curve")(with_setting_options(curve))
