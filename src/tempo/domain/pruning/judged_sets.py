"""What the pruning of candidates has done so far in a run."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class JudgedSets:
    """The sets of several candidates that were judged; a run's marks hold it as it is.

    Attributes:
        count: how many there were.
        crowded: how many of them were asked for more clusters than they had candidates.
        smallest: how many candidates the smallest of those had; 0 before there was one.
        clusters: how many clusters were asked for then.
    """

    count: int = 0
    crowded: int = 0
    smallest: int = 0
    clusters: int = 0

    def after(self, candidates: int, clusters: int) -> JudgedSets:
        """Return the state after one more set of `candidates`, in so many `clusters`."""
        grown = replace(self, count=self.count + 1)
        if clusters <= candidates:
            return grown
        smallest = min(self.smallest or candidates, candidates)
        return replace(grown, crowded=self.crowded + 1, smallest=smallest, clusters=clusters)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a user should know of it, in sentences; each is there once, however often it was."""
        if not self.crowded:
            return ()
        note = (
            f"diversity_clusters is {self.clusters}; {self.crowded} of the {self.count} sets "
            f"judged had fewer candidates, the smallest {self.smallest}: as many clusters were "
            "made of them"
        )
        return (note,)
