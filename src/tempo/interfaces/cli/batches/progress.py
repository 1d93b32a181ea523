"""How far a batch is: a bar with rate and remaining time on a terminal, nothing elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from threading import Event as Flag

    from rich.progress import Task

    from tempo.application.batches.lines import Line


class RateColumn(ProgressColumn):
    """Results a second, or seconds a result where they are slower than that."""

    def render(self, task: Task) -> Text:
        """Return the rate as text."""
        rate = task.finished_speed or task.speed
        if not rate:
            return Text("")
        return Text(f"{rate:.1f} a second" if rate >= 1.0 else f"{1.0 / rate:.1f} s each")


def followed(
    batches: Iterable[tuple[Line, ...]], total: int, before: int, stop: Flag
) -> Iterator[Line]:
    """Yield the lines of batches until the user stops it, and show how far they are.

    Args:
        batches: the lines, batch by batch.
        total: how many there will be.
        before: how many were there already; they say nothing of the rate.
        stop: set when the batch under way is to be the last.
    """
    console = Console(stderr=True, highlight=False)
    shown = (
        TextColumn("results"),
        BarColumn(),
        MofNCompleteColumn(),
        RateColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*shown, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("results", total=total, completed=before)
        done = 0
        for lines in batches:
            done += len(lines)
            bar.update(task, completed=max(done, before))
            yield from lines
            if stop.is_set():
                return
