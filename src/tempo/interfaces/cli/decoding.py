"""Decode, show what happens meanwhile, and print and write what comes out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from rich.console import Console

from tempo.domain.errors import ContradictionError, NonFiniteLogitsError
from tempo.infrastructure.documents import require_place, save_text
from tempo.interfaces.cli import rendering
from tempo.interfaces.cli.failures import INTERRUPTED
from tempo.interfaces.cli.observing.event_log import EventLog
from tempo.interfaces.cli.observing.look import looked_at
from tempo.interfaces.cli.output import Format, Output
from tempo.interfaces.cli.progress import Progress, stop_on_interrupt
from tempo.interfaces.cli.pruning_lines import Narrator, tally_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from threading import Event as Flag

    from tempo.domain.events import Event
    from tempo.interfaces.cli.observing.look import Look
    from tempo.interfaces.cli.observing.options import Observing
    from tempo.interfaces.cli.output import OutputChoices
    from tempo.interfaces.cli.pictures.visualization import Visualization
    from tempo.interfaces.python.engine import Engine
    from tempo.interfaces.python.result import Result
    from tempo.interfaces.python.stream import Stream


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """The model that a user named."""

    model: str
    device: str
    dtype: str
    backend: str
    random_weights: str

    def load(self) -> Engine:
        """Load the libraries and the model; Ctrl-C ends this at once: there is nothing to keep."""
        from tempo.interfaces.cli import engine_loading  # noqa: PLC0415 - takes seconds

        return engine_loading.loaded_engine(
            self.model, self.device, self.dtype, self.backend, self.random_weights
        )


@dataclass(frozen=True, slots=True)
class OutputFiles:
    """The files to write beside what is printed.

    Raises:
        OutputError: for a file that could not be written; before the work that it is for.
        ContradictionError: for one file named twice.
    """

    json: str | None
    lattice: str | None
    pictures: Visualization | None = None

    def __post_init__(self) -> None:
        places = [place for place in (self.json, self.lattice) if place is not None]
        for place in places:
            require_place(place)
        if len(places) > 1 and Path(places[0]).expanduser() == Path(places[1]).expanduser():
            message = (
                f"--json-output-file and --save-lattice are both {places[0]}; "
                "name two different files"
            )
            raise ContradictionError(message)


@dataclass(frozen=True, slots=True)
class Printing:
    """What a user wants printed and written."""

    choices: OutputChoices
    files: OutputFiles
    observing: Observing
    no_color: bool


def decode(
    open_stream: Callable[[Engine], Stream], model: ModelChoice, printing: Printing, *, prompt: str
) -> int:
    """Run a stream of events to its end or to Ctrl-C; return the command's exit code."""
    with looked_at(printing.observing) as look:
        return _decode(open_stream, model, printing, prompt, look)


def _decode(
    open_stream: Callable[[Engine], Stream],
    model: ModelChoice,
    printing: Printing,
    prompt: str,
    look: Look,
) -> int:
    colours: Literal["auto"] | None = None if printing.no_color else "auto"
    console = Console(highlight=False, soft_wrap=True, color_system=colours)
    errors = Console(stderr=True, highlight=False, color_system=colours)
    output = Output(printing.choices, console, prompt)
    failure: NonFiniteLogitsError | None = None
    shows_text = printing.choices.streams and console.is_terminal
    with Progress(errors, with_text=shows_text) as progress:
        watchers = [progress.show, output.watch]
        if printing.choices.verbose:
            watchers.append(Narrator(errors, show_ids=printing.choices.show_token_ids).tell)
        if printing.observing.tells_events:
            watchers.append(EventLog(prompt).tell)
        with look.phase("load"):
            engine = model.load()
        look.loaded(engine)
        with stop_on_interrupt() as stop:
            stream = open_stream(engine)
            try:
                _follow(stream, watchers, stop, look)
            except NonFiniteLogitsError as error:
                failure = error
    with look.phase("formatting"):
        result = stream.result
        _write(result, output, printing.files)
        said = _notes(result, printing.choices, engine.description.context)
        if printing.files.pictures is not None:
            said += printing.files.pictures.save(result.lattice)
        for note in said:
            errors.print(f"tempo: {note}", style="dim", soft_wrap=True)
    if failure is not None:
        raise failure
    return INTERRUPTED if stop.is_set() else 0


def _write(result: Result, output: Output, files: OutputFiles) -> None:
    """Print a result, and write it to the files that were named."""
    if files.lattice is not None:
        result.lattice.save(files.lattice)
    output.finish(result)
    if files.json is not None:
        save_text(json.dumps(output.document(result)), files.json)


def _notes(result: Result, choices: OutputChoices, context: int) -> list[str]:
    """Return what standard error says at the end; format all has a section for pruning."""
    said = rendering.notes(result, context)
    if result.prunes and choices.format is not Format.ALL:
        said.insert(0, f"pruning: {tally_line(result.pruning)}")
    return said


def _follow(
    stream: Stream, watchers: Sequence[Callable[[Event], None]], stop: Flag, look: Look
) -> None:
    """Draw events until the run ends or the user stops it."""
    for event in stream:
        with look.phase("formatting"):
            for watch in watchers:
                watch(event)
        if stop.is_set():
            stream.close()
            return
