"""What was looked at, how it stands, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tempo.domain.errors import InvalidValueError


class Standing(StrEnum):
    """How a thing stands: as it should, worth a look, or in the way."""

    OK = "ok"
    NOTE = "note"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        subject: what, in a word or two.
        found: how it is, in a sentence or a figure.
        standing: how good that is.
        fix: what to do; empty where all is well.
    """

    subject: str
    found: str
    standing: Standing = Standing.OK
    fix: str = ""

    def __post_init__(self) -> None:
        if (self.standing is Standing.OK) is bool(self.fix):
            message = (
                f"the finding about {self.subject} is {self.standing}, with the fix {self.fix!r}"
            )
            raise InvalidValueError(message)


def note(subject: str, found: str, fix: str) -> Finding:
    """Return a finding that is worth a look."""
    return Finding(subject, found, Standing.NOTE, fix)


def failed(subject: str, found: str, fix: str) -> Finding:
    """Return a finding that is in the way."""
    return Finding(subject, found, Standing.FAILED, fix)
