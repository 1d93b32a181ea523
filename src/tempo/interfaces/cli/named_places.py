"""Places that options name."""

from __future__ import annotations

from tempo.domain.errors import InvalidValueError


def require_named(option: str, place: str | None) -> None:
    """Refuse an empty name, which a variable that is not set leaves; None names no place.

    Raises:
        InvalidValueError: for it.
    """
    if place == "":
        message = f"{option} is ''; name a place, or leave the option out"
        raise InvalidValueError(message)
