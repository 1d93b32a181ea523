"""Decode by hand: one step at a time, choosing candidates and going back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tempo.application.decoding.outcome import outcome_of
from tempo.application.decoding.run import DecodingRun
from tempo.application.decoding.settling import SettledText, best_end
from tempo.application.decoding.telling import told
from tempo.domain.commitment import committed_chain
from tempo.domain.errors import ChoiceError, IneffectiveSettingError
from tempo.domain.stopping import FinishReason

if TYPE_CHECKING:
    from tempo.application.decoding.outcome import Outcome
    from tempo.application.decoding.request import GenerationRequest
    from tempo.domain.commitment import CommittedChain
    from tempo.domain.events import Event
    from tempo.domain.hypothesis import PathEnd
    from tempo.domain.lattice import LatticeStep
    from tempo.domain.ports.clustering import Clustering
    from tempo.domain.ports.model_backend import ModelBackend
    from tempo.domain.ports.tokenizer import Tokenizer
    from tempo.domain.tokens import TokenId


class SteeredRun:
    """A run that a person moves. It keeps all rows, so that any step can be gone back to."""

    def __init__(
        self,
        backend: ModelBackend,
        tokenizer: Tokenizer,
        request: GenerationRequest,
        clustering: Clustering | None = None,
    ) -> None:
        """Open the run; the prompt goes through the model here.

        Raises:
            PromptError: for an empty prompt or one that does not fit the model's context.
            IneffectiveSettingError: for a search, whose part a person has here.
        """
        if request.search is not None:
            message = "use_mcts would have no effect: a session is moved by hand; leave it out"
            raise IneffectiveSettingError(message)
        held = replace(request, release=False, committed=())
        self._run = DecodingRun(backend, tokenizer, held, clustering)
        self._start = self._run.mark()
        if request.committed:
            self._run.commit(self._run.chain(request.committed))
        self._committed: tuple[LatticeStep, ...] = request.committed
        self.told: tuple[Event, ...] = ()

    @property
    def steps(self) -> tuple[LatticeStep, ...]:
        """The steps so far."""
        return tuple(self._run.steps)

    def step(self) -> LatticeStep:
        """Decode one step.

        Raises:
            ChoiceError: if nothing unfinished is left, `max_steps` are decoded, or the model's
                context has no room.
        """
        return self._advance(None)

    def choose(self, step: int, token_id: TokenId) -> LatticeStep:
        """Go back to before a step and keep only one of the candidates considered there.

        `step` may be the next one. Later steps are gone; call `step` to go on.

        Raises:
            ChoiceError: for a step that is not there, or a token that was not considered.
        """
        there = self._run.decoded
        if not 0 <= step <= there:
            message = f"step {step} is not there; choose from 0 to {there}"
            raise ChoiceError(message)
        if step < there:
            considered = [one.token_id for one in self._run.lattice.alternatives(step)]
            if token_id not in considered:
                message = f"token {token_id} is not among the {len(considered)} considered there"
                raise ChoiceError(message)
            self.back(there - step)
        return self._advance(token_id)

    def commit(self, step: int, token_id: TokenId) -> None:
        """Go on from one candidate and its best chain alone; everything beside them leaves.

        Unlike `choose`, which keeps the token and how its row saw the candidates before it, the
        chain goes through the model again, in one pass behind the prompt, each token seeing those
        before it and no other: what follows is the same as after `resume` from a file.

        Raises:
            ChoiceError: for a step that is not there, a token that was not considered, or one that
                ends its text.
        """
        steps = committed_chain(self._run.lattice, step, token_id)
        self._recommit(self._run.chain(steps))

    def back(self, steps: int = 1) -> None:
        """Undo the last steps, and what they pruned.

        Where the run decodes again without what it prunes, the steps that stay are those decoded
        last: what they were decoded without, they stay without.

        Raises:
            ChoiceError: for more steps than there are, or fewer than 1.
        """
        there = self._run.decoded
        if steps not in range(1, there + 1):
            allowed = f"go back 1 to {there}" if there else "none was decoded yet"
            message = f"cannot go back {steps} steps; {allowed}"
            raise ChoiceError(message)
        self.told = ()
        if there - steps >= len(self._committed):
            self._run.back_to(there - steps)
        else:
            self._recommit(self._run.chain(self._committed[: there - steps]))

    def _recommit(self, chain: CommittedChain) -> None:
        """Go back to the prompt and on from a chain, which may be empty."""
        self._run.rewind(self._start)
        self.told = ()
        self._committed = chain.steps
        if chain.steps:
            self._run.commit(chain)

    def _advance(self, only: TokenId | None) -> LatticeStep:
        if self._run.steps and not self._run.has_live:
            message = "all hypotheses are finished; go back or choose another candidate"
            raise ChoiceError(message)
        most = self._run.request.max_steps
        if self._run.decoded >= most:
            message = (
                f"max_steps {most} is reached; go back or open a session with a larger max_steps"
            )
            raise ChoiceError(message)
        if not self._run.has_room:
            message = "the model's context is full; go back or open a session with less prompt"
            raise ChoiceError(message)
        appended, unpruned = self._run.decode(only), self._best_end()
        appended = replace(appended, judged=self._run.prune())
        self.told = told(appended, self._run.pruned, unpruned, self._best_end())
        return self._run.steps[-1]

    def outcome(self) -> Outcome:
        """Return what is decoded so far."""
        outcome = outcome_of(self._run, self._unsettled, FinishReason.CANCELLED)
        return replace(outcome, steered=True)

    def _best_end(self) -> PathEnd | None:
        return best_end(self._run, self._unsettled)

    @property
    def _unsettled(self) -> SettledText:
        """No text is promised while a person moves the run."""
        return SettledText(self._run.request.stopping.stop_bytes)

    def close(self) -> None:
        """Let go of the cache."""
        self._run.close()
