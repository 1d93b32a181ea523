"""The `tempo` command."""

from __future__ import annotations

import io
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING, Annotated

import typer

from tempo.interfaces.cli.ambiguity_command import ambiguity
from tempo.interfaces.cli.bench_command import bench
from tempo.interfaces.cli.compare_command import compare
from tempo.interfaces.cli.config_command import config
from tempo.interfaces.cli.doctor_command import doctor
from tempo.interfaces.cli.experiment_command import experiment
from tempo.interfaces.cli.export_command import export
from tempo.interfaces.cli.failures import exit_code_of
from tempo.interfaces.cli.fidelity_command import fidelity
from tempo.interfaces.cli.generate_command import generate
from tempo.interfaces.cli.loading_options import with_loading_options
from tempo.interfaces.cli.models_command import models
from tempo.interfaces.cli.output_options import with_output_options
from tempo.interfaces.cli.pruning_study_command import pruning
from tempo.interfaces.cli.replay_command import replay
from tempo.interfaces.cli.resume_command import resume
from tempo.interfaces.cli.serve_command import serve
from tempo.interfaces.cli.service_options import with_service_options
from tempo.interfaces.cli.setting_options import with_setting_options
from tempo.interfaces.cli.show_command import show
from tempo.interfaces.cli.tasks_command import tasks

if TYPE_CHECKING:
    from collections.abc import Sequence

app = typer.Typer(
    name="tempo",
    help="Decode several hypotheses inside one sequence state of a language model.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tempo-decoding {version('tempo-decoding')}")
        raise typer.Exit


@app.callback()
def _tempo(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Decode several hypotheses inside one sequence state of a language model."""


app.command("generate")(with_loading_options(with_setting_options(with_output_options(generate))))
app.command("show")(show)
app.command("replay")(with_loading_options(replay))
app.command("resume")(with_loading_options(with_setting_options(with_output_options(resume))))
app.command("fidelity")(with_loading_options(fidelity))
app.command("compare")(with_loading_options(compare))
app.command("bench")(with_loading_options(bench))
app.command("doctor")(with_loading_options(doctor))
app.command("export")(export)
app.command("serve")(with_service_options(serve))
experiment.command("ambiguity")(with_loading_options(ambiguity))
experiment.command("pruning")(with_loading_options(pruning))
app.add_typer(config)
app.add_typer(models)
app.add_typer(experiment)
app.add_typer(tasks)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # text beyond the terminal's encoding
    chosen = None if arguments is None else list(arguments)
    sys.exit(exit_code_of(lambda: app(chosen, standalone_mode=False)))
