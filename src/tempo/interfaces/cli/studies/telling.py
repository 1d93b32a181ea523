"""What the commands of all studies ask and tell alike."""

from __future__ import annotations

import math
import platform
from importlib.metadata import version
from typing import TYPE_CHECKING, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tempo.domain.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from threading import Event as Flag

    from tempo.application.studies.intervals import Estimate
    from tempo.domain.ports.model_backend import ModelDescription

PARTS = ("tempo-decoding", "torch", "transformers", "numpy", "scipy")

Found = TypeVar("Found")


def measured(
    contexts: Iterable[Found], total: int, stop: Flag, noun: str = "contexts"
) -> tuple[Found, ...]:
    """Draw contexts, showing how far they are, until the user stops it; those drawn are kept."""
    found: list[Found] = []
    console = Console(stderr=True, highlight=False)
    columns = (TextColumn(noun), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task(noun, total=total)
        for one in contexts:
            found.append(one)
            bar.advance(task)
            if stop.is_set():
                break
    return tuple(found)


def study_facts(command: str, description: ModelDescription) -> dict[str, object]:
    """Return what decides a study's numbers beside its plan."""
    return {
        "command": command,
        "model": {
            "name": description.name,
            "family": description.family,
            "parameters": description.parameters,
            "vocabulary": description.vocabulary,
            "dtype": description.dtype,
            "device": description.device,
        },
        "versions": versions(),
    }


def versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries that figures depend on."""
    return {"python": platform.python_version()} | {part: version(part) for part in PARTS}


def study_text(
    facts: Mapping[str, object],
    lines: Iterable[str],
    seconds: float,
    contexts: int,
    noun: str = "context",
) -> str:
    """Return a study as it is printed: what decided it, its tables, its time."""
    return "\n".join(
        [
            str(facts["command"]),
            *(listed(name, facts[name]) for name in ("model", "versions")),
            "",
            *lines,
            "",
            f"{seconds:.0f} s, {seconds / contexts:.2f} s a {noun}",
            "",
        ]
    )


def listed(name: str, values: object) -> str:
    """Return named values on one line."""
    named = values.items() if isinstance(values, dict) else ()
    return f"{name}: " + ", ".join(f"{key} {value}" for key, value in named)


def numbers(name: str, text: str) -> tuple[int, ...]:
    """Return whole numbers that commas part.

    Raises:
        InvalidValueError: for anything else.
    """
    try:
        return tuple(int(word) for word in text.split(","))
    except ValueError as error:
        message = f"{name} is {text!r}; give whole numbers with commas between them, such as 1,4,8"
        raise InvalidValueError(message) from error


def repeated(name: str, values: Iterable[object]) -> list[str]:
    """Return a flag as often as it has values."""
    return [word for value in values for word in (f"--{name}", str(value))]


def shown(estimate: Estimate, form: str) -> str:
    """Return a mean with its interval; without a form, the mean alone; - for none."""
    if math.isnan(estimate.value):
        return "-"
    if not form:
        return f"{estimate.value:.1f}"
    return f"{estimate.value:{form}} [{estimate.low:{form}}, {estimate.high:{form}}]"


def columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield rows in columns, the first row underlined, the first column to the left."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for number, (first, *others) in enumerate(rows):
        cells = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        yield "  ".join([first.ljust(widths[0]), *cells]).rstrip()
        if number == 0:
            yield "  ".join("-" * width for width in widths)
