"""One run without pruning, and the attention that its candidates received from each later row."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

import numpy as np

from tempo.application.decoding.run import DecodingRun
from tempo.domain.capture import Capture

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.application.decoding.request import GenerationRequest
    from tempo.application.studies.fidelity.decoding import TokenSets
    from tempo.domain.capture import LayerWeights
    from tempo.domain.lattice import LatticeStep
    from tempo.domain.ports.attention_source import AttentionSource
    from tempo.domain.ports.model_backend import ModelBackend
    from tempo.domain.ports.tokenizer import Tokenizer
    from tempo.domain.proposal import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Watched:
    """A run of which nothing was pruned and nothing ended.

    Attributes:
        steps: what it decoded.
        given: for each step whose rows were fed, and for each step before it, [entries, rows,
            members] the attention that each row gave each member; entries are the captured ones.
    """

    steps: tuple[LatticeStep, ...]
    given: tuple[tuple[FloatArray, ...], ...]

    @property
    def sets(self) -> TokenSets:
        """S_0, S_1, ...: the tokens kept at each step, most probable first."""
        return tuple(tuple(one.token_id for one in step.token_set.members) for step in self.steps)

    def weights(self, step: int) -> FloatArray:
        """Return [members] the forward weights of a step."""
        return np.array([one.weight for one in self.steps[step].token_set.members])

    def received(self, step: int, newest: int, entry: int, *, weighted: bool) -> FloatArray:
        """Return [members] mean attention received from the rows that a judgement can look at.

        Those are the rows of all steps after `step` and before `newest`, whose own rows are not
        fed when it is judged. Rows count by their forward weight, or, not `weighted`, alike.
        """
        passes = []
        for later in range(step + 1, newest):
            rows = self.given[later][step][entry]
            by = self.weights(later) if weighted else np.full(len(rows), 1.0 / len(rows))
            passes.append(by @ rows)
        means: FloatArray = np.mean(passes, axis=0)
        return means

    def descending(self, step: int, newest: int) -> FloatArray:
        """Return [members] mean forward weight of the same rows whose best chain passes each."""
        total = np.zeros(self.steps[step].width)
        origin = list(range(len(total)))
        for later in range(step + 1, newest):
            members = self.steps[later].token_set.members
            origin = [origin[one.parent] for one in members if one.parent is not None]
            np.add.at(total, origin, self.weights(later))
        return total / (newest - step - 1)


def watch(
    backend: ModelBackend,
    tokenizer: Tokenizer,
    request: GenerationRequest,
    layers: Sequence[LayerWeights],
) -> Watched:
    """Decode all steps of a request that bars end tokens, taking down what each row attends to.

    Rows that release would let go of stay, so that what they received is told as 0 or as it is.

    Raises:
        PromptError: for an empty prompt or one that does not fit the model's context.
        NonFiniteLogitsError: if the model gave NaN or infinity.
        UnsupportedModelError: if the model's attention cannot be captured.
    """
    rules = replace(request.rules, capture=Capture(received=tuple(layers)))
    run = DecodingRun(backend, tokenizer, replace(request, rules=rules, release=False))
    given: list[tuple[FloatArray, ...]] = []
    try:
        run.advance()
        for fed in range(request.max_steps - 1):
            run.advance()
            given.append(_given(cast("AttentionSource", run.session), run.steps[: fed + 1]))
        return Watched(tuple(run.steps), tuple(given))
    finally:
        run.close()


def _given(session: AttentionSource, steps: Sequence[LatticeStep]) -> tuple[FloatArray, ...]:
    """Return what the rows of the last of some steps, which the last pass fed, gave the others."""
    *earlier, fed = steps
    if not earlier:
        return ()
    slots = [one.slot for step in earlier for one in step.token_set.members if one.slot is not None]
    rows = np.stack(
        [session.received(slots, tuple(row)) for row in np.eye(fed.width).tolist()], axis=1
    )
    ends = np.cumsum([step.width for step in earlier])[:-1]
    return tuple(np.split(rows, ends, axis=2))
