"""A model's layers: a third, narrow view, for whoever studies what they hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from tempo.domain.activations import Float32Array, Observation, Watch


@dataclass(frozen=True, slots=True)
class ModelShape:
    """How large a model's arrays are.

    Attributes:
        layers: how many there are.
        heads: of each layer's attention.
        hidden: numbers of a row between two layers.
        vocabulary: number of token ids.
    """

    layers: int
    heads: int
    hidden: int
    vocabulary: int


class ActivationSource(Protocol):
    """A model that shows what its layers hold.

    Obligations: looking costs no pass and changes no number; what another thread feeds is not
    seen; nothing is left on the model behind the `with`, after an error too.
    """

    @property
    def shape(self) -> ModelShape:
        """How large its arrays are."""
        ...

    def observing(self, watch: Watch) -> AbstractContextManager[Observation]:
        """Take down the passes that this thread makes within the `with`.

        Raises:
            InvalidValueError: for a layer that the model does not have.
            UnsupportedModelError: for a model that does not show what is asked for.
        """
        ...

    def lens(self, states: Float32Array) -> Float32Array:
        """Return [..., vocab] log-probabilities that the model's last norm and head read in states.

        Args:
            states: [..., hidden] of any layer (nostalgebraist 2020, "the logit lens").

        Raises:
            InvalidValueError: for states of another width.
            UnsupportedModelError: for a model whose logits are more than its last norm and head.
        """
        ...
