"""A pass that tells of its attention and of its hidden states."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from threading import get_ident
from typing import TYPE_CHECKING

from tempo.domain.errors import UnsupportedModelError
from tempo.infrastructure.capture.captured import NOTHING, Captured
from tempo.infrastructure.capture.context import context_traits
from tempo.infrastructure.capture.plan import CapturePlan
from tempo.infrastructure.huggingface.attention_capture import Recorder
from tempo.infrastructure.huggingface.attention_sums import SumRecorder, agrees
from tempo.infrastructure.huggingface.attention_watch import watched
from tempo.infrastructure.ranks.group import ranks_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    import torch
    from torch import Tensor
    from transformers import PreTrainedModel

    from tempo.domain.capture import Capture
    from tempo.infrastructure.huggingface.kv_cache import RowCache


class PassCapture:
    """Runs the passes of one session and takes down what its capture asks for."""

    def __init__(self, model: PreTrainedModel, capture: Capture) -> None:
        """Plan a model's capture.

        Raises:
            InvalidValueError: for more layers than the model has.
        """
        self._model = model
        layers = model.config.get_text_config().num_hidden_layers
        self._plan = CapturePlan.of(capture, layers, ranks_of(model))
        self._sums_hold = False

    def run(
        self,
        forward: Callable[[Tensor], Tensor],
        mask: Tensor,
        weights: Tensor,
        own: Sequence[int],
    ) -> tuple[Tensor, Captured]:
        """Return the logits, those of `forward(mask)`, and what the pass tells of its last rows.

        `weights` [rows, extent] are what these rows see, `own` the cache rows that they are.

        Raises:
            UnsupportedModelError: if the model's attention or its head could not be observed.
        """
        if not self._plan.tells:
            return forward(mask), NOTHING
        if self._sums_hold:
            return self._run(forward, mask, weights, own, SumRecorder(self._plan, len(weights)))
        return self._run(forward, mask, weights, own, Recorder(self._plan, mask, len(weights)))

    def first(
        self,
        forward: Callable[[Tensor], Tensor],
        mask: Tensor,
        weights: Tensor,
        own: Sequence[int],
        cache: RowCache,
    ) -> tuple[Tensor, Captured]:
        """Run as `run` does, and find out whether sums tell of this model what they should.

        Raises:
            UnsupportedModelError: if the model's attention or its head could not be observed.
        """
        if not self._plan.tells:
            return forward(mask), NOTHING
        sums = SumRecorder(self._plan, len(weights))
        recorder = Recorder(self._plan, mask, len(weights), sums)
        logits, captured = self._run(forward, mask, weights, own, recorder)
        if captured.received is not None and captured.context is None:
            summed = sums.received()
            self._sums_hold = summed is not None and agrees(summed, captured.received, cache)
        return logits, captured

    def _run(
        self,
        forward: Callable[[Tensor], Tensor],
        mask: Tensor,
        weights: Tensor,
        own: Sequence[int],
        recorder: Recorder | SumRecorder,
    ) -> tuple[Tensor, Captured]:
        plan = self._plan
        with self._head_inputs() as states:
            logits = forward(watched(mask, recorder) if plan.attends else mask)
        self._require(recorder, states)
        received = recorder.received() if plan.attends else None
        return logits, Captured(
            received=received,
            context=context_traits(plan, recorder.recent, weights, own) if plan.context else None,
            hidden=states[-1][0, -len(weights) :] if plan.hidden else None,
        )

    def _require(self, recorder: Recorder | SumRecorder, states: Sequence[Tensor]) -> None:
        """Refuse a model that did not tell all that was asked for."""
        layers = self._plan.layers
        reason = ""
        if self._plan.hidden and not states:
            reason = "has no head that shows its input, so hidden states are not known"
        if self._plan.attends and recorder.layers != layers:
            reason = (
                f"showed attention {recorder.layers} times in {layers} layers: its mask must "
                "reach torch's scaled_dot_product_attention or a softmax, once a layer"
            )
        if reason:
            message = (
                f"{self._model.config.model_type} {reason}; use what needs no capture: "
                "retroactive pruning by posterior, coherence with coherence_definition embedding"
            )
            raise UnsupportedModelError(message)

    def _head_inputs(self) -> AbstractContextManager[list[Tensor]]:
        head = self._model.get_output_embeddings() if self._plan.hidden else None
        return nullcontext([]) if head is None else _inputs(head)


@contextmanager
def _inputs(head: torch.nn.Module) -> Iterator[list[Tensor]]:
    """Collect what this thread's passes hand to a module, [1, row, hidden]."""
    thread = get_ident()
    found: list[Tensor] = []

    def note(_module: torch.nn.Module, given: tuple[Tensor, ...]) -> None:
        if get_ident() == thread:
            found.append(given[0])

    hook = head.register_forward_pre_hook(note)
    try:
        yield found
    finally:
        hook.remove()
