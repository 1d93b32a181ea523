"""The best path of a run as its listeners know it, and what changes of it."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.application.serving.event_log import Document
    from tempo.domain.hypothesis import PathEnd
    from tempo.domain.lattice import LatticeStep
    from tempo.domain.tokens import Candidate, LogicalStep, TokenId

Stand = tuple[int, "TokenId"]
"""Where a path passes a step: the place among its candidates, and the token that is there."""


class _Told(NamedTuple):
    """A step as it was told last.

    Attributes:
        number: of the step.
        stands: [m] where each member stands.
        parents: [m] the best parent of each, among the members before; 0 at the first step.
    """

    number: LogicalStep
    stands: Sequence[Stand]
    parents: Sequence[int]

    @classmethod
    def of(cls, step: LatticeStep, candidates: Sequence[Candidate]) -> _Told:
        return cls(
            number=step.step,
            stands=[
                (place, one.token_id) for place, one in enumerate(candidates) if one.state.is_member
            ],
            parents=[one.parent or 0 for one in step.token_set.members],
        )


class ToldPath:
    """Follows the best path from event to event.

    A new path is walked back from its end until it meets the one before: as long as one text
    leads, a step costs the same however long the run is.
    """

    def __init__(self) -> None:
        """Start before the first step."""
        self._told: list[_Told] = []
        self._members: list[int] = []

    def follow(
        self,
        steps: Sequence[LatticeStep],
        end: PathEnd | None,
        removed: Sequence[LogicalStep] = (),
    ) -> list[Document]:
        """Return where the path stands elsewhere now that some steps were told.

        All that was told of the first of them, of those removed and of later ones is void. `to` is
        a place among a step's candidates, None where the path does not come to a step any more.
        """
        kept = self._index(min([*removed, *(step.step for step in steps[:1])], default=None))
        before = self._leave(kept)
        self._told[kept:] = [_Told.of(step, step.candidates) for step in steps]
        after = self._walk(end, before)
        return [
            {"step": number, "to": after[number][0] if number in after else None}
            for number in sorted(before.keys() | after.keys())
            if before.get(number) != after.get(number)
        ]

    def _index(self, number: LogicalStep | None) -> int:
        """Return where a step stands, or would, among those told; None stands after all."""
        if number is None:
            return len(self._told)
        return bisect_left(self._told, number, key=lambda one: one.number)

    def _leave(self, length: int) -> dict[LogicalStep, Stand]:
        """Cut the path to so many steps; return where it stood in the others."""
        stood = self._stands_from(length)
        del self._members[length:]
        return stood

    def _stands_from(self, index: int) -> dict[LogicalStep, Stand]:
        """Return where the path stands, from some step on to its end."""
        members = self._members[index:]
        told = self._told[index : index + len(members)]
        return {one.number: one.stands[member] for one, member in zip(told, members, strict=True)}

    def _walk(
        self, end: PathEnd | None, before: dict[LogicalStep, Stand]
    ) -> dict[LogicalStep, Stand]:
        """Take the path to an end; return where it stands, down to where it meets the old one.

        What it leaves of the old one is added to `before`.
        """
        last = -1 if end is None else self._index(end.step)
        member, found = 0 if end is None else end.member, []
        while last >= 0 and self._members[last : last + 1] != [member]:
            found.append(member)
            member = self._told[last].parents[member]
            last -= 1
        before |= self._leave(last + 1)
        self._members += reversed(found)
        return self._stands_from(last + 1)
