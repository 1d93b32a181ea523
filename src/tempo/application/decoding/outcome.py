"""What a run leaves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tempo.application.decoding.settling import best_hypothesis, chain_from
from tempo.domain.pruning.tally import PruningTally
from tempo.domain.text import cut_at_stop, decoded

if TYPE_CHECKING:
    from tempo.application.decoding.cost import Cost
    from tempo.application.decoding.request import GenerationRequest
    from tempo.application.decoding.settling import SettledText
    from tempo.application.decoding.unrolling import Unrolling
    from tempo.domain.lattice import Lattice
    from tempo.domain.search.report import SearchReport
    from tempo.domain.stopping import FinishReason
    from tempo.domain.tokens import TokenId


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What a run leaves.

    Attributes:
        request: what was asked.
        lattice: all steps, with posteriors.
        best: the best path, one member index a step; empty if nothing was decoded.
        best_path_ids: its tokens, an end token among them.
        text: its text, without end token and without what follows a stop string.
        finished: whether the best path is finished.
        finished_mass: share of the finished hypotheses, in [0, 1].
        reason: why the run ended.
        cost: what it took.
        settled: how many leading steps' text was told while the run went on.
        pruning: what was pruned, summed up.
        steered: whether a person moved the run, so that no text was promised while it went on.
        search: what a tree search found; None for a run that did not search.
    """

    request: GenerationRequest
    lattice: Lattice
    best: tuple[int, ...]
    best_path_ids: tuple[TokenId, ...]
    text: str
    finished: bool
    finished_mass: float
    reason: FinishReason
    cost: Cost
    settled: int = 0
    pruning: PruningTally = field(default_factory=PruningTally)
    steered: bool = False
    search: SearchReport | None = None

    def drawn(self, count: int, seed: int) -> tuple[str, ...]:
        """Return texts drawn from the lattice's posterior, with replacement.

        Raises:
            InvalidValueError: for a count under 1 or a run without steps.
        """
        stops = self.request.stopping.stop_bytes
        paths = self.lattice.sample_paths(count, seed)
        return tuple(decoded(cut_at_stop(self.lattice.content(path), stops)) for path in paths)


def outcome_of(run: Unrolling, settled: SettledText, reason: FinishReason) -> Outcome:
    """Return what an open run has decoded; its best path starts with the settled text."""
    best = best_hypothesis(run, settled)
    members = tuple(chain_from(run, best.step, best.member, 0)) if best else ()
    lattice = run.lattice
    along = [
        step.token_set.members[member] for step, member in zip(lattice.steps, members, strict=False)
    ]
    content = b"".join(candidate.content for candidate in along)
    return Outcome(
        request=run.request,
        lattice=lattice,
        best=members,
        best_path_ids=tuple(candidate.token_id for candidate in along),
        text=decoded(cut_at_stop(content, run.request.stopping.stop_bytes)),
        finished=best is not None and best.finished,
        finished_mass=run.finished_mass,
        reason=reason,
        cost=run.meter.total(run.session.cache_rows),
        settled=settled.steps,
        pruning=run.tally,
        search=run.report,
    )
