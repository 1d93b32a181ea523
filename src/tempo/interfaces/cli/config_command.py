"""`tempo config`: what settings mean and what holds, without a model."""

from __future__ import annotations

import typer

from tempo.interfaces.cli.configuration.check_command import check
from tempo.interfaces.cli.configuration.init_command import init
from tempo.interfaces.cli.configuration.options import with_configuration
from tempo.interfaces.cli.configuration.show_command import config_show
from tempo.interfaces.cli.curve_command import curve
from tempo.interfaces.cli.setting_options import with_setting_options

config = typer.Typer(
    name="config",
    help="Look at what settings mean, without a model.",
    no_args_is_help=True,
    add_completion=False,
)
config.command("curve")(with_configuration(with_setting_options(curve)))
config.command("show")(config_show())
config.command("init")(init)
config.command("check")(check)
