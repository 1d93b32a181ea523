"""A transformers model that shows what its layers hold."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

import torch

from tempo.domain.activations import Observation, last_output
from tempo.domain.errors import InvalidValueError, UnsupportedModelError
from tempo.domain.ports.activation_source import ModelShape
from tempo.infrastructure.huggingface.activations.modules import Modules
from tempo.infrastructure.huggingface.activations.taps import Editing, Looking, tapped
from tempo.infrastructure.ranks.group import require_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch import Tensor
    from transformers import PreTrainedModel

    from tempo.domain.activations import Float32Array, Watch, Where
    from tempo.infrastructure.huggingface.activations.taps import EditedRows

CLOSE = 1e-2
"""Log-probabilities of a lens at the last layer that are farther from the model's are not its own:
rounding of 16-bit weights stays below, a cap or a scale of logits does not."""


class ModelActivations:
    """Looks at a loaded model's layers, and changes them, within a `with`."""

    def __init__(self, model: PreTrainedModel) -> None:
        """Look at a model that passes go through by `tapped_pass`."""
        require_whole(model, "looking at layers")
        self._model = model

    @cached_property
    def modules(self) -> Modules:
        """The model's parts."""
        return Modules.of(self._model)

    @property
    def shape(self) -> ModelShape:
        config = self._model.config.get_text_config()
        return ModelShape(
            config.num_hidden_layers,
            config.num_attention_heads,
            config.hidden_size,
            config.vocab_size,
        )

    @contextmanager
    def observing(self, watch: Watch) -> Iterator[Observation]:
        found = Observation()
        layers = watch.layers_of(len(self.modules.layers))
        with tapped(Looking(self._model, watch.where, layers, watch.parts, found)):
            yield found

    @contextmanager
    def editing(
        self, where: Where, edit: Callable[[Tensor, EditedRows], Tensor | None] | object
    ) -> Iterator[None]:
        """Change what layers are given in the passes that this thread makes within the `with`.

        Raises:
            InvalidValueError: for a layer that the model does not have, or what cannot be called.
            UnsupportedModelError: for a model that does not show its layers.
        """
        if not callable(edit):
            message = (
                f"edit is {edit!r}; give a function that takes states [row, hidden] and what they "
                "are, and returns states of the same shape"
            )
            raise InvalidValueError(message)
        layers = where.layers_of(len(self.modules.layers))
        with tapped(Editing(self._model, where, layers, edit)):
            yield

    @torch.inference_mode()
    def lens(self, states: Float32Array) -> Float32Array:
        hidden = self.shape.hidden
        if states.ndim < 1 or states.shape[-1] != hidden:
            message = f"states have the shape {states.shape}; this model's end in {hidden}"
            raise InvalidValueError(message)
        if not self._reads_plainly:
            message = (
                f"{self._model.config.model_type} makes more of its last states than a norm and a "
                "head do, so no lens of other layers would say what it says; use another model"
            )
            raise UnsupportedModelError(message)
        read: Float32Array = self._read(torch.from_numpy(states.copy())).cpu().numpy()
        return read

    def _read(self, states: Tensor) -> Tensor:
        norm, head = self.modules.norm, self.modules.head
        weight = next(norm.parameters())
        given = norm(states.to(weight.device, weight.dtype))
        place = next(head.parameters()).device
        logits: Tensor = head(given.to(place))
        return logits.float().log_softmax(-1)

    @cached_property
    def _reads_plainly(self) -> bool:
        """Whether norm and head alone make the model's logits, seen on one token."""
        kept: list[Tensor] = []

        def keep(_module: object, _given: object, output: Tensor | tuple[Tensor, ...]) -> None:
            kept.append(output[0] if isinstance(output, tuple) else output)

        handle = self.modules.layers[-1].register_forward_hook(keep)
        try:
            token = torch.zeros(1, 1, dtype=torch.long, device=self._model.device)
            said = self._model(input_ids=token, use_cache=False).logits.float().log_softmax(-1)
        finally:
            handle.remove()
        read = self._read(kept[-1])
        return bool((read.to(said.device) - said).abs().max() < CLOSE)

    def module_of(self, name: str) -> str:
        """Return where PyTorch, and so nnsight, finds what has a name, such as `model.layers.3`."""
        count = len(self.modules.layers)
        if name == last_output(count):
            return f"{self.modules.path}.{count - 1}.output"
        if name.startswith("blocks."):
            layer = f"{self.modules.path}.{name.split('.')[1]}"
            return f"{layer}.input" if name.endswith("resid_pre") else f"{layer}.self_attn"
        return f"{self.modules.norm_path}.output" if name.startswith("ln") else "output.logits"
