"""Paths through a lattice: the k best ones, and random ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tempo.domain.errors import InvalidValueError
from tempo.domain.posteriors import terminal_masses

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from tempo.domain.lattice import LatticeStep
    from tempo.domain.proposal import FloatArray


@dataclass(frozen=True, slots=True)
class Path:
    """One way through a lattice.

    Attributes:
        members: index among the members of each step passed; short paths end in a finished one.
        score: log-probability under the lattice's plain transitions, in nats. Exact where each row
            saw this path alone (superposition `path`), an estimate otherwise.
        finished: whether the last member is finished.
    """

    members: tuple[int, ...]
    score: float
    finished: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Column:
    """The best partial paths that end in each member of a step; `m` members, `r` ranks."""

    scores: FloatArray  # [m, r] best first, -inf where there are fewer
    previous: npt.NDArray[np.intp]  # [m, r] earlier live row * r_before + rank there


def k_best(steps: Sequence[LatticeStep], count: int) -> tuple[Path, ...]:
    """Return the `count` best complete paths, finished ones of every length among them.

    Viterbi's recursion with the `count` best predecessors of each member (Schwartz and Chow,
    1990). Equal scores: the path whose predecessor has the lower index first.

    Raises:
        InvalidValueError: for a count under 1.
    """
    if count < 1:
        message = f"{count} paths were asked for; ask for 1 or more"
        raise InvalidValueError(message)
    columns = _columns(steps, count)
    ends = _ends(steps, columns)
    ends.sort(key=lambda end: (-end[0], end[1:]))
    return tuple(
        Path(_trace(steps, columns, step, member, rank), score, finished)
        for score, step, member, rank, finished in (_named(steps, end) for end in ends[:count])
    )


def _columns(steps: Sequence[LatticeStep], count: int) -> list[_Column]:
    columns: list[_Column] = []
    before = np.zeros((1, 1))
    for step in steps:
        rows = step.plain_transitions
        joint = (before[:, :, None] + rows[:, None, :]).reshape(-1, rows.shape[1])
        order = np.argsort(-joint, axis=0, kind="stable")[:count]
        column = _Column(np.take_along_axis(joint, order, axis=0).T, order.T)
        columns.append(column)
        before = column.scores[list(step.token_set.live_indices)]
    return columns


def _ends(
    steps: Sequence[LatticeStep], columns: Sequence[_Column]
) -> list[tuple[float, int, int, int]]:
    """Return (score, step, member, rank) of every complete path that the columns hold."""
    ends = []
    for index, (step, column) in enumerate(zip(steps, columns, strict=True)):
        last = index == len(steps) - 1
        live = set(step.token_set.live_indices)
        for member in range(step.width):
            if last or member not in live:
                ends += [
                    (float(score), index, member, rank)
                    for rank, score in enumerate(column.scores[member])
                    if not np.isneginf(score)
                ]
    return ends


def _named(
    steps: Sequence[LatticeStep], end: tuple[float, int, int, int]
) -> tuple[float, int, int, int, bool]:
    score, step, member, rank = end
    return score, step, member, rank, member not in steps[step].token_set.live_indices


def _trace(
    steps: Sequence[LatticeStep], columns: Sequence[_Column], step: int, member: int, rank: int
) -> tuple[int, ...]:
    """Follow the back pointers from a member of a step to the first step."""
    members = [member]
    for index in range(step, 0, -1):
        pointer = int(columns[index].previous[members[-1], rank])
        row, rank = divmod(pointer, columns[index - 1].scores.shape[1])
        members.append(steps[index - 1].token_set.live_indices[row])
    return tuple(reversed(members))


def sample_paths(
    steps: Sequence[LatticeStep], count: int, rng: np.random.Generator
) -> tuple[Path, ...]:
    """Draw complete paths from the posterior by stepping back from their ends.

    Forward filtering, backward sampling: the end by its share, then each parent by its posterior.

    Raises:
        InvalidValueError: for a count under 1 or an empty lattice.
    """
    if count < 1 or not steps:
        message = f"{count} samples of {len(steps)} steps were asked for; both must be 1 or more"
        raise InvalidValueError(message)
    forward = terminal_masses(steps)
    ends = [
        (index, member)
        for index, masses in enumerate(forward.terminal)
        for member in np.flatnonzero(masses > 0).tolist()
    ]
    masses = np.array([forward.terminal[index][member] for index, member in ends])
    drawn = rng.choice(len(ends), size=count, p=masses / masses.sum())
    return tuple(_back(steps, forward.parents, ends[int(choice)], rng) for choice in drawn.tolist())


def _back(
    steps: Sequence[LatticeStep],
    parents: Sequence[FloatArray],
    end: tuple[int, int],
    rng: np.random.Generator,
) -> Path:
    """Step back from a member at the end of a path, (step, member), to the first step."""
    step, member = end
    members = [member]
    score = 0.0
    for index in range(step, -1, -1):
        posterior = parents[index][:, members[-1]]
        row = int(rng.choice(len(posterior), p=posterior))
        score += float(steps[index].plain_transitions[row, members[-1]])
        if index:
            members.append(steps[index - 1].token_set.live_indices[row])
    finished = member not in steps[step].token_set.live_indices
    return Path(tuple(reversed(members)), score, finished)
