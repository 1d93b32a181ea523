"""One run, step by step: the algorithm of design section 2 over the ports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tempo.application.cost import CostMeter
from tempo.application.recording import SelectedStep, recorded_step, with_posteriors
from tempo.application.rescoring import Rescore
from tempo.domain.ancestry import Ancestry
from tempo.domain.commitment import CommittedChain
from tempo.domain.ending import Ending
from tempo.domain.errors import NonFiniteLogitsError, SessionError
from tempo.domain.events import StepAppended
from tempo.domain.frontier import Frontier, carry_forward
from tempo.domain.lattice import Lattice
from tempo.domain.layout import LogicalLayout
from tempo.domain.node import Node
from tempo.domain.path_tails import PathTails
from tempo.domain.proposal import Reading
from tempo.domain.selection import log_threshold
from tempo.domain.tokens import Slot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.application.request import GenerationRequest
    from tempo.domain.hypothesis import Hypothesis
    from tempo.domain.lattice import LatticeStep
    from tempo.domain.ports.model_backend import Mark, ModelBackend
    from tempo.domain.ports.tokenizer import Tokenizer
    from tempo.domain.proposal import Proposal
    from tempo.domain.tokens import TokenId


@dataclass(frozen=True, slots=True, eq=False)
class RunMark:
    """A moment of a run."""

    session: Mark
    layout: LogicalLayout
    ancestry: Ancestry
    frontier: Frontier
    steps: int
    ending: Ending
    pending: tuple[Node, ...]
    tails: PathTails


class DecodingRun:
    """The state of a run and the verb that moves it on.

    One `advance` feeds the newest set, reads its rows once, selects the next set, carries the
    weights forward and lets go of rows that nothing can see any more.
    """

    def __init__(
        self, backend: ModelBackend, tokenizer: Tokenizer, request: GenerationRequest
    ) -> None:
        """Open a session; the prompt goes through the model here.

        Raises:
            PromptError: for an empty prompt or one that does not fit the model's context.
        """
        self.request = request
        self._backend = backend
        self._tokenizer = tokenizer
        self.meter = CostMeter()
        with self.meter.phase("prefill"):
            self.session = backend.open(request.prompt_ids, request.rules)
        self.meter.fed(len(request.prompt_ids), self.session.cache_rows)
        self.layout = LogicalLayout(len(request.prompt_ids), request.positions)
        self.ancestry = Ancestry()
        self.frontier = Frontier.of_prompt()
        self.steps: list[LatticeStep] = []
        self._ending = Ending()
        self._pending: tuple[Node, ...] = ()
        self._tails = PathTails(request.stopping.stop_bytes)
        if request.committed:
            self.commit(self.chain(request.committed))

    @property
    def has_live(self) -> bool:
        """Whether some hypothesis is unfinished."""
        return bool(self.steps) and bool(self.steps[-1].token_set.live_indices)

    @property
    def live(self) -> tuple[Hypothesis, ...]:
        """The unfinished hypotheses, in the order of the newest step's members."""
        if not self.steps:
            return ()
        live = self.steps[-1].token_set.live_indices
        return self._ending.going_on(len(self.steps) - 1, live, self.frontier.scores.tolist())

    @property
    def finished(self) -> tuple[Hypothesis, ...]:
        """The finished hypotheses, in the order in which they finished."""
        return self._ending.finished

    @property
    def finished_mass(self) -> float:
        """The share of the finished hypotheses, in [0, 1]."""
        return self._ending.mass

    @property
    def lattice(self) -> Lattice:
        """The lattice so far, each member with its posterior."""
        return with_posteriors(Lattice(self.request.prompt_ids, tuple(self.steps)))

    @property
    def has_room(self) -> bool:
        """Whether the model's context has room to go on from the newest set."""
        context = self._backend.description.context
        return not self._pending or self._pending[-1].position + 1 < context

    def advance(self, only: TokenId | None = None) -> StepAppended:
        """Decode one step; `only` names the one token to keep of those considered.

        Raises:
            NonFiniteLogitsError: if the model gave NaN or infinity; what is decoded is kept.
            ChoiceError: if `only` is not among the candidates considered.
            SessionError: if the run is closed or nothing unfinished is left.
        """
        if self.session.cache_rows and self.steps and not self.has_live:
            message = "all hypotheses are finished; there is no next step"
            raise SessionError(message)
        with self.meter.phase("engine"):
            self._feed()
            selected = self._select(only)
            self._ending = self._ending.after(selected.transition, selected.live, len(self.steps))
            released = self._grow(selected)
            earlier = self.steps[-1] if self.steps else None
            step = recorded_step(selected, self.frontier, earlier, self.finished_mass)
            self.steps.append(step)
            return StepAppended(step, self.session.cache_rows, released)

    def chain(self, steps: Sequence[LatticeStep]) -> CommittedChain:
        """Return committed steps as a chain that this run could go on from.

        Raises:
            ChoiceError: if it ends a text or leaves the model's context no room.
        """
        tails = PathTails(self.request.stopping.stop_bytes)
        chain = CommittedChain.of(steps, tails, self._tokenizer.end_tokens)
        chain.require_room(len(self.request.prompt_ids), self._backend.description.context)
        return chain

    def commit(self, chain: CommittedChain) -> None:
        """Go on from a chain, fed in one pass; the run has decoded nothing."""
        with self.meter.phase("model"):
            scores = Rescore(self._backend).along(
                self.session, self.layout.prompt_length, chain.token_ids
            )
        self.meter.fed(len(chain.steps) - 1, self.session.cache_rows)
        node = chain.appended(self.layout, self.ancestry)
        self._tails, self._pending = chain.tails, (node,)
        self.steps += chain.scored(scores, Slot(self.layout.prompt_length))
        self._ending = self._ending.along(sum(scores))
        score = np.array([sum(scores)])
        self.frontier = Frontier((node.slot,), np.ones(1), score, score)

    def mark(self) -> RunMark:
        """Return the present moment; only a run that never releases can go back to it."""
        return RunMark(
            session=self.session.mark(),
            layout=self.layout.copy(),
            ancestry=self.ancestry.copy(),
            frontier=self.frontier,
            steps=len(self.steps),
            ending=self._ending,
            pending=self._pending,
            tails=self._tails,
        )

    def rewind(self, mark: RunMark) -> None:
        """Go back to a mark.

        Raises:
            SessionError: if rows that lived at the mark were released since.
        """
        self.session.rewind(mark.session)
        self.layout, self.ancestry = mark.layout.copy(), mark.ancestry.copy()
        self.frontier = mark.frontier
        del self.steps[mark.steps :]
        self._ending = mark.ending
        self._pending, self._tails = mark.pending, mark.tails

    def close(self) -> None:
        """Let go of the cache."""
        self.session.close()

    def _feed(self) -> None:
        if not self._pending:
            return
        nodes, self._pending = self._pending, ()
        with self.meter.phase("model"):
            self._backend.extend([(self.session, nodes)])
        self.meter.fed(len(nodes), self.session.cache_rows)

    def _propose(self, threshold: float, weights: tuple[float, ...]) -> Proposal:
        request = self.request
        reading = Reading(
            weights=weights,
            combination=request.readout.combination,
            considered=request.selection.considered,
            log_threshold=log_threshold(threshold),
            barred=request.barred_at(len(self.steps), self._tokenizer.end_tokens),
        )
        with self.meter.phase("model"):
            (proposal,) = self._backend.propose([(self.session, reading)])
        if not proposal.finite:
            raise NonFiniteLogitsError(len(self.steps))
        return proposal

    def _select(self, only: TokenId | None) -> SelectedStep:
        """Read the rows, cut, and carry the weights forward to the members."""
        request, frontier = self.request, self.frontier
        weights = request.readout.row_weights(frontier.weights, frontier.scores)
        threshold = request.selection.level(len(self.steps), request.max_steps, max(weights))
        proposal = self._propose(threshold, weights)
        choice = request.selection.choose(proposal, threshold)
        members = tuple(range(choice.kept)) if only is None else (proposal.rank(only),)
        columns = slice(choice.kept) if only is None else list(members)
        # As a file gives them back: another layout in memory would round sums in another order.
        rows = np.ascontiguousarray(proposal.rows[:, columns])
        plain_rows = np.ascontiguousarray(proposal.plain_rows[:, columns])
        transition = carry_forward(self.frontier, rows, plain_rows)
        contents = tuple(map(self._tokenizer.content, proposal.token_ids))
        tails = self._tails.grown(transition.best_parent, [contents[rank] for rank in members])
        ends = self._tokenizer.end_tokens
        live = tuple(
            index
            for index, rank in enumerate(members)
            if proposal.token_ids[rank] not in ends and not tails.completes_stop(index)
        )
        self._tails = tails.among(live)
        return SelectedStep(proposal, choice, members, rows, plain_rows, contents, transition, live)

    def _grow(self, selected: SelectedStep) -> int:
        """Make the live members the frontier; return how many rows left the cache."""
        before, live = self.frontier, selected.live
        if not live:
            self.frontier = Frontier((), np.empty(0), np.empty(0), np.empty(0))
            return 0
        onward = selected.transition.among(live)
        slots = self.layout.append(len(live))
        parents = tuple(before.slots[row] if before.slots else None for row in onward.best_parent)
        self.ancestry.grow(slots, parents)
        released = self._release()
        rule = self.request.superposition
        lineage = rule.lineage(before, onward)
        histories = rule.histories(before, onward, lineage, self.ancestry)
        self.frontier = Frontier(
            slots=slots,
            weights=onward.weights,
            scores=onward.scores,
            plain_scores=onward.plain_scores,
            lineage=lineage,
        )
        siblings = self.request.visibility.sibling_weights
        self._pending = tuple(
            Node(
                token_id=selected.proposal.token_ids[selected.members[index]],
                position=self.layout.position(slot),
                slot=slot,
                parent=parent,
                inherits=history.inherits,
                weights=history.weights + siblings(slot, slots),
            )
            for index, slot, parent, history in zip(live, slots, parents, histories, strict=True)
        )
        return released

    def _release(self) -> int:
        if not self.request.release:
            return 0
        slots = self.ancestry.release(self.request.superposition.window)
        if slots:
            self.layout.remove(slots)
            self.meter.released_rows += len(slots)
            with self.meter.phase("model"):
                self.session.release(slots)
        return len(slots)
