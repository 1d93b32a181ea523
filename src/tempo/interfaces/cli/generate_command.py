"""`tempo generate`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tempo.application.batches.plan import Chat
from tempo.application.settings.reading import read_settings
from tempo.interfaces.cli.batches.options import BatchSize, BatchWish, OutputDir, Thresholds
from tempo.interfaces.cli.batches.prompts import batch_prompts, names_many
from tempo.interfaces.cli.batches.running import run_batch
from tempo.interfaces.cli.configuration.options import with_configuration
from tempo.interfaces.cli.configuration.predecessor_options import with_replaced_options
from tempo.interfaces.cli.decoding import ModelChoice, decode
from tempo.interfaces.cli.loading_options import with_loading_options
from tempo.interfaces.cli.model_options import Backend, Device, Dtype, Model, RandomWeights
from tempo.interfaces.cli.output_options import JudgedPrinting, with_output_options
from tempo.interfaces.cli.prompt_source import prompt_text
from tempo.interfaces.cli.setting_options import with_setting_options

if TYPE_CHECKING:
    from tempo.interfaces.python.engine import Engine
    from tempo.interfaces.python.stream import Stream


@with_configuration
@with_replaced_options
@with_loading_options
@with_setting_options
@with_output_options
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
        str | None,
        typer.Option(
            help="A UTF-8 file that holds the prompt. Many prompts if its name ends in .jsonl, a "
            'line each: {"prompt": TEXT, "id": NAME, "settings": {...}}; - reads such lines from '
            "standard input."
        ),
    ] = None,
    thresholds: Thresholds = None,
    batch_size: BatchSize = None,
    output_dir: OutputDir = None,
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
    backend: Backend = "auto",
    random_weights: RandomWeights = "",
    printing: JudgedPrinting,
    **settings: Any,  # noqa: ANN401 - options of all types
) -> int:
    """Continue a prompt, keeping several hypotheses at once."""
    read_settings(settings)
    chosen = ModelChoice(model, device, dtype, backend, random_weights)
    wish = BatchWish(thresholds, batch_size, output_dir)
    if wish.asks(many=names_many(prompt_file)):
        prompts = batch_prompts(prompt, prompt_option, prompt_file)
        chat_of_all = Chat(system, chat, enable_thinking)
        return run_batch(prompts, wish.plan(settings, printing.of_batch(), chat_of_all), chosen)
    shown = printing()
    text = prompt_text(prompt, prompt_option, prompt_file)

    def stream(engine: Engine) -> Stream:
        return engine.stream(
            text, system=system, chat=chat, enable_thinking=enable_thinking, **settings
        )

    return decode(stream, chosen, shown, prompt=text)
