"""The lines of a batch's file: prompts with what names them and what they alone are decoded by."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tempo.application.studies.prompt_lines import (
    BrokenLine,
    PromptLine,
    json_value,
    kind_of,
    numbered_lines,
    prompt_in,
)
from tempo.domain.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Mapping

Name = str | int | None


@dataclass(frozen=True, slots=True)
class BatchItem:
    """A prompt of a batch.

    Attributes:
        prompt: what is continued, with its references.
        name: what the user calls it by, if anything.
        settings: by name, over those of the batch.
        line: its place in the file, from 1 on; None for a prompt of no file.
    """

    prompt: PromptLine
    name: Name = None
    settings: Mapping[str, object] = field(default_factory=dict)
    line: int | None = None


Item = BatchItem | BrokenLine


def read_items(content: bytes) -> tuple[Item, ...]:
    """Return what each line of a file of JSON lines holds, blank ones left out.

    A line is what `read_lines` takes, and its object may have an `id`, a text or a whole number,
    and `settings`, an object of settings by name.
    """
    return tuple(
        held
        if isinstance(held, BrokenLine)
        else BatchItem(held.prompt, held.name, held.settings, number)
        for number, held in numbered_lines(content, _item_in)
    )


def _item_in(line: str) -> BatchItem:
    held = json_value(line)
    prompt = prompt_in(held)
    if not isinstance(held, dict):
        return BatchItem(prompt)
    name, settings = held.get("id"), held.get("settings")
    if isinstance(name, bool) or not isinstance(name, Name):
        message = f"its 'id' is {kind_of(name)}; it must be a string or a whole number"
        raise InvalidValueError(message)
    if settings is not None and not isinstance(settings, dict):
        message = f"its 'settings' is {kind_of(settings)}; it must be an object of settings by name"
        raise InvalidValueError(message)
    return BatchItem(prompt, name, settings or {})
