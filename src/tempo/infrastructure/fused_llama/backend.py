"""The fused decoder behind the port."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from tempo.infrastructure.fused_llama.session import FusedSession
from tempo.infrastructure.sessions.memory import telling_memory

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.domain.node import Node
    from tempo.domain.ports.model_backend import ModelDescription
    from tempo.domain.proposal import Proposal, Reading
    from tempo.domain.row_rules import RowRules
    from tempo.domain.tokens import TokenId
    from tempo.infrastructure.fused_llama.plain_decoder import PlainDecoder


class FusedBackend:
    """A decoder; sessions share its weights and nothing else."""

    def __init__(self, decoder: PlainDecoder, description: ModelDescription) -> None:
        """Serve a decoder of the model that a description tells of."""
        self._decoder = decoder
        self._description = description

    @property
    def decoder(self) -> PlainDecoder:
        """What runs the passes."""
        return self._decoder

    @property
    def states(self) -> torch.dtype:
        """The type of keys and values in the cache."""
        return self._decoder.states

    @property
    def description(self) -> ModelDescription:
        """Facts about the model."""
        return self._description

    def open(self, prompt: Sequence[TokenId], rules: RowRules) -> FusedSession:
        """Start a session: the prompt goes through the model once, in chunks."""
        session = FusedSession(self._decoder, self._description.context, rules)
        with telling_memory(f"a prompt of {len(prompt)} tokens", self._device):
            session.prefill(prompt)
        return session

    def extend(self, batch: Sequence[tuple[FusedSession, Sequence[Node]]]) -> None:
        """Feed each session its nodes, all of them in one pass."""
        for session, nodes in batch:
            session.require(nodes)
        begun, count = [], sum(len(nodes) for _, nodes in batch)
        try:
            with telling_memory(f"a pass of {count} tokens", self._device), torch.inference_mode():
                begun += [session.begin(nodes) for session, nodes in batch]
                decoded = self._decoder.decode([given for given, _ in begun]) if begun else []
        except BaseException:  # why: whatever it was, the rows were not fed
            for session, nodes in batch:
                session.forget(nodes)
            raise
        for (session, _), (_, ahead), (rows, captured) in zip(batch, begun, decoded, strict=True):
            session.end(ahead, rows, captured)

    def propose(self, batch: Sequence[tuple[FusedSession, Reading]]) -> list[Proposal]:
        """Read the rows of each session's last pass."""
        with telling_memory("reading a pass", self._device), torch.inference_mode():
            return self._decoder.read_all([session.asked(reading) for session, reading in batch])

    @property
    def _device(self) -> torch.device:
        return self._decoder.weights.device
