"""How far a sweep is: rate, remaining time and failures on a terminal, nothing elsewhere."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from tempo.application.workers.work import Failed
from tempo.interfaces.cli.batches.progress import RateColumn

if TYPE_CHECKING:
    from collections.abc import Generator
    from threading import Event as Flag

    from tempo.application.workers.work import Done


def follow(
    found: Generator[Done, None, None], total: int, before: int, stop: Flag, noun: str
) -> bool:
    """Draw what comes until it ends or the user stops it; return whether it ended.

    Args:
        found: what comes of items; it is closed, so that workers end before their engine does.
        total: how many items there are in all.
        before: how many of them were done already; they say nothing of the rate.
        stop: set when what comes next is to be the last.
        noun: what is counted.
    """
    console = Console(stderr=True, highlight=False)
    shown = (
        TextColumn(noun),
        BarColumn(),
        MofNCompleteColumn(),
        RateColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[failures]}"),
    )
    failed = 0
    hidden = not console.is_terminal
    with closing(found), Progress(*shown, console=console, transient=True, disable=hidden) as bar:
        task = bar.add_task(noun, total=total, completed=before, failures="")
        for done in found:
            failed += isinstance(done, Failed)
            bar.update(task, advance=1, failures=f"{failed} failed" if failed else "")
            if stop.is_set():
                return False
    return True
