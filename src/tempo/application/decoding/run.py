"""One run, step by step: the algorithm of design section 2 over the ports."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from tempo.application.decoding.asking import answered
from tempo.application.decoding.committing import feed_chain
from tempo.application.decoding.cost import CostMeter
from tempo.application.decoding.growth import Growth
from tempo.application.decoding.recording import with_posteriors
from tempo.application.decoding.retained import retained_state
from tempo.application.decoding.run_mark import RunMark
from tempo.application.decoding.selecting import Wanted, select
from tempo.application.decoding.sequence_state import SequenceState
from tempo.application.pruning.run import PruningRun
from tempo.domain.commitment import CommittedChain
from tempo.domain.errors import SessionError
from tempo.domain.events import StepAppended
from tempo.domain.lattice import Lattice
from tempo.domain.path_tails import PathTails
from tempo.domain.trellis import Moment, Trellis

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.application.decoding.asking import Asking
    from tempo.application.decoding.request import GenerationRequest
    from tempo.application.decoding.retained import Forking, RetainedState
    from tempo.domain.ancestry import Ancestry
    from tempo.domain.events import CandidatesPruned
    from tempo.domain.frontier import Frontier
    from tempo.domain.hypothesis import Hypothesis
    from tempo.domain.lattice import LatticeStep
    from tempo.domain.layout import LogicalLayout
    from tempo.domain.node import Node
    from tempo.domain.ports.clustering import Clustering
    from tempo.domain.ports.model_backend import DecodingSession, ModelBackend
    from tempo.domain.ports.tokenizer import Tokenizer
    from tempo.domain.pruning.decision import PruningDecision
    from tempo.domain.pruning.tally import PruningTally
    from tempo.domain.pruning.verdict import Judged
    from tempo.domain.tokens import TokenId


class DecodingRun:
    """The state of a run and the verb that moves it on.

    One `advance` feeds the newest set, reads its rows once, selects the next set, carries the
    weights forward, prunes, and lets go of rows that nothing can see any more.
    """

    def __init__(
        self,
        backend: ModelBackend,
        tokenizer: Tokenizer,
        request: GenerationRequest,
        clustering: Clustering | None = None,
        forking: Forking | None = None,
    ) -> None:
        """Open a session; the prompt goes through the model here, unless there is a beginning.

        Raises:
            PromptError: for an empty prompt or one that does not fit the model's context.
        """
        self.request = request
        self._backend = backend
        self._tokenizer = tokenizer
        self.meter = CostMeter()
        self._held = not request.release or request.goes_back
        self._state = SequenceState(backend, request, self.meter, forking, held=self._held)
        self._trellis = Trellis(request.superposition)
        self._pruning = PruningRun(request, clustering)
        self._growth = Growth(request, self._state, self._trellis, self._pruning)
        self._pending: tuple[Node, ...] = ()
        self._tails = PathTails(request.stopping.stop_bytes)
        self._marks: dict[int, RunMark] = {}
        self.pruned: CandidatesPruned | None = None
        self.report = None
        if request.committed:
            self.commit(self.chain(request.committed))

    @property
    def session(self) -> DecodingSession:
        """The sequence state of the model."""
        return self._state.session

    @property
    def layout(self) -> LogicalLayout:
        """Which slot stands where."""
        return self._state.layout

    @property
    def ancestry(self) -> Ancestry:
        """The best parents of all that is live."""
        return self._state.ancestry

    @property
    def frontier(self) -> Frontier:
        """The live candidates of the newest step."""
        return self._trellis.frontier

    @property
    def steps(self) -> list[LatticeStep]:
        """The steps so far; a step that left as a whole is not among them."""
        return self._trellis.steps

    @property
    def decoded(self) -> int:
        """How many steps were decoded or committed to, those that left again among them."""
        return self._trellis.next_number

    @property
    def settled(self) -> int:
        """How many leading steps the live best chains share, and no pruning can change any more."""
        number = min(self.ancestry.settled, self._pruning.final(self.decoded))
        return bisect_left(self.steps, number, key=lambda step: step.step)

    @property
    def has_live(self) -> bool:
        """Whether some hypothesis is unfinished."""
        return bool(self.steps) and bool(self.steps[-1].token_set.live_indices)

    @property
    def live(self) -> tuple[Hypothesis, ...]:
        """The unfinished hypotheses, in the order of the newest step's members."""
        return self._trellis.live

    @property
    def finished(self) -> tuple[Hypothesis, ...]:
        """The finished hypotheses, in the order in which they finished."""
        return self._trellis.ending.finished

    @property
    def finished_mass(self) -> float:
        """The share of the finished hypotheses, in [0, 1]."""
        return self._trellis.ending.mass

    @property
    def lattice(self) -> Lattice:
        """The lattice so far, each member with its posterior."""
        steps, decisions = tuple(self.steps), self._pruning.decisions
        prompt, histories = self.request.prompt_ids, self.request.histories
        return with_posteriors(Lattice(prompt, steps, decisions, histories=histories))

    @property
    def tally(self) -> PruningTally:
        """What pruning did so far."""
        return self._pruning.tally

    @property
    def has_room(self) -> bool:
        """Whether the model's context has room to go on from the newest set."""
        slots, context = self.frontier.slots, self._backend.description.context
        return not slots or self.layout.position(slots[-1]) + 1 < context

    def advance(self, only: TokenId | None = None) -> StepAppended:
        """Decode one step as `decode` does, and prune earlier ones by it: see `pruned`."""
        appended = self.decode(only)
        self.prune()
        return appended

    def decode(self, only: TokenId | None = None) -> StepAppended:
        """Decode one step; `only` names the one token to keep of those considered.

        No earlier step is judged by it; `prune` is next.

        Raises:
            NonFiniteLogitsError: if the model gave NaN or infinity; what is decoded is kept.
            ChoiceError: if `only` is not among the candidates considered.
            SessionError: if the run is closed or nothing unfinished is left.
        """
        return answered(self.decoding(only), self._backend)

    def prune(self) -> tuple[Judged, ...]:
        """Judge earlier steps by the newest, if the run is to; `pruned` says what came of it."""
        return answered(self.judging(), self._backend)

    def decoding(self, only: TokenId | None = None) -> Asking[StepAppended]:
        """Decode one step as `decode` does, for whoever answers what it asks."""
        if self.session.cache_rows and self.steps and not self.has_live:
            message = "all hypotheses are finished; there is no next step"
            raise SessionError(message)
        with self.meter.phase("selection"):
            if self._held:
                self._marks[self.decoded] = self.mark()
            return (yield from self._decode(only))

    def judging(self) -> Asking[tuple[Judged, ...]]:
        """Judge as `prune` does, for whoever answers what it asks."""
        if self.request.retroactive is not None:
            with self.meter.phase("pruning"):
                self.pruned = yield from self._prune()
        return self._pruning.judged

    def _decode(self, only: TokenId | None = None) -> Asking[StepAppended]:
        yield from self._feed()
        selected, self._tails = yield from select(
            self.request,
            self._tokenizer,
            self._state,
            self.frontier,
            self._tails,
            self.decoded,
            Wanted(only, self._pruning.dropped(self.decoded)),
        )
        grown = yield from self._growth.grow(selected)
        self._tails = self._tails.among(grown.places)
        return StepAppended(self.steps[-1], self.session.cache_rows, grown.released, grown.dropped)

    def _prune(self) -> Asking[CandidatesPruned | None]:
        """Judge earlier steps by what came later."""
        before = self.frontier.slots
        pruned = yield from self._pruning.look_back(self._trellis, self._state, self._go_back)
        if pruned is not None and not self.request.goes_back:
            self._tails = self._tails.among([before.index(slot) for slot in self.frontier.slots])
        return pruned

    def _go_back(self, number: int) -> Asking[tuple[PruningDecision, ...]]:
        """Go back to before a step and decode on, without what left, to the newest.

        Returns what a strategy dropped of the steps that were decoded again.
        """
        dropped: tuple[PruningDecision, ...] = ()
        newest, mark = self.decoded, self._marks[number]
        self._restore(mark)
        self._pruning.observe_again_from(number, mark.pruning)
        while self.decoded < newest and (self.has_live or not self.steps):
            self._marks[self.decoded] = self.mark()
            dropped += (yield from self._decode()).dropped
            self._pruning.weigh_again(self._trellis, self._state)
        return dropped

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
        with self.meter.phase("forward"):
            node, steps = feed_chain(self._backend, self._state, self.meter, chain)
        self._pending, self._tails = (node,), chain.tails
        for step in steps:
            self._trellis.append(step, Moment.along(step))
        self._pruning.begin_after(len(chain.steps))

    def mark(self) -> RunMark:
        """Return the present moment; only a run that never releases can go back to it."""
        return RunMark(
            state=self._state.mark(),
            trellis=self._trellis.copy(),
            pending=self._pending,
            tails=self._tails,
            pruning=self._pruning.copy(),
        )

    def rewind(self, mark: RunMark) -> None:
        """Go back to a mark.

        Raises:
            SessionError: if rows that lived at the mark were released since.
        """
        self._restore(mark)
        self._pruning.go_back_to(mark.pruning, self._trellis)

    def back_to(self, number: int) -> None:
        """Go back to before a step that was decoded; only a run that never releases can."""
        self.rewind(self._marks[number])

    def _restore(self, mark: RunMark) -> None:
        self._state.rewind(mark.state)
        self._trellis.rewind(mark.trellis)
        self._pending, self._tails = mark.pending, mark.tails

    def retained(self) -> RetainedState | None:
        """Return what others can go on from, None unless the run was made for it."""
        return retained_state(self.request, self._state, self._trellis)

    def close(self) -> None:
        """Let go of the cache."""
        self._state.close()

    def _feed(self) -> Asking[None]:
        """Feed the newest set, unless its rows are there already."""
        slots = self.frontier.slots
        if not slots:
            return
        if slots[-1] not in self._state.fed:
            yield from self._state.feed(self._pending or self._growth.newest())
            self._pending = ()
        self._pruning.observe(self._trellis, self._state)
