r"""Bytes as one line of printable text, and back, without loss.

What other tools read has to name tokens that are half a character, a newline or a control
character. Printable text stands for itself, the backslash as `\\`, every other byte as `\n`,
`\r`, `\t` or `\xe2`.
"""

from __future__ import annotations

import re

from tempo.domain.errors import InvalidValueError

SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}

_ESCAPE = re.compile(rb"\\(\\|n|r|t|x[0-9a-f]{2})?")


def spelled(content: bytes) -> str:
    """Return bytes as printable text on one line."""
    text = content.replace(b"\\", b"\\\\").decode("utf-8", errors="backslashreplace")
    if text.isprintable():
        return text
    return "".join(_printable(character) for character in text)


def _printable(character: str) -> str:
    if character.isprintable():
        return character
    return SHORT.get(character) or "".join(f"\\x{byte:02x}" for byte in character.encode())


def unspelled(text: str) -> bytes:
    r"""Return the bytes that a text spells.

    Raises:
        InvalidValueError: for a backslash that begins none of `\\`, `\n`, `\r`, `\t` and `\xe2`.
    """
    return _ESCAPE.sub(_byte, text.encode())


def _byte(escape: re.Match[bytes]) -> bytes:
    match escape[1]:
        case None:
            message = (
                f"{escape.string!r} has a lone backslash at byte {escape.start()}; "
                r"spell it as \\, or one of \n, \r, \t and \x00 to \xff"
            )
            raise InvalidValueError(message)
        case b"\\":
            return b"\\"
        case b"n" | b"r" | b"t" as letter:
            return {b"n": b"\n", b"r": b"\r", b"t": b"\t"}[letter]
        case code:
            return bytes.fromhex(code[1:].decode())
