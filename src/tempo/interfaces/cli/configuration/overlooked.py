"""Variables of the environment that were meant for TEMPO, as it seems, and say nothing to it."""

from __future__ import annotations

import os
import sys

from tempo.application.configuration.environment import misspelt
from tempo.interfaces.cli.configuration.keys import file_keys
from tempo.interfaces.cli.control_characters import readable


def tell_misspelt() -> None:
    """Name each on standard error; a result does not depend on it."""
    for sentence in misspelt(os.environ, file_keys):
        sys.stderr.write(f"tempo: {readable(sentence)}\n")
