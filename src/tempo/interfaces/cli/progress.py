"""What a person sees while a run goes on."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from threading import Event as Flag
from typing import TYPE_CHECKING, Self

from rich.console import Group
from rich.live import Live
from rich.text import Text

from tempo.domain.events import (
    CandidatesPruned,
    RunFinished,
    RunStarted,
    StepAppended,
    TextSettled,
)
from tempo.interfaces.cli.control_characters import readable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from rich.console import Console

    from tempo.domain.events import Event

SHOWN_LINES = 12


class Progress:
    """A status line, and the settled text above it, on a terminal; nothing elsewhere."""

    def __init__(self, console: Console, *, with_text: bool) -> None:
        """Show on a console; `with_text` also shows the text as it settles."""
        self._console = console
        self._with_text = with_text
        self._text = ""
        self._steps = self._max_steps = self._width = self._rows = 0
        self._live = Live(
            Text("loading ...", style="dim"),
            console=console,
            transient=True,
            redirect_stdout=False,  # the text is for whoever reads it, not for this console
            refresh_per_second=12,
        )

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def show(self, event: Event) -> None:
        """Take an event in."""
        match event:
            case RunStarted(max_steps=max_steps):
                self._max_steps = max_steps
            case StepAppended(step=step, cache_rows=rows):
                self._steps, self._width, self._rows = step.step + 1, step.width, rows
            case CandidatesPruned(steps=steps, cache_rows=rows):
                self._rows = rows
                self._width = steps[-1].width if steps else self._width
            case TextSettled(text=text) | RunFinished(text=text):
                self._text += text
        if self._live.is_started:
            self._live.update(self._view())

    def _view(self) -> Group:
        status = (
            f"step {self._steps}/{self._max_steps} · width {self._width} · {self._rows} cache rows"
        )
        if not self._with_text:
            return Group(Text(status, style="dim"))
        width = max(20, self._console.width)
        tail = Text(readable(self._text[-SHOWN_LINES * width :]))
        lines = tail.wrap(self._console, width)[-SHOWN_LINES:]
        return Group(*lines, Text(status, style="dim"))


@contextmanager
def stop_on_interrupt() -> Iterator[Flag]:
    """Set a flag at the first Ctrl-C, so that the step under way ends well; the second one ends."""
    flag = Flag()

    def remember(_signal: int, _frame: FrameType | None) -> None:
        if flag.is_set():
            raise KeyboardInterrupt
        flag.set()

    before = signal.signal(signal.SIGINT, remember)
    try:
        yield flag
    finally:
        signal.signal(signal.SIGINT, before)
