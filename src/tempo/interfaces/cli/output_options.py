"""The options that say what is printed and what is written, for every command that decodes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import Parameter, signature
from typing import Annotated, Any

import typer

from tempo.application.n_best import Ranking
from tempo.interfaces.cli.batches.output import BatchOutput, batch_output
from tempo.interfaces.cli.decoding import OutputFiles, Printing
from tempo.interfaces.cli.observing.options import observing
from tempo.interfaces.cli.output import Format, OutputChoices
from tempo.interfaces.cli.pictures.visualization import Visualization


class JudgedPrinting:
    """The options of output as they were given; they are judged when their meaning is asked."""

    def __init__(self, chosen: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
        """Take the options, and the settings that tell whether a seed was named."""
        self._chosen = chosen
        self._settings = settings

    def __call__(self) -> Printing:
        """Return what they mean for one run that is printed."""
        return _options(**self._chosen, **self._settings)

    def of_batch(self) -> BatchOutput:
        """Return what they mean for results that are kept line by line."""
        return batch_output(self._chosen, self._settings)


def _options(
    *,
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
        typer.Option(
            help="Also write the lattice to this file, for tempo show, replay, resume and export; "
            "those of many prompts to this folder."
        ),
    ] = None,
    save_visualization: Annotated[
        str | None,
        typer.Option(
            help="Also draw the run, as tempo plot does, into this folder: pictures and a page."
        ),
    ] = None,
    no_color: Annotated[bool, typer.Option("--no-color", help="Print no colour.")] = False,
    verbose: Annotated[
        bool,
        typer.Option(
            "--verbose",
            "-v",
            help="Say each decision of pruning on standard error as it falls; the text comes at "
            "the end.",
        ),
    ] = False,
    looks: Mapping[str, Any],
    **settings: Any,  # noqa: ANN401 - options of all types
) -> Printing:
    """Judge what was chosen; the settings tell whether a seed was named."""
    choices = OutputChoices(
        format=format,
        n_best=n_best,
        ranking=Ranking(length_penalty, diverse),
        sample=sample,
        show_token_ids=show_token_ids,
        echo=echo,
        as_json=output_json,
        seeded="seed" in settings,
        searches=settings.get("use_mcts") is True,
        verbose=verbose,
    )
    pictures = None if save_visualization is None else Visualization(save_visualization)
    files = OutputFiles(json_output_file, save_lattice, pictures)
    return Printing(choices, files, observing(**looks), no_color=no_color)


def with_output_options(command: Callable[..., int | None]) -> Callable[..., int | None]:
    """Give a command the options of output, and those by which it is looked at.

    Calling its keyword `printing` judges them; settings are to be judged before.
    """
    own = signature(command, eval_str=True).parameters
    named = signature(_options, eval_str=True).parameters
    options = {name: named[name] for name in named if name not in {"looks", "settings"}}
    looking = signature(observing, eval_str=True).parameters

    def with_output(**given: Any) -> int | None:  # noqa: ANN401 - options of all types
        chosen = {name: given.pop(name) for name in options}
        chosen["looks"] = {name: given.pop(name) for name in looking}
        settings = {name: value for name, value in given.items() if name not in own}
        return command(**given, printing=JudgedPrinting(chosen, settings))

    kept = [parameter for name, parameter in own.items() if name not in {"printing", "settings"}]
    parameters = [
        parameter.replace(kind=Parameter.KEYWORD_ONLY)
        for parameter in (*kept, *options.values(), *looking.values())
    ]
    with_output.__signature__ = signature(command).replace(  # type: ignore[attr-defined]
        parameters=[*parameters, own["settings"]], return_annotation=int
    )
    with_output.__doc__ = command.__doc__
    return with_output
