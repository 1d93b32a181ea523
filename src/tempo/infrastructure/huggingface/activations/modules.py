"""Where a transformers model keeps its layers, its last norm and its head."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import nn

from tempo.domain.errors import UnsupportedModelError

if TYPE_CHECKING:
    from transformers import PreTrainedModel


@dataclass(frozen=True, slots=True, eq=False)
class Modules:
    """A model's parts.

    Attributes:
        model: the whole.
        layers: its decoder layers, first to last.
        path: what the layers are called in the model, such as `model.layers`.
        norm: between the last layer and the head.
        norm_path: what it is called.
        head: makes logits of states.
    """

    model: PreTrainedModel
    layers: tuple[nn.Module, ...]
    path: str
    norm: nn.Module
    norm_path: str
    head: nn.Module

    @classmethod
    def of(cls, model: PreTrainedModel) -> Modules:
        """Find a model's parts.

        Raises:
            UnsupportedModelError: if they are not where models keep them.
        """
        count = model.config.get_text_config().num_hidden_layers
        head = model.get_output_embeddings()
        for path, held in model.named_modules():
            if head is None or not isinstance(held, nn.ModuleList) or len(held) != count:
                continue
            above = path.rpartition(".")[0]
            beside = model.get_submodule(above).named_children()
            norms = [(name, one) for name, one in beside if _is_norm(one)]
            if norms:
                name, norm = norms[-1]
                return cls(model, tuple(held), path, norm, f"{above}.{name}".strip("."), head)
        message = (
            f"{model.config.model_type} does not keep a list of {count} layers with a norm beside "
            "it and a head, so its layers can be neither observed nor edited; use another model"
        )
        raise UnsupportedModelError(message)


def _is_norm(module: nn.Module) -> bool:
    return "norm" in type(module).__name__.lower()
