"""What every task draws from: a seeded source, and the people of its stories."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from tempo.domain.lattice import SEEDS

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")

GIRLS = ("Lily", "Mia", "Anna", "Sue", "Lucy", "Sara", "Amy", "Jane")
BOYS = ("Tom", "Ben", "Tim", "Max", "Sam", "Jack", "Bob", "Leo")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in a story, with the pronouns that stand for them."""

    name: str
    kind: str
    he: str
    him: str
    his: str


class Draw:
    """Draws of one seed; the same seed draws the same."""

    def __init__(self, seed: int) -> None:
        """Take any whole number."""
        self._rng = np.random.default_rng(seed % SEEDS)

    def one(self, choices: Sequence[T]) -> T:
        """Return one of some choices."""
        return choices[int(self._rng.integers(len(choices)))]

    def several(self, choices: Sequence[T], count: int) -> tuple[T, ...]:
        """Return so many different choices, in the order in which they were drawn."""
        return tuple(choices[place] for place in self._rng.permutation(len(choices))[:count])

    def number(self, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`, both among them."""
        return int(self._rng.integers(low, high + 1))

    def people(self, count: int) -> tuple[Person, ...]:
        """Return so many different people."""
        return tuple(map(_person, self.several(GIRLS + BOYS, count)))


def _person(name: str) -> Person:
    if name in GIRLS:
        return Person(name, "girl", "she", "her", "her")
    return Person(name, "boy", "he", "him", "his")
