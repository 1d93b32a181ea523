"""`tempo plot`."""

from __future__ import annotations

import sys
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated

import typer

from tempo.application.records.run_view import WHOLE, RunView, StepSpan
from tempo.domain.errors import InvalidValueError
from tempo.infrastructure.documents import Documents, Gallery, Kind
from tempo.interfaces.cli.control_characters import readable
from tempo.interfaces.cli.named_places import require_named

ALL = "all"
STANDARD_INPUT = "-"
KINDS = tuple(kind.value for kind in Kind)


def plot(
    file: Annotated[
        list[str],
        typer.Argument(help="Lattice documents; - reads standard input.", show_default=False),
    ],
    *,
    kind: Annotated[
        list[str] | None,
        typer.Option(
            help=f"What to draw: {', '.join(KINDS)}, or all, separated by commas. Default: all; "
            "beside --html, none.",
            show_default=False,
        ),
    ] = None,
    output_dir: Annotated[str, typer.Option(help="The folder to write to.")] = "plots",
    format: Annotated[str, typer.Option(help="Of the pictures: png, svg or pdf.")] = "png",  # noqa: A002 - the option's name
    html: Annotated[
        bool,
        typer.Option(
            "--html", help="Write one page a file: text, lattice and pictures, needing no network."
        ),
    ] = False,
    steps: Annotated[
        str | None,
        typer.Option(help="Draw steps A to B-1 alone: A:B, A: or :B.", show_default=False),
    ] = None,
) -> None:
    """Draw saved lattices: sets, entropy, thresholds, posteriors, paths, attention, cost."""
    require_named("--output-dir", output_dir)
    kinds = read_kinds(kind if kind or html else [ALL])
    span = WHOLE if steps is None else StepSpan.read(steps)
    pictures = (format,) if kinds else ()
    opener = Documents.lattice_file()
    views = [
        RunView(name, opener.open(path), span)
        for name, path in zip(_names(file), file, strict=True)
    ]
    gallery = Gallery(Path(output_dir), kinds, (*pictures, *(["html"] if html else [])))
    for hung in gallery.hang(views):
        for path in hung.paths:
            sys.stdout.write(f"{readable(str(path))}\n")
        if hung.note:
            sys.stderr.write(f"tempo: {readable(hung.note)}\n")


def read_kinds(words: list[str] | None) -> tuple[Kind, ...]:
    """Read kinds, several of them separated by commas; each once, in their own order.

    Raises:
        InvalidValueError: for a kind that is not known, with the nearest one.
    """
    named = [part.strip() for word in words or () for part in word.split(",")]
    for one in named:
        if one not in {ALL, *KINDS}:
            near = get_close_matches(one, KINDS, 1)
            meant = f"; did you mean {near[0]!r}?" if near else ""
            message = f"--kind is {one!r}; choose from {', '.join(KINDS)}, {ALL}{meant}"
            raise InvalidValueError(message)
    return tuple(kind for kind in Kind if ALL in named or kind.value in named)


def _names(files: list[str]) -> list[str]:
    """Return a name for each file, by which its pictures are called; no two are alike."""
    names: list[str] = []
    for file in files:
        stem = "lattice" if file == STANDARD_INPUT else Path(file).stem or "lattice"
        number, name = 2, stem
        while name in names:
            name, number = f"{stem}-{number}", number + 1
        names.append(name)
    return names
