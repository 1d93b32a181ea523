"""Where the prompt comes from: an argument, an option, a file or standard input."""

from __future__ import annotations

import sys
from io import StringIO
from pathlib import Path

from tempo.domain.errors import ContradictionError, PromptError

STANDARD_INPUT = "-"


def prompt_text(argument: str | None, option: str | None, file: str | None) -> str:
    """Return the one prompt given; `-` and nothing at all mean standard input.

    Files and standard input lose one newline at their end.

    Raises:
        ContradictionError: for several prompts.
        PromptError: for none, or a file that cannot be read.
    """
    require_one(argument, option, file)
    given = [source for source in (argument, option) if source is not None]
    if file is not None:
        return read_text_file(file, "the prompt file").removesuffix("\n")
    if given and given[0] != STANDARD_INPUT:
        return given[0]
    if not given and sys.stdin.isatty():
        message = 'there is no prompt; give it as tempo generate "PROMPT", or on standard input'
        raise PromptError(message)
    return _read_stdin()


def require_one(argument: str | None, option: str | None, file: str | None) -> None:
    """Refuse several sources of a prompt.

    Raises:
        ContradictionError: for more than one.
    """
    if sum(source is not None for source in (argument, option, file)) > 1:
        message = "several prompts were given; use one of PROMPT, --prompt and --prompt-file"
        raise ContradictionError(message)


def _read_stdin() -> str:
    try:
        return sys.stdin.read().removesuffix("\n")
    except UnicodeDecodeError as error:
        message = f"standard input is not UTF-8 text: {error.reason} at byte {error.start}"
        raise PromptError(message) from error


def read_text_file(path: str, role: str) -> str:
    """Return a file's text; `role` is what the user knows the file as.

    Raises:
        PromptError: if it cannot be read, or is not UTF-8 text.
    """
    try:
        return StringIO(read_bytes(path, role).decode(), newline=None).read()
    except UnicodeDecodeError as error:
        message = f"{role} {path} is not UTF-8 text: {error.reason} at byte {error.start}"
        raise PromptError(message) from error


def read_bytes(path: str, role: str) -> bytes:
    """Return what a file holds; `role` is what the user knows it as.

    Raises:
        PromptError: if it cannot be read.
    """
    try:
        return Path(path).expanduser().read_bytes()
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        message = f"{role} {path} cannot be read: {reason}"
        raise PromptError(message) from error
