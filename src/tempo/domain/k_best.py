"""The k best paths through a lattice, best first.

A Viterbi pass gives the best score of arriving at every member by every parent. Any other path
leaves a path already found at some step, going back, by another parent, and follows best parents
from there. So each found path offers its deviations with their exact scores, and the best offer
left is the next path (the partition of Lawler, 1972; tree-trellis search, Soong and Huang, 1991).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tempo.domain.paths import Path, require_count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.domain.lattice import LatticeStep
    from tempo.domain.proposal import FloatArray


class _Offer(NamedTuple):
    """A path that could come next; the smallest is the best.

    Attributes:
        loss: the path's score, negated.
        source: number of the found path that it leaves; -1 for the best path to some end.
        step: the step from which on it is that path; without one, its last step.
        choice: the live row before `step` that it comes from; without a source, its last member.
    """

    loss: float
    source: int
    step: int
    choice: int


@dataclass(frozen=True, slots=True, eq=False)
class _Trellis:
    """Viterbi's tables; `t` steps, at most `k` live rows before a step and `m` members in it.

    Attributes:
        transitions: [t, k, m] plain log-probabilities, -inf where there is nothing.
        arrivals: [t, k, m] score of the best path to a member by an earlier live row.
        parents: for each step and member, the row of its best arrival; ties go to the lower row.
        members: for each step, the members that its live rows are.
        ends: (step, member) of each member at which a path may end.
    """

    transitions: FloatArray
    arrivals: FloatArray
    parents: list[list[int]]
    members: list[tuple[int, ...]]
    ends: list[tuple[int, int]]

    @classmethod
    def of(cls, steps: Sequence[LatticeStep]) -> _Trellis:
        """Run the Viterbi recursion over the plain transitions."""
        tables = [step.plain_transitions for step in steps]
        rows, width = max(len(table) for table in tables), max(step.width for step in steps)
        transitions = np.full((len(steps), rows, width), -np.inf)
        arrivals = transitions.copy()
        trellis = cls(transitions, arrivals, [], [], [])
        before = np.zeros(1)
        for index, (step, table) in enumerate(zip(steps, tables, strict=True)):
            live = step.token_set.live_indices
            arriving = before[:, None] + table
            transitions[index, : len(table), : step.width] = table
            arrivals[index, : len(table), : step.width] = arriving
            trellis.parents.append(arriving.argmax(axis=0).tolist())
            trellis.members.append(live)
            ending = set(range(step.width)).difference(() if index == len(steps) - 1 else live)
            trellis.ends.extend((index, member) for member in sorted(ending))
            before = arriving.max(axis=0)[list(live)]
        return trellis

    def chain(self, step: int, member: int) -> list[int]:
        """Return the members of the best path to a member, its own last."""
        found = [member]
        for index in range(step, 0, -1):
            found.append(self.members[index - 1][self.parents[index][found[-1]]])
        found.reverse()
        return found

    def best_to_ends(self) -> list[_Offer]:
        """Offer the best path to each end."""
        best = self.arrivals.max(axis=1)
        offers = (_Offer(-float(best[end]), -1, *end) for end in self.ends)
        return sorted(offer for offer in offers if np.isfinite(offer.loss))

    def deviations(
        self, path: Sequence[int], number: int, limit: int, count: int, bound: float
    ) -> list[_Offer]:
        """Offer the `count` best paths, of a loss up to `bound`, that leave a found path.

        Only parents of its first `limit` steps are exchanged: what leaves it later was offered by
        the path that it left itself.
        """
        steps, members = np.arange(len(path)), np.array(path)
        live = zip(self.members, path[:-1], strict=False)
        rows = np.array([0, *(rows.index(member) for rows, member in live)])
        after = np.zeros(len(path))
        after[:-1] = self.transitions[steps, rows, members][:0:-1].cumsum()[::-1]
        losses = -(self.arrivals[steps[:limit], :, members[:limit]] + after[:limit, None])
        losses[steps[:limit], rows[:limit]] = np.inf
        eligible = np.flatnonzero((losses <= bound) & np.isfinite(losses))
        best = eligible[np.argsort(losses.flat[eligible], kind="stable")[:count]]
        return [
            _Offer(loss, number, *divmod(place, losses.shape[1]))
            for loss, place in zip(losses.flat[best].tolist(), best.tolist(), strict=True)
        ]


def k_best(steps: Sequence[LatticeStep], count: int) -> tuple[Path, ...]:
    """Return the `count` best complete paths, finished ones of every length among them.

    Equal scores: the path that ends earlier first, then the one found earlier; the first paths of
    many are the paths of few.

    Raises:
        InvalidValueError: for a count under 1.
    """
    require_count(count, "paths")
    if not steps:
        return ()
    trellis = _Trellis.of(steps)
    offers = trellis.best_to_ends()[:count]
    found: list[list[int]] = []
    while len(found) < len(offers):
        number, wanted = len(found), count - len(found) - 1
        _, source, step, choice = offers[number]
        if source < 0:
            path, limit = trellis.chain(step, choice), step + 1
        else:
            path = trellis.chain(step - 1, trellis.members[step - 1][choice]) + found[source][step:]
            limit = step
        found.append(path)
        if wanted:
            bound = offers[-1].loss if len(offers) == count else np.inf
            offers += trellis.deviations(path, number, limit, wanted, bound)
            offers[number + 1 :] = sorted(offers[number + 1 :])[:wanted]
    return tuple(
        Path(tuple(path), -offer.loss, path[-1] not in trellis.members[len(path) - 1])
        for path, offer in zip(found, offers, strict=True)
    )
