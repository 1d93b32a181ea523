"""A run as it is kept: what it was asked, and what it answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tempo.domain.exact_paths import Histories
from tempo.domain.layout import PositionScheme
from tempo.domain.text import cut_at_stop, decoded
from tempo.domain.visibility import Visibility

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tempo.domain.lattice import Lattice
    from tempo.domain.model_identity import ModelIdentity
    from tempo.domain.paths import Path
    from tempo.domain.stopping import FinishReason

KEPT_PATHS = 5
"""How many of the best paths a record holds."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a lattice comes from; all of it unknown for one that was made by hand.

    Attributes:
        prompt: what was asked, None for a prompt given as tokens.
        settings: what it ran under, by name, as JSON holds it.
        stop: strings that finish a path.
        model: what made it.
        finish_reason: why the run ended.
        steered: whether a person chose among the candidates.
        committed: how many leading steps the run was given to go on from, instead of decoding.
        settled: how many leading steps' text was promised while the run went on; all its later
            hypotheses start with it, and so does its best path.
    """

    prompt: str | None = None
    settings: Mapping[str, object] | None = None
    stop: tuple[str, ...] = ()
    model: ModelIdentity | None = None
    finish_reason: FinishReason | None = None
    steered: bool = False
    committed: int = 0
    settled: int = 0

    @property
    def stop_bytes(self) -> tuple[bytes, ...]:
        """The stop strings as UTF-8."""
        return tuple(text.encode() for text in self.stop)

    @property
    def histories(self) -> Histories:
        """What the run's rows saw, by its settings; nothing is claimed where they do not say."""
        known = self.settings or {}
        rule = known.get("superposition")
        alone = rule == "path" or (rule == "lineage" and known.get("window") == 0)
        isolated = known.get("visibility") == Visibility.ISOLATED
        plain = alone and isolated and known.get("positions") == PositionScheme.SHARED
        return Histories.CHAINS if plain else Histories.MIXED


@dataclass(frozen=True, slots=True, eq=False)
class RunRecord:
    """Everything that is needed to show a run again, to check it or to go on.

    Attributes:
        lattice: all steps.
        provenance: where it comes from.
        best: the best path, one member index a step; empty if unknown.
        text: of the best path.
        finished: whether the best path is finished.
        finished_mass: share of the finished hypotheses, in [0, 1].
        best_paths: the best paths by the lattice's own plain scores, best first.
    """

    lattice: Lattice
    provenance: Provenance
    best: tuple[int, ...]
    text: str
    finished: bool
    finished_mass: float
    best_paths: tuple[Path, ...]


def record_of(
    lattice: Lattice, best: tuple[int, ...] = (), provenance: Provenance | None = None
) -> RunRecord:
    """Return the record of a lattice; all that it answers is read off its best path and steps."""
    known = provenance or Provenance()
    last = lattice.steps[len(best) - 1].token_set if best else None
    return RunRecord(
        lattice=lattice,
        provenance=known,
        best=best,
        text=path_text(lattice, best, known.stop_bytes),
        finished=last is not None and best[-1] not in last.live_indices,
        finished_mass=lattice.steps[-1].finished_mass if lattice.steps else 0.0,
        best_paths=lattice.k_best(KEPT_PATHS),
    )


def path_text(lattice: Lattice, members: Sequence[int], stops: tuple[bytes, ...]) -> str:
    """Return a path's text, without what follows a stop string."""
    along = zip(lattice.steps, members, strict=False)
    content = b"".join(step.token_set.members[member].content for step, member in along)
    return decoded(cut_at_stop(content, stops))
