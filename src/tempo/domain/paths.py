"""Paths through a lattice, and how to draw them at random."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral
from typing import TYPE_CHECKING

import numpy as np

from tempo.domain.errors import InvalidValueError
from tempo.domain.posteriors import terminal_masses

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.domain.lattice import LatticeStep
    from tempo.domain.proposal import FloatArray


@dataclass(frozen=True, slots=True)
class Path:
    """One way through a lattice.

    Attributes:
        members: index among the members of each step passed; short paths end in a finished one.
        score: log-probability under the lattice's plain transitions, in nats. Exact where each row
            on its way saw this path alone (`Lattice.exact_score`), an estimate otherwise.
        finished: whether the last member is finished.
    """

    members: tuple[int, ...]
    score: float
    finished: bool


def path_share(steps: Sequence[LatticeStep], members: Sequence[int]) -> float:
    """Return the share that the lattice gives a complete path among all its paths, in [0, 1].

    `members` are one member index a step; the last is finished, or stands at the last step.
    """
    forward = terminal_masses(steps)
    end = len(members) - 1
    share = float(forward.terminal[end][members[end]])
    for index in range(end, 0, -1):
        live = steps[index - 1].token_set.live_indices
        if members[index - 1] not in live:
            return 0.0
        row = live.index(members[index - 1])
        share *= float(forward.parents[index][row, members[index]])
    return share


def require_count(count: object, things: str) -> None:
    """Refuse what is no number of things to ask for.

    Raises:
        InvalidValueError: for a count that is no whole number, or is under 1.
    """
    if not isinstance(count, Integral) or count < 1:
        message = f"{count!r} {things} were asked for; ask for a whole number, 1 or more"
        raise InvalidValueError(message)


def sample_paths(
    steps: Sequence[LatticeStep], count: int, rng: np.random.Generator
) -> tuple[Path, ...]:
    """Draw complete paths from the posterior by stepping back from their ends.

    Forward filtering, backward sampling: the end by its share, then each parent by its posterior.

    Raises:
        InvalidValueError: for a count under 1 or an empty lattice.
    """
    require_count(count, "samples")
    if not steps:
        message = f"{count} samples of 0 steps were asked for; decode 1 step or more"
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
