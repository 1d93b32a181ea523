"""A lattice as a sausage: position by position what paths hold there, and how many have ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tempo.domain.posteriors import passing_masses, posteriors, terminal_masses

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tempo.domain.lattice import LatticeStep
    from tempo.domain.tokens import Candidate, LogicalStep, TokenId

EPSILON = "ε"
"""Shows what stands where a path has ended already."""


@dataclass(frozen=True, slots=True)
class Share:
    """One token of a position with its share of the paths.

    Attributes:
        token_id: entry of the vocabulary; None for the epsilon of paths that have ended.
        content: the token's bytes; empty for the epsilon and for special tokens.
        posterior: share of the paths, in [0, 1].
    """

    token_id: TokenId | None
    content: bytes
    posterior: float

    @property
    def text(self) -> str:
        """The token's text; bytes that are no UTF-8 by themselves show as U+FFFD."""
        return self.content.decode("utf-8", errors="replace")

    @property
    def is_epsilon(self) -> bool:
        """Whether this stands for the paths that have ended."""
        return self.token_id is None


@dataclass(frozen=True, slots=True)
class Position:
    """One position of a confusion network.

    Attributes:
        step: the logical step that it shows.
        alternatives: largest posterior first, summing to 1; the last one is the epsilon, where
            paths have ended.
    """

    step: LogicalStep
    alternatives: tuple[Share, ...]

    @property
    def ended(self) -> float:
        """The epsilon's posterior: the share of the paths that have ended before, in [0, 1)."""
        last = self.alternatives[-1]
        return last.posterior if last.is_epsilon else 0.0


def shares(step: LatticeStep, posteriors_of_step: Iterable[float]) -> tuple[Share, ...]:
    """Return a step's members with these posteriors, the largest first; equal ones by rank."""
    pairs: Iterable[tuple[Candidate, float]] = zip(
        step.token_set.members, posteriors_of_step, strict=True
    )
    found = [Share(member.token_id, member.content, float(share)) for member, share in pairs]
    return tuple(sorted(found, key=lambda share: -share.posterior))


def step_shares(steps: Sequence[LatticeStep], step: int) -> tuple[Share, ...]:
    """Return the members of one step with their posteriors among the paths that reach it."""
    return shares(steps[step], posteriors(steps)[step])


def confusion_network(steps: Sequence[LatticeStep]) -> tuple[Position, ...]:
    """Return the confusion network whose positions are the lattice's steps.

    Mangu, Brill and Stolcke (2000). A speech lattice must be aligned first; here all tokens of a
    step share one position already. Posteriors count all paths, ended ones as epsilon.
    """
    passing = passing_masses(steps, terminal_masses(steps))
    network: list[Position] = []
    ended = False  # told by members: the sum of the shares rounds
    for step, masses in zip(steps, passing, strict=True):
        rest = max(0.0, 1.0 - float(masses.sum()))
        epsilon = (Share(None, b"", rest),) if ended else ()
        network.append(Position(step.step, shares(step, masses) + epsilon))
        ended = ended or len(step.token_set.live_indices) < step.width
    return tuple(network)
