"""transformers models behind the port."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from tempo.infrastructure.huggingface.session import HuggingFaceSession
from tempo.infrastructure.sessions.memory import telling_memory

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from transformers import PreTrainedModel

    from tempo.domain.node import Node
    from tempo.domain.ports.model_backend import ModelDescription
    from tempo.domain.proposal import Proposal, Reading
    from tempo.domain.row_rules import RowRules
    from tempo.domain.tokens import TokenId
    from tempo.infrastructure.huggingface.kv_cache import RowCache
    from tempo.infrastructure.huggingface.position_ids import PositionIdRemapper


class HuggingFaceBackend:
    """A loaded model; sessions share its weights and nothing else."""

    def __init__(
        self,
        model: PreTrainedModel,
        description: ModelDescription,
        remapper: PositionIdRemapper,
        new_cache: Callable[[], RowCache],
        mask_dtype: torch.dtype = torch.float32,
    ) -> None:
        """Serve a model that `support.describe` accepted."""
        self._mask_dtype = mask_dtype
        self._model = model
        self._description = description
        self._remapper = remapper
        self._new_cache = new_cache

    @property
    def description(self) -> ModelDescription:
        """Facts about the model."""
        return self._description

    def open(self, prompt: Sequence[TokenId], rules: RowRules) -> HuggingFaceSession:
        """Start a session: the prompt goes through the model once, in chunks."""
        session = HuggingFaceSession(
            self._model, self._remapper, self._new_cache, rules, self._mask_dtype
        )
        with telling_memory(f"a prompt of {len(prompt)} tokens", self._model.device):
            session.prefill(prompt)
        return session

    def extend(self, batch: Sequence[tuple[HuggingFaceSession, Sequence[Node]]]) -> None:
        """Feed each session its nodes, one session after another."""
        for session, nodes in batch:
            session.require(nodes)
            try:
                with telling_memory(f"a pass of {len(nodes)} tokens", self._model.device):
                    session.extend(nodes)
            except BaseException:  # why: whatever it was, the rows were not fed
                session.forget(nodes)
                raise

    def propose(self, batch: Sequence[tuple[HuggingFaceSession, Reading]]) -> list[Proposal]:
        """Read the rows of each session's last pass."""
        with telling_memory("reading a pass", self._model.device):
            return [session.propose(reading) for session, reading in batch]
