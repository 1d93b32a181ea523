"""The `tempo` command."""

from __future__ import annotations

import io
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING, Annotated

import typer

from tempo.interfaces.cli.failures import exit_code_of
from tempo.interfaces.cli.lazy_commands import lazy_group

if TYPE_CHECKING:
    from collections.abc import Sequence

HERE = "tempo.interfaces.cli"

COMMANDS = {
    "generate": (
        f"{HERE}.generate_command:generate",
        "Continue a prompt, keeping several hypotheses at once.",
    ),
    "show": (f"{HERE}.show_command:show", "Show a lattice that was saved. No model is loaded."),
    "replay": (
        f"{HERE}.replay_command:replay",
        "Compute a saved lattice's answers anew from its transitions, and compare.",
    ),
    "resume": (
        f"{HERE}.resume_command:resume",
        "Go on from a candidate of a saved lattice, under its settings or others.",
    ),
    "sweep": (
        f"{HERE}.sweeping.sweep_command:sweep",
        "Decode prompts under models and settings, each with each, or search among settings.",
    ),
    "fidelity": (
        f"{HERE}.studies.fidelity_command:fidelity",
        "Hold rules against the exact next-token distribution over all paths of their lattices.",
    ),
    "compare": (
        f"{HERE}.studies.compare_command:compare",
        "Let decoding methods continue the same prompts: what their texts are worth and cost.",
    ),
    "bench": (
        f"{HERE}.bench_command:bench",
        "Time steps on this machine, beside the same model's greedy and beam decoding.",
    ),
    "doctor": (
        f"{HERE}.doctor_command:doctor",
        "Look at this machine and a model, hold the laws against it, and say what to mend and how.",
    ),
    "export": (
        f"{HERE}.export_command:export",
        "Write a saved lattice for another tool: GraphViz, HTK, a table, a graph.",
    ),
    "plot": (
        f"{HERE}.pictures.plot_command:plot",
        "Draw saved lattices: sets, entropy, thresholds, posteriors, paths, attention, cost.",
    ),
    "serve": (
        f"{HERE}.serve_command:serve",
        "Serve a model over HTTP; /docs shows what it answers. Ctrl-C ends it.",
    ),
    "config": (f"{HERE}.config_command:config", "Look at what settings mean, without a model."),
    "models": (f"{HERE}.models_command:models", "List, download, verify and remove models."),
    "experiment": (
        f"{HERE}.studies.experiment_command:experiment",
        "Repeat a study of the project on any model.",
    ),
    "tasks": (f"{HERE}.studies.tasks_command:tasks", "Task sets with known answers, written here."),
}
"""By name, where a command is and its first line; both are held against the modules by a test."""

app = typer.Typer(
    name="tempo",
    cls=lazy_group(COMMANDS),
    help="Decode several hypotheses inside one sequence state of a language model.",
    no_args_is_help=True,
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


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # text beyond the terminal's encoding
    chosen = None if arguments is None else list(arguments)
    sys.exit(exit_code_of(lambda: app(chosen, standalone_mode=False)))
