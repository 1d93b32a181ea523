"""`tempo experiment`: the project's studies, each a command, and all of them as they were run."""

from __future__ import annotations

import shlex
import sys
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tempo.domain.errors import InvalidValueError
from tempo.infrastructure.documents import experiments, read_experiment
from tempo.interfaces.cli.lazy_commands import lazy_group

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.application.studies.experiment import Experiment

CONFIG = ".toml"

HERE = "tempo.interfaces.cli"

STUDIES = {
    "ambiguity": (
        f"{HERE}.studies.ambiguity_command:ambiguity",
        "Inject two continuations with known weights: does the state carry both?",
    ),
    "attention": (
        f"{HERE}.studies.interpretability.attention_command:attention",
        "See how later tokens attend to parallel candidates, by layer, head, set size and rank.",
    ),
    "isolation": (
        f"{HERE}.studies.interpretability.isolation_command:isolation",
        "Hold siblings that do not see each other against siblings that do.",
    ),
    "gaps": (
        f"{HERE}.studies.interpretability.gaps_command:gaps",
        "Put gaps between positions, under an explicit mask, and apart from gaps in the sequence.",
    ),
    "lens": (
        f"{HERE}.studies.interpretability.lens_command:lens",
        "Read rows that see two candidates layer by layer: where do they commit to one?",
    ),
    "capture": (
        f"{HERE}.studies.interpretability.capture_command:capture",
        "Keep a run's attention, logits and hidden states in files, with an index.",
    ),
    "early-exit": (
        f"{HERE}.studies.early_exit_command:early_exit",
        "Let rows leave before the last layer: what agrees, what is lost, what time is saved.",
    ),
    "consolidate": (
        f"{HERE}.studies.consolidate_command:consolidate",
        "Let tokens leave a window and change weights, or fill a bank: is anything remembered?",
    ),
    "mcts": (
        f"{HERE}.studies.mcts_command:mcts",
        "Hold the tree search against sampling and a beam at equal rows, where texts are verified.",
    ),
    "pruning": (
        f"{HERE}.studies.pruning_command:pruning",
        "Hold what pruning rules go by against the exact shares of all paths; price pruned runs.",
    ),
}
"""By name, where a study's command is and its first line; a test holds both to the modules."""

experiment = typer.Typer(
    name="experiment",
    cls=lazy_group(STUDIES),
    help="Repeat a study of the project on any model.",
    no_args_is_help=True,
    add_completion=False,
)


@experiment.callback()
def _experiment() -> None:
    """Repeat a study of the project on any model."""


@experiment.command("list")
def list_experiments() -> int:
    """Show the project's studies, what each asks, and what its runs take."""
    found = experiments()
    width = max((len(one.name) for one in found), default=0)
    for one in found:
        runs = ", ".join(run.name for run in one.runs)
        sys.stdout.write(f"{one.name:{width}}  {one.about}\n{'':{width}}  {one.time}; {runs}\n")
    return 0


@experiment.command(
    "run", context_settings={"allow_extra_args": True, "ignore_unknown_options": True}
)
def run(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(help="Of the study, as `list` shows it, or a config.toml of your own.")
    ],
    output_dir: Annotated[
        str | None,
        typer.Option(
            help="Where results and what to go on from are kept. Default: output/NAME.",
        ),
    ] = None,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show the commands and run none.")
    ] = False,
) -> int:
    """Repeat a study as it was run; `--model M` and all other options go to each of its commands.

    A study that was broken off goes on with the same command.
    """
    found = _named(name)
    place = Path(output_dir or f"output/{found.name}").expanduser()
    for one in found.runs:
        folder = place / one.name if len(found.runs) > 1 else place
        arguments = [*one.arguments, *context.args, "--output-dir", str(folder)]
        if dry_run:
            sys.stdout.write(f"tempo {shlex.join(arguments)}\n")
            continue
        code = _called(context, arguments)
        if code:
            return code
    return 0


def run_beside(file: str, arguments: Sequence[str]) -> None:
    """Repeat the study whose config.toml stands beside a script, and exit with its code."""
    from tempo.interfaces.cli.main import main  # noqa: PLC0415 - which imports this module

    config = Path(file).resolve().parent / "config.toml"
    main(["experiment", "run", str(config), *arguments])


def _called(context: typer.Context, arguments: Sequence[str]) -> int:
    root = context.find_root().command
    code: int | None = root.main(list(arguments), prog_name="tempo", standalone_mode=False)
    return code or 0


def _named(name: str) -> Experiment:
    if name.endswith(CONFIG):
        return read_experiment(name)
    known = {one.name: one for one in experiments()}
    if name not in known:
        near = get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]}?" if near else "give the path of a config.toml of your own"
        message = f"there is no study {name!r}; it is one of {', '.join(known) or 'none'}; {hint}"
        raise InvalidValueError(message)
    return known[name]
