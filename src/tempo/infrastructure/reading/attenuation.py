"""Factors on the weights of slots: how a request changes those that hold."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tempo.domain.errors import SessionError

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

    from tempo.domain.tokens import Slot


def with_factors(
    held: Mapping[Slot, float],
    slots: Sequence[Slot],
    factors: Sequence[float],
    cached: Container[Slot],
) -> Mapping[Slot, float]:
    """Return the factors that hold after a request; slots at 1 are left out.

    Raises:
        SessionError: for a slot that is not in `cached`, a factor that is negative or not finite,
            or not as many factors as slots.
    """
    if len(slots) != len(factors):
        message = f"{len(slots)} slots have {len(factors)} factors; give one for each"
        raise SessionError(message)
    unknown = [slot for slot in slots if slot not in cached]
    if unknown:
        message = f"slots {unknown} are not in the cache; only later slots can be attenuated"
        raise SessionError(message)
    wrong = [factor for factor in factors if not 0 <= factor < math.inf]
    if wrong:
        message = f"a slot has the factor {wrong[0]}; it must be at least 0 and finite"
        raise SessionError(message)
    changed = {**held, **dict(zip(slots, factors, strict=True))}
    return {slot: factor for slot, factor in changed.items() if factor != 1.0}


def without_factors(held: Mapping[Slot, float], slots: Sequence[Slot]) -> Mapping[Slot, float]:
    """Return the factors of the slots that stay."""
    if held.keys().isdisjoint(slots):
        return held
    gone = set(slots)
    return {slot: factor for slot, factor in held.items() if slot not in gone}
