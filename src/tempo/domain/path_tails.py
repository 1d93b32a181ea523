"""The end of each live path's bytes: long enough to see a stop string complete."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tempo.domain.stopping import stop_position

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class PathTails:
    """The tails of the live paths, in their order; empty bytes where no stop string is asked for.

    Attributes:
        stops: the stop strings.
        tails: one a path; the prompt's is empty, since a stop string starts after it.
    """

    stops: tuple[bytes, ...]
    tails: tuple[bytes, ...] = (b"",)

    def grown(self, parents: Sequence[int], contents: Sequence[bytes]) -> PathTails:
        """Return the tails of new paths: each one's parent among these, and the bytes it adds."""
        if not self.stops:
            return PathTails(self.stops, (b"",) * len(contents))
        longest = max(len(stop) for stop in self.stops)
        tails = (
            (self.tails[parent] + content)[-(longest - 1 + len(content)) :]
            for parent, content in zip(parents, contents, strict=True)
        )
        return PathTails(self.stops, tuple(tails))

    def among(self, live: Sequence[int]) -> PathTails:
        """Return the tails of some of the paths."""
        if len(live) == len(self.tails):
            return self
        return PathTails(self.stops, tuple(self.tails[index] for index in live))

    def completes_stop(self, index: int) -> bool:
        """Whether a path holds a stop string in its tail."""
        return bool(self.stops) and stop_position(self.tails[index], self.stops) is not None
