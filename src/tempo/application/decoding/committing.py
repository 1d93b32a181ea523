"""Going on from a chain: its tokens behind the prompt, scored by the plain model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tempo.application.decoding.rescoring import Rescore
from tempo.domain.tokens import Slot

if TYPE_CHECKING:
    from tempo.application.decoding.cost import CostMeter
    from tempo.application.decoding.sequence_state import SequenceState
    from tempo.domain.commitment import CommittedChain
    from tempo.domain.lattice import LatticeStep
    from tempo.domain.node import Node
    from tempo.domain.ports.model_backend import ModelBackend


def feed_chain(
    backend: ModelBackend, state: SequenceState, meter: CostMeter, chain: CommittedChain
) -> tuple[Node, list[LatticeStep]]:
    """Feed a chain in one pass, but for the rows that the state's beginning has already.

    Returns its last token as the node to feed next, and its steps with their scores.
    """
    prompt, tokens = state.layout.prompt_length, chain.token_ids
    beginning, state.beginning = state.beginning, None
    held = 0 if beginning is None else beginning.held
    scores = Rescore(backend).along(state.session, prompt, tokens, held)
    meter.fed(len(tokens) - 1 - held, state.cache_rows)
    if beginning is not None and held:
        scores = [*beginning.scores[: held + 1], *scores]
    if state.paths is not None:
        state.paths.commit([Slot(prompt + depth) for depth in range(len(tokens) - 1)])
    return chain.appended(state.layout, state.ancestry, held), chain.scored(scores, Slot(prompt))
