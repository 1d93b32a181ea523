"""The prompts of a command that takes many: a file of them, or the project's story openings."""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from tempo.application.studies.prompt_lines import BrokenLine, PromptLine, read_lines
from tempo.domain.errors import IneffectiveSettingError, InvalidValueError, PromptError
from tempo.domain.lattice import SEEDS
from tempo.infrastructure.documents import story_openings
from tempo.interfaces.cli.prompt_source import read_bytes

JSON_LINES = ".jsonl"
TOLD = 5
"""Skipped lines that are told with their reasons."""

Prompts = Annotated[
    str | None,
    typer.Option(
        help="A UTF-8 file of prompts, one a line, or JSON lines if its name ends in .jsonl: "
        '{"prompt": TEXT, "references": [TEXT, ...]}. '
        "Default: the project's own 300 story openings."
    ),
]
Count = Annotated[int | None, typer.Option(help="Draw so many of the prompts. Default: all.")]
SkipBad = Annotated[
    bool,
    typer.Option("--skip-bad", help="Go on without the lines of --prompts that hold no prompt."),
]


@dataclass(frozen=True, slots=True)
class StudyPrompts:
    """The prompts that a command works on.

    Attributes:
        chosen: the prompts, in the file's order or as they were drawn.
        skipped: the file's lines that hold none.
    """

    chosen: tuple[PromptLine, ...]
    skipped: tuple[BrokenLine, ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        """The prompts without their references."""
        return tuple(one.text for one in self.chosen)

    @property
    def digest(self) -> dict[str, object]:
        """What tells these prompts from others, for the journal of a study."""
        texts = json.dumps(self.texts).encode()
        return {"prompts": hashlib.sha256(texts).hexdigest()}

    @property
    def facts(self) -> dict[str, object]:
        """What was skipped, for the document of a study; nothing where nothing was."""
        lines = [{"line": one.number, "reason": one.reason} for one in self.skipped]
        return {"skipped_lines": lines} if lines else {}


def study_prompts(
    file: str | None, count: int | None, seed: int, *, skip_bad: bool = False
) -> StudyPrompts:
    """Return the prompts of a file, or the story openings; `count` of them at random.

    The lines of a file are those of `read_lines`, JSON lines where its name ends in .jsonl. Lines
    that are skipped are told on standard error.

    Raises:
        PromptError: for a file that cannot be read or holds no prompt, or a broken line that is
            not to be skipped.
        IneffectiveSettingError: for `skip_bad` without a file.
        InvalidValueError: for a count under 1 or above the number of prompts.
    """
    return drawn(all_prompts(file, skip_bad=skip_bad), count, seed)


def held_out_texts(file: str) -> tuple[str, ...]:
    """Return the texts of a file, as its lines hold them.

    Raises:
        PromptError: for a file that cannot be read or holds no text, or a broken line.
    """
    texts, broken = _lines(file, "the texts file")
    if broken:
        message = (
            f"line {broken[0].number} of the texts file {file} holds no text: "
            f"{broken[0].reason}{_and_others(broken[1:])}; correct it, or take it out"
        )
        raise PromptError(message)
    if not texts:
        message = f"the texts file {file} holds no text; give it one a line"
        raise PromptError(message)
    return tuple(one.text for one in texts)


def all_prompts(file: str | None, *, skip_bad: bool = False) -> StudyPrompts:
    """Return the prompts of a file, or the story openings.

    Raises:
        PromptError, IneffectiveSettingError: as `study_prompts`.
    """
    if file is None and skip_bad:
        message = "skip-bad would have no effect: it needs prompts, a file"
        raise IneffectiveSettingError(message)
    return _of_the_project() if file is None else _in_file(file, skip_bad=skip_bad)


def drawn(found: StudyPrompts, count: int | None, seed: int) -> StudyPrompts:
    """Return so many of the prompts at random, or all for None.

    Raises:
        InvalidValueError: for a count under 1 or above the number of prompts.
    """
    if count is None:
        return found
    prompts = found.chosen
    if not 1 <= count <= len(prompts):
        message = f"count is {count}; it must be from 1 to {len(prompts)}, the number of prompts"
        raise InvalidValueError(message)
    order = np.random.default_rng(seed % SEEDS).permutation(len(prompts))
    return StudyPrompts(tuple(prompts[place] for place in order[:count].tolist()), found.skipped)


def _of_the_project() -> StudyPrompts:
    return StudyPrompts(tuple(map(PromptLine, story_openings())))


def _in_file(file: str, *, skip_bad: bool) -> StudyPrompts:
    prompts, broken = _lines(file, "the prompts file")
    if broken and not skip_bad:
        message = (
            f"line {broken[0].number} of the prompts file {file} holds no prompt: "
            f"{broken[0].reason}{_and_others(broken[1:])}; "
            "correct it, or go on without such lines by --skip-bad"
        )
        raise PromptError(message)
    if not prompts:
        wrong = f": all {len(broken)} of its lines are broken" if broken else ""
        message = f"the prompts file {file} holds no prompt{wrong}; give it one a line"
        raise PromptError(message)
    if broken:
        _tell(file, len(prompts) + len(broken), broken)
    return StudyPrompts(prompts, broken)


def _lines(file: str, role: str) -> tuple[tuple[PromptLine, ...], tuple[BrokenLine, ...]]:
    json_lines = Path(file).suffix.lower() == JSON_LINES
    lines = tuple(read_lines(read_bytes(file, role), json_lines=json_lines))
    return (
        tuple(line for line in lines if isinstance(line, PromptLine)),
        tuple(line for line in lines if isinstance(line, BrokenLine)),
    )


def _and_others(others: tuple[BrokenLine, ...]) -> str:
    if not others:
        return ""
    return f" ({len(others)} more {'line is' if len(others) == 1 else 'lines are'} broken)"


def _tell(file: str, lines: int, broken: tuple[BrokenLine, ...]) -> None:
    """Say on standard error how many lines were skipped, and why the first of them were."""
    told = [f"line {one.number}: {one.reason}" for one in broken[:TOLD]]
    if len(broken) > TOLD:
        told.append(f"and {len(broken) - TOLD} more")
    sentence = f"skipped {len(broken)} of {lines} lines of {file}\n"
    sys.stderr.write("".join([f"tempo: {sentence}", *(f"  {line}\n" for line in told)]))
