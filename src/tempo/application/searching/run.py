"""A run that searches before each token that it decides."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tempo.application.decoding.cost import CostMeter
from tempo.application.decoding.recording import SelectedStep, recorded_step, with_posteriors
from tempo.application.searching.judging import Judge
from tempo.application.searching.rows import TreeRows
from tempo.application.searching.simulating import Simulations
from tempo.domain.commitment import CommittedChain
from tempo.domain.errors import SessionError
from tempo.domain.events import StepAppended
from tempo.domain.frontier import carry_forward
from tempo.domain.lattice import Lattice
from tempo.domain.path_tails import PathTails
from tempo.domain.pruning.decision import Effect, PruningDecision
from tempo.domain.pruning.tally import PruningTally
from tempo.domain.search.plan import TreeSearch
from tempo.domain.search.report import SearchReport
from tempo.domain.search.tree import SearchTree
from tempo.domain.tokens import LogicalStep, Slot
from tempo.domain.trellis import Moment, Trellis

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.application.decoding.asking import Asking
    from tempo.application.decoding.recording import Cut
    from tempo.application.decoding.request import GenerationRequest
    from tempo.application.decoding.retained import Forking, RetainedState
    from tempo.domain.events import CandidatesPruned
    from tempo.domain.hypothesis import Hypothesis
    from tempo.domain.lattice import LatticeStep
    from tempo.domain.ports.model_backend import DecodingSession, ModelBackend
    from tempo.domain.ports.tokenizer import Tokenizer
    from tempo.domain.pruning.verdict import Judged
    from tempo.domain.search.tree import TreeNode

RULE = "visits"
"""The rule that the candidates left by a search are dropped by."""


class SearchRun:
    """Decides a text token by token, each for the most visited branch of the tree so far.

    Once a complete text is found that cannot be bettered, it is decided for instead; once the rows
    are spent, the best complete one that was tried. What stays of the tree goes on; the rows of the
    branches that were cut leave the cache. Of each token set the lattice keeps the candidate that
    was decided for, and tells of the others how often they were visited.
    """

    pruned: CandidatesPruned | None = None

    def __init__(
        self,
        backend: ModelBackend,
        tokenizer: Tokenizer,
        request: GenerationRequest,
        forking: Forking | None = None,
    ) -> None:
        """Open a session; the prompt goes through the model here, unless there is a beginning.

        Raises:
            PromptError: for an empty prompt or one that does not fit the model's context.
            ChoiceError: if what is committed ends a text or leaves the context no room.
        """
        self.request, plan = request, request.search or TreeSearch()
        self.meter = CostMeter()
        room = backend.description.context - len(request.prompt_ids)
        self._room, self._last = room, min(request.max_steps, max(1, room))
        beginning = None if forking is None else forking.beginning
        self._rows = TreeRows(backend, tokenizer, request, self.meter, beginning)
        self._tree = SearchTree()
        self._judge = Judge(plan.verifier, request.stopping.stop_bytes)
        self._simulations = Simulations(plan, self._tree, self._rows, self._judge)
        self._trellis = Trellis(request.superposition)
        self._decisions: tuple[PruningDecision, ...] = ()
        self._judged = 0
        if request.committed:
            self._commit(backend, tokenizer, request.committed)

    @property
    def session(self) -> DecodingSession:
        """The sequence state of the model."""
        return self._rows.session

    @property
    def steps(self) -> list[LatticeStep]:
        """The steps so far, each of one member."""
        return self._trellis.steps

    @property
    def decoded(self) -> int:
        """How many steps were decided."""
        return self._trellis.next_number

    @property
    def settled(self) -> int:
        """How many leading steps are certain: all of them."""
        return len(self._trellis.steps)

    @property
    def has_live(self) -> bool:
        """Whether the text goes on."""
        return bool(self.steps) and bool(self.steps[-1].token_set.live_indices)

    @property
    def live(self) -> tuple[Hypothesis, ...]:
        """The text, unless it is finished."""
        return self._trellis.live

    @property
    def finished(self) -> tuple[Hypothesis, ...]:
        """The text, once it is finished."""
        return self._trellis.ending.finished

    @property
    def finished_mass(self) -> float:
        """1 once the text is finished, 0 before."""
        return self._trellis.ending.mass

    @property
    def lattice(self) -> Lattice:
        """The lattice so far, each member with its posterior."""
        lattice = Lattice(self.request.prompt_ids, tuple(self.steps), self._decisions)
        return with_posteriors(lattice)

    @property
    def tally(self) -> PruningTally:
        """How many candidates were visited or could have been, and how many were left."""
        left = len(self._decisions)
        return PruningTally.of(self._decisions, judged=self._judged, left=left)

    @property
    def has_room(self) -> bool:
        """Whether the model's context has room to go on."""
        return self.decoded < self._room

    @property
    def report(self) -> SearchReport:
        """What the search found so far, and what it took."""
        root, done = self._tree.root, self._simulations.done
        complete = root.ends or root.depth >= self._last
        value = self._judge.value(root, complete=complete) if root.depth else 0.0
        unshared = done * len(self.request.prompt_ids) + self._simulations.unshared_tokens
        return SearchReport(
            value=value,
            texts=self._judge.texts,
            simulations=done,
            rows=self._rows.fed,
            unshared_rows=unshared,
            errors=self._judge.errors,
            error=self._judge.error,
            spent=self._simulations.spent,
        )

    def decoding(self) -> Asking[StepAppended]:
        """Search, and decide the next token.

        Raises:
            NonFiniteLogitsError: if the model gave NaN or infinity; what is decided is kept.
            SessionError: if the run is closed or the text is finished.
        """
        if self.session.cache_rows and self._tree.root.ends:
            message = "the text is finished; there is no next step"
            raise SessionError(message)
        with self.meter.phase("selection"):
            root = self._tree.root
            yield from self._rows.open([root])
            yield from self._simulations.run(self._last)
            offered, child = self._rows.expansion(root), self._simulations.decided
            decisions = self._left(root, child)
            released = self._rows.cut(self._tree.move_on(child), child)
            self._append(offered, child, decisions)
        self._decisions += decisions
        return StepAppended(self.steps[-1], self.session.cache_rows, released, decisions)

    def _commit(
        self, backend: ModelBackend, tokenizer: Tokenizer, steps: Sequence[LatticeStep]
    ) -> None:
        """Go on from steps of one member each."""
        tails = PathTails(self.request.stopping.stop_bytes)
        chain = CommittedChain.of(steps, tails, tokenizer.end_tokens)
        prompt = len(self.request.prompt_ids)
        chain.require_room(prompt, backend.description.context)
        scores = self._rows.commit(backend, self._tree, chain)
        for step in chain.scored(scores, Slot(prompt)):
            self._trellis.append(step, Moment.along(step))

    def judging(self) -> Asking[tuple[Judged, ...]]:
        """Judge nothing: what is decided stays."""
        yield from ()
        return ()

    def _left(self, root: TreeNode, child: TreeNode) -> tuple[PruningDecision, ...]:
        """Return what is decided of the candidates that are left for another."""
        self._judged += len(root.children)
        number, total = LogicalStep(self.decoded), sum(one.prior for one in root.children)
        return tuple(
            PruningDecision(
                step=number,
                token_id=one.token_ids[-1],
                rule=RULE,
                score=float(one.statistics.visits),
                threshold=float(child.statistics.visits),
                decided_at=number,
                effect=Effect.DROPPED,
                mass=min(1.0, one.prior / total) if total > 0.0 else 0.0,
            )
            for one in root.children
            if one is not child
        )

    def _append(
        self, offered: Cut, child: TreeNode, decisions: tuple[PruningDecision, ...]
    ) -> None:
        """Make a candidate the only member of the next step."""
        rank = offered.proposal.rank(child.token_ids[-1])
        reasons = {one.token_id: one.reason for one in decisions}
        cut = replace(offered, members=(rank,), reasons=reasons)
        before = self._trellis.moments[-1]
        rows, plain_rows = cut.rows, cut.plain_rows
        transition = carry_forward(before.frontier, rows, plain_rows)
        live: tuple[int, ...] = () if child.ends else (0,)
        slots = () if child.ends else (self._rows.name(child),)
        selected = SelectedStep(cut, rows, plain_rows, transition, live)
        index = len(self.steps)
        moment = before.after(transition, live, slots, index, self._trellis.rule)
        earlier = self.steps[-1] if self.steps else None
        self._trellis.append(recorded_step(selected, moment, earlier), moment)

    def retained(self) -> RetainedState | None:
        """Return nothing: no other run goes on from a tree."""
        return None

    def close(self) -> None:
        """Let go of the cache."""
        self.session.close()
