"""A lattice's steps as a table: RFC 4180, one row for each candidate considered."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from tempo.domain.spelling import spelled

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tempo.domain.lattice import Lattice, LatticeStep

COLUMNS = (
    *("step", "rank", "token_id", "text", "state", "reason", "probability"),
    *("posterior", "weight", "score", "parent", "attention", "best"),
    *("entropy", "threshold", "kept_mass", "finished_mass"),
)
"""The candidate's figures; the members' alone; the step's, repeated in each of its rows."""


def steps_csv(lattice: Lattice, best: Sequence[int] = ()) -> str:
    """Return the table with its header; cells that do not apply are empty.

    `text` is spelled on one line, see `tempo.domain.spelling`; figures read back as the same
    floats. `best` is empty where no best path is known.
    """
    table = io.StringIO(newline="")
    writer = csv.writer(table)
    writer.writerow(COLUMNS)
    for index, (step, shares) in enumerate(zip(lattice.steps, lattice.posteriors(), strict=True)):
        chosen = best[index] if index < len(best) else None
        writer.writerows(_rows(step, shares.tolist(), chosen, known=bool(best)))
    return table.getvalue()


def _rows(
    step: LatticeStep, shares: Sequence[float], chosen: int | None, *, known: bool
) -> Iterator[list[object]]:
    members = {member.token_id: index for index, member in enumerate(step.token_set.members)}
    figures = [step.entropy, step.threshold, step.kept_mass, step.finished_mass]
    for one in step.candidates:
        index = members.get(one.token_id) if one.state.is_member else None
        yield [
            *(step.step, one.rank, one.token_id, spelled(one.content), one.state.value),
            *(one.reason, one.probability),
            *(
                (None, None, None, None, None)
                if index is None
                else (shares[index], one.weight, one.score, one.parent, one.attention)
            ),
            int(index is not None and index == chosen) if known else None,
            *figures,
        ]
