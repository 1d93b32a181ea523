"""What a capture is asked to keep, and how much that may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tempo.domain.activations import PROMPT, Part, Watch
from tempo.domain.errors import InvalidValueError

if TYPE_CHECKING:
    from tempo.application.decoding.request import GenerationRequest
    from tempo.domain.ports.activation_source import ModelShape

MEGABYTE = 10**6
NUMBER = 4
"""Bytes of a float32."""


@dataclass(frozen=True, slots=True)
class CapturePlan:
    """The steps and parts to keep.

    Attributes:
        watch: the layers and parts; its steps are named, `PROMPT` for the prompt's last token.
        megabytes: how many the arrays may have, above 0.
    """

    watch: Watch
    megabytes: float = 64.0

    def __post_init__(self) -> None:
        if not self.steps:
            message = "the capture has no steps; name at least one, such as --steps 0-9"
            raise InvalidValueError(message)
        if not self.megabytes > 0.0:
            message = f"max-mb is {self.megabytes:g}; it must be above 0"
            raise InvalidValueError(message)

    @property
    def steps(self) -> tuple[int, ...]:
        """The steps asked for, in order."""
        return tuple(sorted(self.watch.where.steps or ()))

    @property
    def max_steps(self) -> int:
        """How many steps a run needs at least, so that the last one asked for is fed."""
        return self.steps[-1] + 2

    def largest(self, shape: ModelShape, request: GenerationRequest) -> int:
        """Return how many bytes the arrays of a run have at most.

        Raises:
            InvalidValueError: for a layer that the model does not have.
        """
        width = request.selection.max_width
        decoded = [step for step in self.steps if step >= 0]
        rows = len(decoded) * width + (PROMPT in self.steps)
        keys = len(request.prompt_ids) + (max(decoded, default=-1) + 1) * width
        layers = self.watch.layers_of(shape.layers)
        attending = sum(layer < shape.layers for layer in layers)
        a_row = {
            Part.HIDDEN: (len(layers) + 1) * shape.hidden,
            Part.ATTENTION: attending * shape.heads * keys,
            Part.LOGITS: shape.vocabulary,
        }
        return NUMBER * rows * sum(a_row[part] for part in self.watch.parts)

    def require(self, shape: ModelShape, request: GenerationRequest) -> None:
        """Refuse, before a run starts, what it could not keep.

        Raises:
            InvalidValueError: for a layer that the model does not have, steps that the run does
                not feed, or arrays that may be larger than allowed.
        """
        size = self.largest(shape, request)
        if self.max_steps > request.max_steps:
            message = (
                f"step {self.steps[-1]} is asked for and max_steps is {request.max_steps}: a step "
                f"is fed when the run goes on from it; raise max_steps to {self.max_steps}, or ask "
                f"for steps up to {request.max_steps - 2}"
            )
            raise InvalidValueError(message)
        if size > self.megabytes * MEGABYTE:
            message = (
                f"the arrays may have {size / MEGABYTE:.1f} MB and max-mb is {self.megabytes:g}: "
                f"{len(self.steps)} steps of at most {request.selection.max_width} rows each; ask "
                "for fewer layers, steps or parts, a lower max_width, or raise max-mb"
            )
            raise InvalidValueError(message)
