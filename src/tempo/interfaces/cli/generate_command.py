"""`tempo generate`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tempo.application.n_best import Ranking
from tempo.application.settings_reading import read_settings
from tempo.interfaces.cli.decoding import ModelChoice, OutputFiles, decode
from tempo.interfaces.cli.model_options import Device, Dtype, Model, RandomWeights, log_to_stderr
from tempo.interfaces.cli.output import Format, OutputChoices
from tempo.interfaces.cli.output_options import (
    DebugMode,
    Diverse,
    Echo,
    FormatOption,
    JsonOutputFile,
    LengthPenalty,
    NBestOption,
    NoColor,
    OutputJson,
    Sample,
    SaveLattice,
    ShowTokenIds,
)
from tempo.interfaces.cli.prompt_source import prompt_text

if TYPE_CHECKING:
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
    format: FormatOption = Format.CLEAN,  # noqa: A002 - the option's name
    n_best: NBestOption = None,
    length_penalty: LengthPenalty = 0.0,
    diverse: Diverse = 0.0,
    sample: Sample = 0,
    show_token_ids: ShowTokenIds = False,
    echo: Echo = False,
    output_json: OutputJson = False,
    json_output_file: JsonOutputFile = None,
    save_lattice: SaveLattice = None,
    no_color: NoColor = False,
    debug_mode: DebugMode = False,
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
    files = OutputFiles(json_output_file, save_lattice)
    log_to_stderr(debug=debug_mode)
    chosen = ModelChoice(model, device, dtype, random_weights)

    def stream(engine: Engine) -> Stream:
        return engine.stream(
            text, system=system, chat=chat, enable_thinking=enable_thinking, **settings
        )

    return decode(stream, chosen, choices, files, prompt=text, no_color=no_color)
