"""Text that comes from elsewhere, so that no terminal acts on it."""

from __future__ import annotations

import re

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""Characters that could move a terminal's cursor or change its state, but for newline and tab."""


def readable(text: str) -> str:
    """Return text whose control characters, all but newline and tab, are written as escapes."""
    return CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)
