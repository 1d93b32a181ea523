"""`tempo config curve`."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from tempo.application.settings.reading import read_settings
from tempo.application.settings.threshold_preview import ThresholdPreview, preview_of
from tempo.domain.errors import ContradictionError, InvalidValueError
from tempo.infrastructure.documents import Documents, require_figure, save_figure

BRAILLE = "\u28ff"


def curve(
    *,
    steps: Annotated[
        int | None,
        typer.Option(help="The run's steps, as --max-steps. Default: 100.", show_default=False),
    ] = None,
    svg: Annotated[
        str | None, typer.Option(help="Draw it into this file too, which ends in .svg.")
    ] = None,
    output_json: Annotated[
        bool, typer.Option("--output-json", help="Print one JSON document instead.")
    ] = False,
    **settings: Any,  # noqa: ANN401 - options of all types
) -> None:
    """Show how a threshold moves over a run. No model is loaded.

    A terminal gets a drawing, a pipe the step and the threshold of each line.
    """
    preview = preview_of(read_settings(settings | _length(steps, settings)))
    if svg is not None:
        _require_svg(svg)
        save_figure(Documents.curve_plotter()(preview), svg)
    console = Console(highlight=False)
    if output_json:
        json.dump(_mapping(preview), sys.stdout)
        sys.stdout.write("\n")
    elif console.is_terminal and _draws(console):
        sys.stdout.write(Documents.curve_drawer()(preview, console.width))
    else:
        for step, threshold in enumerate(preview.values()):
            sys.stdout.write(f"{step}\t{threshold:.6g}\n")


def _length(steps: int | None, settings: Mapping[str, object]) -> dict[str, object]:
    """Return the setting that `--steps` is another word for."""
    if steps is None:
        return {}
    for word in ("max_steps", "max_tokens"):
        if word in settings:
            message = f"--steps and --{word.replace('_', '-')} say the same; leave one of them out"
            raise ContradictionError(message)
    if steps < 1:
        message = f"--steps is {steps}; it must be 1 or more"
        raise InvalidValueError(message)
    return {"max_steps": steps}


def _require_svg(path: str) -> None:
    if Path(path).suffix.lower() != ".svg":
        message = f"--svg is {path!r}; its name must end in .svg"
        raise InvalidValueError(message)
    require_figure(path)


def _draws(console: Console) -> bool:
    """Whether the terminal's encoding has the dots that curves are drawn with."""
    try:
        BRAILLE.encode(console.encoding)
    except UnicodeEncodeError:
        return False
    return True


def _mapping(preview: ThresholdPreview) -> dict[str, object]:
    return {
        "setting": preview.setting,
        "curve": preview.shape,
        "thresholds": list(preview.values()),
    }
