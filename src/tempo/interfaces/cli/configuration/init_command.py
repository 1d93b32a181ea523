"""`tempo config init`: a commented configuration, by questions where a terminal can be asked."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tempo.application.configuration.template import template_of
from tempo.application.settings.presets import PRESETS
from tempo.application.settings.reading import read_settings
from tempo.domain.errors import InvalidValueError, OutputError
from tempo.infrastructure.documents import require_place, save_text
from tempo.interfaces.cli.configuration.keys import file_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ENDINGS = (".toml", ".yaml", ".yml")
QUESTIONS = ("selection_threshold", "max_width", "max_steps")
"""Settings that the wizard asks for, after the preset."""


def init(
    file: Annotated[
        str, typer.Argument(help="The file to write, which ends in .toml, .yaml or .yml.")
    ] = "tempo.toml",
    *,
    force: Annotated[
        bool, typer.Option("--force", help="Write over a file that is there.")
    ] = False,
    no_input: Annotated[
        bool, typer.Option("--no-input", help="Ask nothing on a terminal either.")
    ] = False,
) -> None:
    """Write a commented configuration; a terminal is asked for what it should say."""
    ending = Path(file).suffix.lower()
    if ending not in ENDINGS:
        message = (
            f"the file is {file!r}; its name must end in {', '.join(ENDINGS)}: JSON has no comments"
        )
        raise InvalidValueError(message)
    if Path(file).expanduser().exists() and not force:
        message = f"{file} is there already; name another file, or say --force to write over it"
        raise OutputError(message)
    require_place(file)
    said = {} if no_input or not _can_ask() else _asked()
    save_text(template_of(said, file_keys(), assign="= " if ending == ".toml" else ": "), file)
    sys.stdout.write(f"{file} is written; tempo generate --config {file} PROMPT uses it.\n")


def _can_ask() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _asked() -> dict[str, object]:
    """Ask for the model, a preset and the settings that matter most."""
    names = ", ".join(preset.name for preset in PRESETS)
    said: dict[str, object] = {"model": typer.prompt("A model's folder or hub id", "embedded")}
    preset = typer.prompt(f"Settings for a purpose ({names})", "default", value_proc=_preset)
    said |= preset
    for name in QUESTIONS:
        default = getattr(read_settings(preset), name)
        said[name] = typer.prompt(name.replace("_", " "), default, value_proc=_judged(name, preset))
    return said


def _preset(text: str) -> dict[str, Any]:
    for preset in PRESETS:
        if text == preset.name:
            return dict(preset.settings)
    raise typer.BadParameter(f"{text!r} is none of {', '.join(one.name for one in PRESETS)}")


def _judged(name: str, beside: Mapping[str, object]) -> Callable[[str], object]:
    """Return what reads an answer; a wrong one is asked for again."""

    def read(text: str) -> object:
        try:
            return getattr(read_settings({**beside, name: text}), name)
        except InvalidValueError as error:
            raise typer.BadParameter(str(error)) from error

    return read
