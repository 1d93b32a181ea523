"""Tokens as labels: whatever their bytes, one short line that the plots' font can draw."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import TYPE_CHECKING

from tempo.domain.text import END_MARK

if TYPE_CHECKING:
    from tempo.domain.tokens import Candidate

SPACE = "\u2423"
CUT = "\u2026"
LONGEST = 14
"""Characters of a label; a longer one ends in three dots."""

WRITTEN = {" ": SPACE, "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def spelled(text: str) -> str:
    r"""Return text without a character that cannot be seen: a space as `␣`, others as escapes."""
    return "".join(WRITTEN.get(one) or _visible(one) for one in text)


def _visible(character: str) -> str:
    if unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"}:
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"  # noqa: PLR2004 - two digits


def drawable(text: str) -> str:
    """Return text with each character that the plots' font lacks as its number, U+1F600."""
    known = _characters()
    return "".join(one if ord(one) in known else f"U+{ord(one):04X}" for one in text)


def shortened(text: str, most: int = LONGEST) -> str:
    """Return text of at most so many characters."""
    return text if len(text) <= most else text[: most - 1] + CUT


def token_text(candidate: Candidate) -> str:
    """Return a token on one line, whole; an end token is `<end>`."""
    return spelled(candidate.text) or END_MARK


def token_label(candidate: Candidate, most: int = LONGEST) -> str:
    """Return a token as a label of at most so many characters."""
    return shortened(drawable(token_text(candidate)), most)


@cache
def _characters() -> frozenset[int]:
    """Return what the font that comes with matplotlib can draw: the same on every machine."""
    from matplotlib.font_manager import FontProperties, findfont, get_font  # noqa: PLC0415 - optional

    return frozenset(get_font(findfont(FontProperties(family="DejaVu Sans"))).get_charmap())
