"""`tempo tasks`."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from tempo.application.studies.tasks.catalogue import TASKS, task_of
from tempo.infrastructure.documents import require_place, save_text
from tempo.interfaces.cli.studies.telling import columns

tasks = typer.Typer(
    name="tasks",
    help="Task sets with known answers, written here.",
    no_args_is_help=True,
    add_completion=False,
)


@tasks.callback()
def _tasks() -> None:
    """Task sets with known answers, written here."""


@tasks.command("list")
def list_tasks() -> None:
    """Say what task sets there are."""
    rows = [("task", "what it asks for"), *((one.name, one.purpose) for one in TASKS.values())]
    widest = max(len(purpose) for _, purpose in rows)
    sys.stdout.write("\n".join([*columns([(a, b.ljust(widest)) for a, b in rows]), ""]))


@tasks.command("write")
def write(
    name: Annotated[str, typer.Argument(help="One of `tempo tasks list`.")],
    *,
    count: Annotated[int, typer.Option(help="How many items, each with its own prompt.")] = 100,
    seed: Annotated[int, typer.Option(help="Draws the items; the same seed, the same file.")] = 42,
    output: Annotated[
        str | None, typer.Option(help="Write to this file. Default: standard output.")
    ] = None,
) -> None:
    """Write a task set as JSON lines of {prompt, references, ...}, as --prompts reads them."""
    task = task_of(name)
    if output is not None:
        require_place(output)
    lines = (
        json.dumps(item.document(), ensure_ascii=False) + "\n" for item in task.items(count, seed)
    )
    if output is None:
        sys.stdout.writelines(lines)
    else:
        save_text("".join(lines), output)
