"""Whether a text is caught in a loop."""

from __future__ import annotations

import re

LOOP = re.compile(r"(?=(.{5,80}?)\1\1)", re.DOTALL)
"""Five to eighty characters three times in a row; a lookahead, so that every place is tried."""


def repeats_itself(text: str) -> bool:
    """Whether five characters or more stand three times in a row."""
    return any(found[1].strip() for found in LOOP.finditer(text))
