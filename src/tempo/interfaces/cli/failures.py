"""Errors as one sentence on standard error and an exit code."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from typer.exceptions import TyperException

from tempo.domain.errors import TempoError, shortened
from tempo.interfaces.cli.control_characters import readable

if TYPE_CHECKING:
    from collections.abc import Callable

WRONG_INPUT = 2
INTERRUPTED = 130
BROKEN_PIPE = 141


def exit_code_of(command: Callable[[], int | None]) -> int:
    """Run a command and return its exit code; errors become one sentence, never a traceback."""
    try:
        code = command() or 0
        sys.stdout.flush()
    except TyperException as error:
        message = error.format_message()  # empty where the help was shown instead
        return _told(shortened(message)) if message else WRONG_INPUT
    except TempoError as error:
        return _told(str(error))
    except KeyboardInterrupt:
        return INTERRUPTED
    except (BrokenPipeError, SystemExit) as error:
        if not _is_unread(error):
            raise
        _discard_stdout()
        return BROKEN_PIPE
    except OSError as error:
        _discard_stdout()
        return _told(f"standard output cannot be written: {error.strerror or error}")
    return code


def _told(sentence: str) -> int:
    """Print one line on standard error."""
    line = readable(" ".join(sentence.split()))
    sys.stderr.write(f"tempo: {line}\n")
    return WRONG_INPUT


def _is_unread(error: BaseException) -> bool:
    """Whether the reader went away; rich and typer make an exit of their own of it."""
    return any(isinstance(one, BrokenPipeError) for one in (error, error.__context__))


def _discard_stdout() -> None:
    """Point standard output at nothing, so that Python's own last flush cannot fail."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
