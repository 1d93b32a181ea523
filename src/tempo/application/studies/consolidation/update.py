"""What becomes of a token that leaves: a rank-one update of weights, or a place in a bank."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from tempo.domain.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.application.studies.consolidation.ledger import FloatArray


class Matrix(StrEnum):
    """A projection of the attention layers."""

    KEY = "k"
    VALUE = "v"
    OUTPUT = "o"


class Control(StrEnum):
    """What an update is held against.

    NONE: the update itself.
    SHUFFLED: the importance is that of a token drawn from all that have left so far.
    RANDOM: the directions are drawn at random, by an isometry for each document and matrix, so
        that the norm of each term and of all together is that of the update.
    """

    NONE = "none"
    SHUFFLED = "shuffled"
    RANDOM = "random"


@dataclass(frozen=True, slots=True, kw_only=True)
class HebbianUpdate:
    """dW = alpha * importance * outer(output, input), in every chosen layer and matrix.

    The input is what the layer's own matrix was fed for that token, the output what it gave,
    before any rotation.

    Attributes:
        alpha: the rate; 0 changes nothing.
        matrices: which projections take it, each once.
        layers: which layers do, from 0 on; None for all.
        normalised: whether the outer product is divided by its Frobenius norm.
        control: what it is held against.
        seed: of the controls' draws, 0 or more.
    """

    alpha: float
    matrices: tuple[Matrix, ...] = (Matrix.KEY, Matrix.VALUE)
    layers: tuple[int, ...] | None = None
    normalised: bool = True
    control: Control = Control.NONE
    seed: int = 0

    def __post_init__(self) -> None:
        if not math.isfinite(self.alpha):
            message = f"alpha is {self.alpha}; it must be a finite number"
            raise InvalidValueError(message)
        if not self.matrices or len(set(self.matrices)) < len(self.matrices):
            message = (
                f"matrices are {', '.join(self.matrices) or 'none'}; give one or more of "
                f"{', '.join(Matrix)}, each once"
            )
            raise InvalidValueError(message)

    def layers_of(self, count: int) -> tuple[int, ...]:
        """Return the layers that take it, in a model of so many.

        Raises:
            InvalidValueError: for a layer that the model does not have.
        """
        if self.layers is None:
            return tuple(range(count))
        wrong = [layer for layer in self.layers if not 0 <= layer < count]
        if wrong:
            message = f"layer {wrong[0]} does not exist; this model has the layers 0 to {count - 1}"
            raise InvalidValueError(message)
        return tuple(sorted(set(self.layers)))

    def weights(
        self, documents: Sequence[int], importance: FloatArray, left: FloatArray
    ) -> FloatArray:
        """Return [document, leaving] alpha * importance, shuffled where that is the control.

        Args:
            documents: their numbers.
            importance: [document, leaving] of those that leave now.
            left: [document, gone] of all that have left, those of now at the end.
        """
        if self.control is not Control.SHUFFLED:
            return self.alpha * importance
        drawn = [
            np.random.default_rng([self.seed, document, left.shape[1]]).choice(row, len(now))
            for document, row, now in zip(documents, left, importance, strict=True)
        ]
        return self.alpha * np.stack(drawn)


@dataclass(frozen=True, slots=True)
class MemoryBank:
    """Keys and values of tokens that left, at their own positions; weights stay as they are.

    In every layer, each query head of a row attends to the live tokens and to those `top_k` of the
    bank whose keys score highest with it, under one softmax.

    Attributes:
        top_k: how many are retrieved; None for all.
    """

    top_k: int | None

    def __post_init__(self) -> None:
        if self.top_k is not None and self.top_k < 1:
            message = f"top_k is {self.top_k}; it must be 1 or more, or 0 for all"
            raise InvalidValueError(message)
