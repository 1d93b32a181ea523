"""What leaves a trellis with some candidates: what descends from them (design section 2.8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tempo.domain.tokens import CandidateState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tempo.domain.lattice import LatticeStep
    from tempo.domain.tokens import Slot


@dataclass(frozen=True, slots=True)
class Departure:
    """Candidates that go together, by step index and member index.

    A finished text stays in the lattice, and so do its ancestors, which leave the cache alone.

    Attributes:
        roots: for each candidate that goes, (step index, member index) of the one that it goes
            with; a root goes with itself.
        leaving: those that leave the lattice.
    """

    roots: Mapping[tuple[int, int], tuple[int, int]]
    leaving: frozenset[tuple[int, int]]

    @classmethod
    def of(cls, steps: Sequence[LatticeStep], chosen: Mapping[int, Sequence[int]]) -> Departure:
        """Return what goes with the chosen members of some steps."""
        roots: dict[tuple[int, int], tuple[int, int]] = {}
        for index in range(min(chosen, default=len(steps)), len(steps)):
            for member in chosen.get(index, ()):
                roots[index, member] = (index, member)
            for member, candidate in enumerate(steps[index].token_set.members):
                parent = (index - 1, candidate.parent)
                if candidate.parent is not None and parent in roots:
                    roots[index, member] = roots[parent[0], candidate.parent]
        return cls(roots, frozenset(roots) - _of_finished(steps, roots))

    def slots(self, steps: Sequence[LatticeStep]) -> list[Slot]:
        """Return the slots of all that goes, which leave the cache."""
        found = [steps[index].token_set.members[member].slot for index, member in self.roots]
        return [slot for slot in found if slot is not None]


def _of_finished(
    steps: Sequence[LatticeStep], going: Mapping[tuple[int, int], tuple[int, int]]
) -> set[tuple[int, int]]:
    """Return the finished members among those that go, and their ancestors among them."""
    staying: set[tuple[int, int]] = set()
    for index, member in going:
        candidate = steps[index].token_set.members[member]
        if candidate.state is not CandidateState.FINISHED:
            continue
        at: tuple[int, int] | None = (index, member)
        while at is not None and at in going and at not in staying:
            staying.add(at)
            parent = steps[at[0]].token_set.members[at[1]].parent
            at = None if parent is None else (at[0] - 1, parent)
    return staying
