"""`tempo models`: what is on this machine, and what a hub has."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Annotated

import typer

from tempo.application.catalogue.kept_model import KeptModel, ModelShelf, found, removable
from tempo.domain.errors import IneffectiveSettingError, InvalidValueError
from tempo.infrastructure.configuration import EMBEDDED
from tempo.infrastructure.documents import Documents
from tempo.interfaces.cli.control_characters import readable
from tempo.interfaces.cli.failures import WRONG_INPUT

models = typer.Typer(
    name="models",
    help="List, download, verify and remove models.",
    no_args_is_help=True,
    add_completion=False,
)

GIGABYTE = 10**9

HEADS = ("model", "revision", "family", "size", "folder")

NAMED = "A hub's id, such as OWNER/NAME, or embedded"

Name = Annotated[str, typer.Argument(help=f"{NAMED}.")]
Revision = Annotated[str, typer.Option(help="A branch, a tag or a commit.", show_default=False)]
CacheDir = Annotated[
    str, typer.Option(help="The folder that keeps what a hub sent.", show_default=False)
]


@models.callback()
def _models() -> None:
    """List, download, verify and remove models."""


@models.command("list")
def list_models(
    cache_dir: CacheDir = "",
    output_json: Annotated[bool, typer.Option(help="Print JSON instead.")] = False,
) -> int:
    """List the model that ships and those in the hub's cache."""
    kept = _shelf(cache_dir).kept()
    if output_json:
        sys.stdout.write(json.dumps([asdict(one) for one in kept], indent=2) + "\n")
        return 0
    rows = [HEADS]
    rows += [(one.name, one.revision, one.family, _size(one.size), one.path) for one in kept]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        sys.stdout.write(readable("  ".join(cells).rstrip()) + "\n")
    return 0


@models.command("download")
def download(name: Name, revision: Revision = "", cache_dir: CacheDir = "") -> int:
    """Fetch a model from the hub, or what of it is missing, and verify it."""
    shelf = _shelf(cache_dir)
    kept = shelf.download(name, revision)
    sys.stdout.write(f"{readable(kept.path)}\n")
    return _verified(shelf, [kept])


@models.command("verify")
def verify(
    name: Annotated[str, typer.Argument(help=f"{NAMED}, or a folder.")],
    revision: Revision = "",
    cache_dir: CacheDir = "",
) -> int:
    """Hold a model's files against what the hub sent, and against each other."""
    shelf = _shelf(cache_dir)
    kept = shelf.kept()
    held = None if any(one.name == name for one in kept) else shelf.in_folder(name)
    if held is None:
        return _verified(shelf, found(kept, name, revision))
    if revision:
        message = f"revision {revision!r} would have no effect: {name} is a folder; leave it out"
        raise IneffectiveSettingError(message)
    return _verified(shelf, [held])


@models.command("remove")
def remove(
    name: Name,
    revision: Revision = "",
    cache_dir: CacheDir = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> int:
    """Delete a model from the hub's cache, all its revisions or one."""
    shelf = _shelf(cache_dir)
    meant = removable(found(shelf.kept(), name, revision))
    told = "; ".join(f"{one.name} at {one.revision} ({_size(one.size)})" for one in meant)
    if not yes and not sys.stdin.isatty():
        message = f"this would delete {told}, and there is no terminal to ask at; say --yes"
        raise InvalidValueError(message)
    if not yes and not typer.confirm(f"Delete {told}?"):
        return 0
    sys.stdout.write(f"removed {readable(told)}: {_size(shelf.remove(meant))} are free again\n")
    return 0


def _verified(shelf: ModelShelf, kept: list[KeptModel] | tuple[KeptModel, ...]) -> int:
    """Print what is wrong with each model; return the command's code."""
    code = 0
    for one in kept:
        faults = shelf.faults(one)
        for fault in faults:
            sys.stdout.write(readable(f"{one.name}: {fault.file} {fault.what}") + "\n")
        at = f" at {one.revision}" if one.revision else ""
        if not faults:
            sys.stdout.write(readable(f"{one.name}{at} is whole") + "\n")
            continue
        code = WRONG_INPUT
        sys.stdout.write(readable(f"fix: {_mend(one)}") + "\n")
    return code


def _mend(model: KeptModel) -> str:
    """Return how to make a model whole again."""
    if model.commit:
        return f"tempo models remove {model.name}, then tempo models download {model.name}"
    if model.name == EMBEDDED:
        return "pip install --force-reinstall tempo-decoding"
    return "copy these files once more from where the folder came from"


def _shelf(cache_dir: str) -> ModelShelf:
    shelf: ModelShelf = Documents.model_shelf(cache_dir)
    return shelf


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= GIGABYTE else f"{count / 1e6:.1f} MB"
