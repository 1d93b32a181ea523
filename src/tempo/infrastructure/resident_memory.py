"""How much memory the process holds."""

from __future__ import annotations

import os
import sys
from pathlib import Path

STATISTICS = Path("/proc/self/statm")
"""Linux: pages, the second figure those that are resident."""


def resident_bytes() -> int:
    """Return the resident memory of now; the peak where the system tells no more, 0 for nothing."""
    try:
        return int(STATISTICS.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return peak_resident_bytes()


def peak_resident_bytes() -> int:
    """Return the most memory that was resident at once, 0 where the system does not tell."""
    try:
        import resource  # noqa: PLC0415 - not on every system
    except ImportError:
        return 0
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return held if sys.platform == "darwin" else 1024 * held
