"""Where the `tempo` command begins: Ctrl-C is heard before the libraries are loaded."""

from __future__ import annotations

import sys

INTERRUPTED = 130


def main() -> None:
    """Load the command line and run it."""
    try:
        from tempo.interfaces.cli.main import main as run  # noqa: PLC0415 - takes seconds
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    run()
