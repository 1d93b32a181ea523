"""What a machine without memory for a pass says."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch

from tempo.domain.errors import MemoryExceededError

if TYPE_CHECKING:
    from collections.abc import Iterator

ASKED = re.compile(r"(?:tried|[Uu]nable) to allocate ([\d.]+) (bytes|[KMGTPE]iB)")
"""How PyTorch, on processors and on GPUs, and numpy tell what they could not get."""

UNITS = {"bytes": 1} | {f"{prefix}iB": 1 << 10 * (one + 1) for one, prefix in enumerate("KMGTPE")}


LESS = "use a shorter prompt, a lower max_width or max_steps, or fewer prompts at once"


@contextmanager
def telling_memory(what: str, device: torch.device, advice: str = LESS) -> Iterator[None]:
    """Turn the errors of a machine that has no memory for `what` into one clear sentence.

    Raises:
        MemoryExceededError: saying what was needed and what there was.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        needed = _needed(error)
        if needed is None:
            raise
        message = (
            f"{what} needs {shown(needed)} more and {shown(free_bytes(device))} are free on "
            f"{device}; {advice}"
        )
        raise MemoryExceededError(message) from error


def _needed(error: Exception) -> int | None:
    """Return the bytes that an error tells of, 0 if it does not say; None if it is another."""
    if isinstance(error, MemoryExceededError):
        return None
    found = ASKED.search(str(error))
    if found:
        return int(float(found[1]) * UNITS[found[2]])
    return 0 if isinstance(error, (MemoryError, torch.OutOfMemoryError)) else None


def free_bytes(device: torch.device) -> int:
    """Return how much memory is free on a device; 0 if the system does not tell."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return 0


def shown(size: int) -> str:
    """Return bytes in the largest unit that leaves a whole number, or a few digits of GiB."""
    name = next(name for name, unit in reversed(UNITS.items()) if size >= unit or unit == 1)
    return f"{size / UNITS[name]:.4g} {name}" if size else "an unknown number of bytes"
