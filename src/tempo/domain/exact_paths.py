"""Paths whose scores in a lattice are exact: each row on their way saw them and nothing else.

Where every row saw its best parent chain alone (design section 2.5, `path`), what it says of the
next token is what the plain model says after that chain. So a path is scored exactly as long as it
follows best parents; its last member's row says nothing of it, so its last step may come from any.
A path that leaves a chain earlier goes on from a row that never saw what it holds, and may be nats
off.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from tempo.domain.k_best import k_best
from tempo.domain.paths import Path, require_count

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tempo.domain.lattice import LatticeStep
    from tempo.domain.tokens import Candidate


class Histories(StrEnum):
    """What a lattice's rows saw of the steps before theirs.

    CHAINS: each its best parent chain, as plain text. MIXED: several hypotheses at once, or a
    chain not as plain text; it is what is said of a lattice of which nothing is known.
    """

    CHAINS = "chains"
    MIXED = "mixed"


def exact_score(steps: Sequence[LatticeStep], members: Sequence[int]) -> float | None:
    """Return the exact log-probability of a path, in nats; None where the lattice estimates it.

    The rows saw their chains; `members` are one member index a step, from the first step on.
    """
    score, row = 0.0, 0
    for index, member in enumerate(members):
        step = steps[index]
        score += float(step.plain_transitions[row, member])
        if index == len(members) - 1:
            break
        live = step.token_set.live_indices
        if member not in live or not _follows(step, members, index):
            return None
        row = live.index(member)
    return score


def _follows(step: LatticeStep, members: Sequence[int], index: int) -> bool:
    """Whether a path comes to its member of a step as that member's row does."""
    return index == 0 or step.token_set.members[members[index]].parent == members[index - 1]


def exact_chains(steps: Sequence[LatticeStep]) -> tuple[Path, ...]:
    """Return the best chain of each member at which a path may end, by its score, best first.

    The rows saw their chains. One without any probability is left out. Equal scores: the path
    that ends earlier first.
    """
    found: list[Path] = []
    chains: dict[int, tuple[int, ...]] = {}
    for index, step in enumerate(steps):
        members, live = step.token_set.members, set(step.token_set.live_indices)
        reached = dict(_reached(members, chains, is_first=index == 0))
        ending = reached.keys() - (live if index < len(steps) - 1 else set())
        found += _scored(steps, [reached[member] for member in sorted(ending)], live)
        chains = {member: reached[member] for member in reached.keys() & live}
    return tuple(sorted(found, key=lambda path: (-path.score, len(path.members), path.members)))


def _reached(
    members: Sequence[Candidate], chains: dict[int, tuple[int, ...]], *, is_first: bool
) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Yield each of a step's members whose best parent has a chain, with its own."""
    for index, member in enumerate(members):
        if is_first:
            yield index, (index,)
        elif member.parent in chains:
            yield index, (*chains[member.parent], index)


def _scored(
    steps: Sequence[LatticeStep], chains: Iterable[tuple[int, ...]], live: set[int]
) -> Iterator[Path]:
    for chain in chains:
        score = exact_score(steps, chain)
        if score is not None and score > -float("inf"):
            yield Path(chain, score, finished=chain[-1] not in live)


def chains_first(steps: Sequence[LatticeStep], count: int) -> tuple[Path, ...]:
    """Return `count` complete paths: the exact chains, then all others by score, best first.

    The rows saw their chains. The first paths of many are the paths of few.

    Raises:
        InvalidValueError: for a count under 1.
    """
    require_count(count, "paths")
    chains = exact_chains(steps)[:count]
    known = {path.members for path in chains}
    others = k_best(steps, count + len(chains)) if len(chains) < count else ()
    return (*chains, *(path for path in others if path.members not in known))[:count]
