"""The contexts of a study: a file of prompts, or the project's own story openings."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from tempo.domain.errors import InvalidValueError, PromptError
from tempo.domain.lattice import SEEDS
from tempo.infrastructure.documents import story_openings
from tempo.interfaces.cli.prompt_source import read_text_file

JSON_LINES = ".jsonl"
KEYS = ("prompt", "text")


def study_prompts(file: str | None, count: int | None, seed: int) -> tuple[str, ...]:
    """Return the prompts of a file, one a line, or the story openings; `count` of them at random.

    A file whose name ends in .jsonl holds a JSON string a line, or an object with `prompt` or
    `text`. Blank lines are no prompts.

    Raises:
        PromptError: for a file that cannot be read or holds no prompt.
        InvalidValueError: for a count under 1 or above the number of prompts.
    """
    prompts = story_openings() if file is None else _in_file(file)
    if count is None:
        return prompts
    if not 1 <= count <= len(prompts):
        message = f"count is {count}; it must be from 1 to {len(prompts)}, the number of prompts"
        raise InvalidValueError(message)
    order = np.random.default_rng(seed % SEEDS).permutation(len(prompts))
    return tuple(prompts[place] for place in order[:count].tolist())


def _in_file(file: str) -> tuple[str, ...]:
    lines = enumerate(read_text_file(file, "the prompts file").splitlines(), start=1)
    read = _json_prompt if Path(file).suffix == JSON_LINES else _plain_prompt
    prompts = tuple(read(file, number, line) for number, line in lines if line.strip())
    if not prompts:
        message = f"the prompts file {file} holds no prompt; give it one a line"
        raise PromptError(message)
    return prompts


def _plain_prompt(_file: str, _number: int, line: str) -> str:
    return line


def _json_prompt(file: str, number: int, line: str) -> str:
    try:
        held = json.loads(line)
    except ValueError:
        held = None
    if isinstance(held, dict):
        held = next((held[key] for key in KEYS if key in held), None)
    if isinstance(held, str) and held.strip():
        return held
    message = (
        f"line {number} of the prompts file {file} holds no prompt; "
        "it must be a JSON string, or an object with 'prompt' or 'text'"
    )
    raise PromptError(message)
