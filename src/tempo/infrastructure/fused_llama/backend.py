"""The fused decoder behind the port."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from tempo.domain.errors import SessionError
from tempo.infrastructure.fused_llama.session import FusedSession
from tempo.infrastructure.huggingface.activations.taps import taps_on
from tempo.infrastructure.sessions.memory import telling_memory

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from transformers import PreTrainedModel

    from tempo.domain.node import Node
    from tempo.domain.ports.model_backend import ModelDescription
    from tempo.domain.proposal import Proposal, Reading
    from tempo.domain.row_rules import RowRules
    from tempo.domain.tokens import TokenId
    from tempo.infrastructure.fused_llama.plain_decoder import PlainDecoder
    from tempo.infrastructure.huggingface.backend import HuggingFaceBackend
    from tempo.infrastructure.huggingface.session import HuggingFaceSession


@dataclass(frozen=True, slots=True, eq=False)
class OwnModules:
    """The same model by transformers' own modules, for whoever looks at its layers.

    Attributes:
        model: the model.
        backend: gives its backend.
    """

    model: PreTrainedModel
    backend: Callable[[], HuggingFaceBackend]


class FusedBackend:
    """A decoder; sessions share its weights and nothing else.

    A session that is opened while this thread taps the model's layers, which the decoder does not
    have, goes through the model's own modules.
    """

    def __init__(
        self,
        decoder: PlainDecoder,
        description: ModelDescription,
        modules: OwnModules | None = None,
    ) -> None:
        """Serve a decoder of the model that a description tells of."""
        self._decoder = decoder
        self._description = description
        self._modules = modules

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

    def open(self, prompt: Sequence[TokenId], rules: RowRules) -> FusedSession | HuggingFaceSession:
        """Start a session: the prompt goes through the model once, in chunks."""
        if self._modules is not None and taps_on(self._modules.model):
            return self._modules.backend().open(prompt, rules)
        session = FusedSession(self._decoder, self._description.context, rules)
        with telling_memory(f"a prompt of {len(prompt)} tokens", self._device):
            session.prefill(prompt)
        return session

    def extend(
        self, batch: Sequence[tuple[FusedSession | HuggingFaceSession, Sequence[Node]]]
    ) -> None:
        """Feed each session its nodes, all of them in one pass."""
        own = [(one, nodes) for one, nodes in batch if isinstance(one, FusedSession)]
        if self._modules is not None:
            if own and taps_on(self._modules.model):
                message = (
                    "this run was opened before its layers were to be observed or edited; open it "
                    'within the `with`, or load the model with backend="transformers"'
                )
                raise SessionError(message)
            others = [(one, nodes) for one, nodes in batch if not isinstance(one, FusedSession)]
            if others:
                self._modules.backend().extend(others)
        if own:
            self._extend(own)

    def _extend(self, batch: Sequence[tuple[FusedSession, Sequence[Node]]]) -> None:
        for session, nodes in batch:
            session.require(nodes)
        begun, count = [], sum(len(nodes) for _, nodes in batch)
        try:
            with telling_memory(f"a pass of {count} tokens", self._device), torch.inference_mode():
                begun += [session.begin(nodes) for session, nodes in batch]
                decoded = self._decoder.decode([given for given, _ in begun])
        except BaseException:  # why: whatever it was, the rows were not fed
            for session, nodes in batch:
                session.forget(nodes)
            raise
        for (session, _), (_, ahead), (rows, captured) in zip(batch, begun, decoded, strict=True):
            session.end(ahead, rows, captured)

    def propose(
        self, batch: Sequence[tuple[FusedSession | HuggingFaceSession, Reading]]
    ) -> list[Proposal]:
        """Read the rows of each session's last pass."""
        own = [(one, reading) for one, reading in batch if isinstance(one, FusedSession)]
        with telling_memory("reading a pass", self._device), torch.inference_mode():
            asked = [session.asked(reading) for session, reading in own]
            read = iter(self._decoder.read_all(asked) if asked else ())
        if len(own) == len(batch) or self._modules is None:
            return list(read)
        modules = self._modules.backend()
        return [
            next(read) if isinstance(one, FusedSession) else modules.propose([(one, reading)])[0]
            for one, reading in batch
        ]

    @property
    def _device(self) -> torch.device:
        return self._decoder.weights.device
