"""Weights of eight bits, with a scale for each output; arithmetic stays in floating point."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.nn import functional

if TYPE_CHECKING:
    from torch import Tensor

LARGEST = 127
"""Of the whole numbers; -128 is left out, so that both signs reach as far."""


def rounded(weight: Tensor) -> tuple[Tensor, Tensor]:
    """Return whole numbers [output, input] and scales [output] whose products are nearest.

    Symmetric: the largest weight of an output is 127 scales from 0 (Jacob et al. 2018, section
    2.1, with a zero point of 0), so that no weight moves by more than half a scale.
    """
    exact = weight.detach().float()
    largest = exact.abs().amax(1)
    scales = torch.where(largest > 0, largest / LARGEST, 1.0)
    numbers = torch.round(exact / scales[:, None]).clamp_(-LARGEST, LARGEST)
    return numbers.to(torch.int8), scales


class Int8Matrix(nn.Module):
    """A matrix of whole numbers and their scales.

    Attributes:
        weight: [output, input] int8.
        scales: [output] float32.
    """

    def __init__(self, weight: Tensor) -> None:
        """Round a matrix [output, input]."""
        super().__init__()
        numbers, scales = rounded(weight)
        self.weight = nn.Parameter(numbers, requires_grad=False)
        self.scales = nn.Parameter(scales, requires_grad=False)

    def exact(self) -> Tensor:
        """Return [output, input] what the numbers stand for, in float32."""
        return self.weight.float().mul_(self.scales[:, None])


class Int8Linear(Int8Matrix):
    """Takes the place of a linear layer."""

    def __init__(self, layer: nn.Linear) -> None:
        """Round a layer's weights; a bias stays as it is."""
        super().__init__(layer.weight)
        self.bias: Tensor | None = layer.bias

    def forward(self, states: Tensor) -> Tensor:
        """Return [..., output] the products of states [..., input]."""
        products = functional.linear(states, self.weight.to(states.dtype)) * self.scales
        return products if self.bias is None else products + self.bias


class Int8Embedding(Int8Matrix):
    """Takes the place of an embedding."""

    def forward(self, tokens: Tensor) -> Tensor:
        """Return [..., hidden] the rows of tokens [...]."""
        return self.weight[tokens].float() * self.scales[tokens][..., None]


@torch.no_grad()
def quantise(model: nn.Module) -> None:
    """Round all linear layers and embeddings of a model, in place; the rest becomes float32.

    The model goes on working, with the rounded weights. Each layer is let go of as its whole
    numbers are there, and what layers share stays shared.
    """
    known: dict[int, Int8Matrix] = {}
    for parent, name, weight in _matrices(model, (nn.Linear, nn.Embedding)):
        module = getattr(parent, name)
        linear = isinstance(module, nn.Linear)
        layer = Int8Linear(module) if linear else Int8Embedding(module.weight)
        shared = known.setdefault(weight, layer)
        layer.weight, layer.scales = shared.weight, shared.scales
        setattr(parent, name, layer)
    nn.Module.to(model, torch.float32)


@torch.no_grad()
def restore(model: nn.Module) -> None:
    """Give a model float32 weights again, those that its whole numbers stand for, in place."""
    known: dict[int, nn.Parameter] = {}
    for parent, name, weight in _matrices(model, (Int8Linear, Int8Embedding)):
        module = getattr(parent, name)
        exact = known.setdefault(weight, nn.Parameter(module.exact()))
        outputs, inputs = exact.shape
        layer: Any
        if isinstance(module, Int8Linear):
            layer = nn.Linear(inputs, outputs, bias=module.bias is not None, device="meta")
            layer.bias = module.bias
        else:
            layer = nn.Embedding(outputs, inputs, device="meta")
        layer.weight = exact
        setattr(parent, name, layer)


def is_quantised(model: nn.Module) -> bool:
    """Whether a model holds weights of eight bits."""
    return any(isinstance(module, Int8Matrix) for module in model.modules())


def weights_dtype(model: Any) -> str:  # noqa: ANN401 - what transformers loads has no type of its own
    """Return the name of the type that a model's weights have."""
    return "int8" if is_quantised(model) else str(model.dtype).removeprefix("torch.")


def _matrices(model: nn.Module, kinds: tuple[type, ...]) -> list[tuple[nn.Module, str, int]]:
    """Return where modules of some kinds hang, none of their relatives, and which weights each has.

    The modules themselves are not held, so that each is let go of as it is replaced.
    """
    return [
        (parent, name, id(module.weight))
        for parent in model.modules()
        for name, module in parent.named_children()
        if type(module) in kinds
    ]
