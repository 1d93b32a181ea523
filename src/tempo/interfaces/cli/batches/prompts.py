"""The prompts of a batch: the lines of a file or of standard input, or one prompt alone."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tempo.application.batches.items import BatchItem, read_items
from tempo.application.prompting import Prompt
from tempo.application.studies.prompt_lines import PromptLine
from tempo.domain.errors import PromptError
from tempo.interfaces.cli.prompt_source import STANDARD_INPUT, prompt_text, read_bytes, require_one
from tempo.interfaces.cli.studies.prompts import JSON_LINES

if TYPE_CHECKING:
    from tempo.application.batches.items import Item


@dataclass(frozen=True, slots=True)
class BatchPrompts:
    """Prompts as a user gave them.

    Attributes:
        items: one at least.
        digest: tells them from others.
        file: that held their lines, - for standard input; None for one prompt alone.
        alone: the text of one prompt alone.
    """

    items: tuple[Item, ...]
    digest: str
    file: str | None
    alone: str | None = None

    @property
    def folder_name(self) -> str | None:
        """The name of a folder for their results; None for one prompt alone."""
        if self.file is None:
            return None
        return "stdin" if self.file == STANDARD_INPUT else Path(self.file).stem


def names_many(file: str | None) -> bool:
    """Whether a prompt file holds many prompts, going by its name."""
    return file is not None and (file == STANDARD_INPUT or Path(file).suffix.lower() == JSON_LINES)


def batch_prompts(argument: str | None, option: str | None, file: str | None) -> BatchPrompts:
    """Return the prompts given: the lines of a file that `names_many`, else the one prompt.

    Raises:
        ContradictionError: for several sources.
        PromptError: for no prompt, or a file that cannot be read.
    """
    if file is None or not names_many(file):
        text = prompt_text(argument, option, file)
        item = _item(text)
        return BatchPrompts((item,), _digest(text.encode()), None, text)
    require_one(argument, option, file)
    piped = file == STANDARD_INPUT
    content = sys.stdin.buffer.read() if piped else read_bytes(file, "the prompt file")
    items = read_items(content)
    if not items:
        named = "standard input" if piped else f"the prompt file {file}"
        message = f"{named} holds no prompt; give it one a line"
        raise PromptError(message)
    return BatchPrompts(items, _digest(content), file)


def _item(text: str) -> BatchItem:
    return BatchItem(PromptLine(Prompt(text).text))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
