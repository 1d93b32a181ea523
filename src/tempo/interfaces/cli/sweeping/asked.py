"""What a sweep's file asks, with its prompts, and what its manifest says of that."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tempo.application.batches.items import BatchItem, read_items
from tempo.application.studies.prompt_lines import BrokenLine, PromptLine, read_lines
from tempo.application.sweeps.reading import asked_sweep
from tempo.domain.errors import InvalidValueError, PromptError
from tempo.infrastructure.documents import read_configuration
from tempo.interfaces.cli.prompt_source import read_bytes
from tempo.interfaces.cli.studies.prompts import JSON_LINES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tempo.application.batches.items import Item
    from tempo.application.sweeps.spec import SweepSpec


@dataclass(frozen=True, slots=True)
class Asked:
    """A sweep, as a user asked for it.

    Attributes:
        source: the file.
        spec: everything but the prompts.
        prompts: one at least.
    """

    source: str
    spec: SweepSpec
    prompts: tuple[BatchItem, ...]

    @property
    def name(self) -> str:
        """The name of a folder for its results."""
        return Path(self.source).stem

    def deciding(self, threads: int) -> dict[str, Any]:
        """Return what decides the results, as JSON holds it."""
        spec = self.spec
        prompts = json.dumps([[one.prompt.text, one.name] for one in self.prompts])
        search = None if spec.search is None else asdict(spec.search)
        return {
            "models": [asdict(model) for model in spec.models],
            "settings": {name: list(values) for name, values in spec.axes.items()},
            **asdict(spec.taken),
            "search": search,
            "prompts": {
                "count": len(self.prompts),
                "sha256": hashlib.sha256(prompts.encode()).hexdigest(),
            },
            "threads": threads,
        }


def read_sweep(file: str) -> Asked:
    """Return what a file asks; a file of prompts that it names lies beside it.

    Raises:
        OutputError, DocumentError: if it cannot be read, or is no configuration.
        InvalidValueError: for what is wrong in it.
        PromptError: for prompts that cannot be read, or a line that holds none.
    """
    asked = asked_sweep(file, read_configuration(file))
    if isinstance(asked.prompts, str):
        place = str(Path(file).expanduser().parent / Path(asked.prompts).expanduser())
        return Asked(file, asked.spec, _in_file(place))
    return Asked(file, asked.spec, tuple(_in_spec(file, asked.prompts)))


def _in_spec(file: str, texts: Iterable[str]) -> Iterator[BatchItem]:
    for number, text in enumerate(texts, start=1):
        try:
            yield BatchItem(PromptLine(text))
        except InvalidValueError as error:
            message = f"prompt {number} of {file} is none: {error}; correct it"
            raise PromptError(message) from error


def _in_file(place: str) -> tuple[BatchItem, ...]:
    content = read_bytes(place, "the prompts file")
    lines: Iterable[Item]
    if Path(place).suffix.lower() == JSON_LINES:
        lines = read_items(content)
    else:
        plain = read_lines(content, json_lines=False)
        lines = [one if isinstance(one, BrokenLine) else BatchItem(one) for one in plain]
    found: list[BatchItem] = []
    for line in lines:
        if isinstance(line, BrokenLine):
            message = f"line {line.number} of {place} holds no prompt: {line.reason}; correct it"
            raise PromptError(message)
        if line.settings:
            message = (
                f"line {line.line} of {place} has settings of its own; a sweep's are in its file: "
                "take them out"
            )
            raise PromptError(message)
        found.append(line)
    if not found:
        message = f"{place} holds no prompt; give it one a line"
        raise PromptError(message)
    return tuple(found)
