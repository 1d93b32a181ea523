"""`tempo generate`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.console import Console

from tempo.application.n_best import Ranking
from tempo.application.settings_reading import read_settings
from tempo.domain.errors import ContradictionError, NonFiniteLogitsError
from tempo.domain.events import TextSettled
from tempo.infrastructure.documents import require_place, save_text
from tempo.interfaces.cli import rendering
from tempo.interfaces.cli.failures import INTERRUPTED
from tempo.interfaces.cli.model_options import (
    Device,
    Dtype,
    Model,
    RandomWeights,
    log_to_stderr,
)
from tempo.interfaces.cli.output import Format, Output, OutputChoices
from tempo.interfaces.cli.progress import Progress, stop_on_interrupt
from tempo.interfaces.cli.prompt_source import prompt_text

if TYPE_CHECKING:
    from threading import Event as Flag

    from tempo.interfaces.python.engine import Engine
    from tempo.interfaces.python.stream import Stream


def generate(
    prompt: Annotated[
        str | None,
        typer.Argument(help="What to continue; - or nothing reads standard input."),
    ] = None,
    *,
    prompt_option: Annotated[
        str | None, typer.Option("--prompt", help="The prompt, as an option.")
    ] = None,
    prompt_file: Annotated[
        str | None, typer.Option(help="A UTF-8 file that holds the prompt.")
    ] = None,
    system: Annotated[
        str | None, typer.Option(help="System prompt; uses the model's chat template.")
    ] = None,
    chat: Annotated[bool, typer.Option("--chat", help="Use the model's chat template.")] = False,
    enable_thinking: Annotated[
        bool, typer.Option("--enable-thinking", help="Ask a chat model for its thinking mode.")
    ] = False,
    model: Model = "embedded",
    device: Device = "auto",
    dtype: Dtype = "auto",
    random_weights: RandomWeights = "",
    format: Annotated[Format, typer.Option(help="What to print.")] = Format.CLEAN,  # noqa: A002 - the option's name
    n_best: Annotated[
        int | None,
        typer.Option(
            help="Print so many best texts, exactly rescored. Default: 5 under all and JSON."
        ),
    ] = None,
    length_penalty: Annotated[
        float, typer.Option(help="Rank them by log-probability over length to this power.")
    ] = 0.0,
    diverse: Annotated[
        float,
        typer.Option(
            help="Pick texts that differ: each loses so many nats, times the share of its token "
            "pairs that one picked before it holds too."
        ),
    ] = 0.0,
    sample: Annotated[
        int, typer.Option(help="Also print so many texts drawn from the posterior.")
    ] = 0,
    show_token_ids: Annotated[
        bool, typer.Option("--show-token-ids", help="Print each token's id behind it.")
    ] = False,
    echo: Annotated[bool, typer.Option("--echo", help="Print the prompt first.")] = False,
    output_json: Annotated[
        bool, typer.Option("--output-json", help="Print one JSON document instead of text.")
    ] = False,
    json_output_file: Annotated[
        str | None, typer.Option(help="Also write the JSON document to this file.")
    ] = None,
    save_lattice: Annotated[
        str | None,
        typer.Option(help="Also write the lattice to this file, for tempo show and tempo replay."),
    ] = None,
    no_color: Annotated[bool, typer.Option("--no-color", help="Print no colour.")] = False,
    debug_mode: Annotated[
        bool, typer.Option("--debug-mode", help="Log what happens to standard error.")
    ] = False,
    **settings: Any,  # noqa: ANN401 - options of all types
) -> int:
    """Continue a prompt, keeping several hypotheses at once."""
    read_settings(settings)
    choices = OutputChoices(
        format=format,
        n_best=n_best,
        ranking=Ranking(length_penalty, diverse),
        sample=sample,
        show_token_ids=show_token_ids,
        echo=echo,
        as_json=output_json,
        seeded="seed" in settings,
    )
    text = prompt_text(prompt, prompt_option, prompt_file)
    _require_places(json_output_file, save_lattice)
    log_to_stderr(debug=debug_mode)
    colours: Literal["auto"] | None = None if no_color else "auto"
    console = Console(highlight=False, soft_wrap=True, color_system=colours)
    errors = Console(stderr=True, highlight=False, color_system=colours)
    output = Output(choices, console, text)
    failure: NonFiniteLogitsError | None = None
    shows_text = choices.streams and console.is_terminal
    with Progress(errors, with_text=shows_text) as progress:
        engine = _loaded(model, device, dtype, random_weights)
        with stop_on_interrupt() as stop:
            stream = engine.stream(
                text, system=system, chat=chat, enable_thinking=enable_thinking, **settings
            )
            try:
                _follow(stream, output, progress, stop)
            except NonFiniteLogitsError as error:
                failure = error
    result = stream.result
    if save_lattice is not None:
        result.lattice.save(save_lattice)
    output.finish(result)
    if json_output_file is not None:
        save_text(json.dumps(output.document(result)), json_output_file)
    for note in rendering.notes(result, engine.description.context):
        errors.print(f"tempo: {note}", style="dim", soft_wrap=True)
    if failure is not None:
        raise failure
    return INTERRUPTED if stop.is_set() else 0


def _loaded(model: str, device: str, dtype: str, random_weights: str) -> Engine:
    """Load the libraries and the model; Ctrl-C ends this at once, for there is nothing to keep."""
    from tempo.interfaces.cli import engine_loading  # noqa: PLC0415 - takes seconds

    return engine_loading.loaded_engine(model, device, dtype, random_weights)


def _require_places(json_output_file: str | None, save_lattice: str | None) -> None:
    """Refuse files that could not be written, before the work that they are for."""
    places = [place for place in (json_output_file, save_lattice) if place is not None]
    for place in places:
        require_place(place)
    if len(places) > 1 and Path(places[0]).expanduser() == Path(places[1]).expanduser():
        message = (
            f"--json-output-file and --save-lattice are both {places[0]}; name two different files"
        )
        raise ContradictionError(message)


def _follow(stream: Stream, output: Output, progress: Progress, stop: Flag) -> None:
    """Draw events until the run ends or the user stops it."""
    for event in stream:
        progress.show(event)
        if isinstance(event, TextSettled):
            output.settle(event.text)
        if stop.is_set():
            stream.close()
            return
