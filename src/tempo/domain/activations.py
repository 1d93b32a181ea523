"""What a model's layers held while some rows went through it, under the names that tools know.

Names are those of TransformerLens, shapes those it has without a batch: `blocks.3.hook_resid_pre`
[row, hidden] is what layer 3 was given.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from tempo.domain.errors import ChoiceError, InvalidValueError
from tempo.domain.tokens import LogicalStep

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import numpy.typing as npt

    from tempo.domain.tokens import Slot, TokenId

    Float32Array = npt.NDArray[np.float32]

PROMPT = LogicalStep(-1)
"""Stands for the prompt where a step is named."""

FINAL = "ln_final.hook_out"
"""[row, hidden] what the model's head reads."""

LOGITS = "unembed.hook_out"
"""[row, vocab] what the model says; of a prompt, its last row alone."""


class Part(StrEnum):
    """What can be taken down of a pass."""

    HIDDEN = "hidden"
    ATTENTION = "attention"
    LOGITS = "logits"


def layer_input(layer: int, layers: int) -> str:
    """Return the name of what a layer is given, [row, hidden]; `layers` is what the last leaves."""
    return f"blocks.{layer}.hook_resid_pre" if layer < layers else last_output(layers)


def last_output(layers: int) -> str:
    """Return the name of what the last of so many layers leaves."""
    return f"blocks.{layers - 1}.hook_resid_post"


def pattern(layer: int) -> str:
    """Return the name of a layer's attention, [head, row, key]: rows sum to 1."""
    return f"blocks.{layer}.attn.hook_pattern"


@dataclass(frozen=True, slots=True)
class Where:
    """Which layers of a model, at which steps.

    Attributes:
        layers: from 0 on; the number of layers stands for what leaves the last. None for all.
        steps: from 0 on, `PROMPT` for the prompt; None for all but the prompt. A step is a
            position behind the prompt.
    """

    layers: tuple[int, ...] | None = None
    steps: frozenset[int] | None = None

    def __post_init__(self) -> None:
        if self.steps is not None and min(self.steps, default=PROMPT) < PROMPT:
            message = f"step {min(self.steps)} does not exist; steps are 0 or more, -1 the prompt"
            raise InvalidValueError(message)

    @classmethod
    def of(cls, layers: Iterable[int] | int | None, steps: Iterable[int] | int | None) -> Where:
        """Return the places that a user names, one number or several.

        Raises:
            InvalidValueError: for what is no whole number, or a step below the prompt's.
        """
        named = None if layers is None else tuple(dict.fromkeys(_numbers("layers", layers)))
        return cls(named, None if steps is None else frozenset(_numbers("steps", steps)))

    def wants(self, step: int) -> bool:
        """Whether a step is among them."""
        return step >= 0 if self.steps is None else step in self.steps

    def layers_of(self, layers: int) -> tuple[int, ...]:
        """Return the layers of a model that has so many, and `layers` for what leaves the last.

        Raises:
            InvalidValueError: for a layer that it does not have.
        """
        if self.layers is None:
            return tuple(range(layers + 1))
        wrong = [layer for layer in self.layers if not 0 <= layer <= layers]
        if wrong:
            message = (
                f"layer {wrong[0]} does not exist: this model has layers 0 to {layers - 1}; "
                f"name some of them, or {layers} for what leaves the last"
            )
            raise InvalidValueError(message)
        return self.layers


def _numbers(name: str, given: object) -> tuple[int, ...]:
    values = tuple(given) if isinstance(given, Iterable) else (given,)
    if any(isinstance(value, bool) or not isinstance(value, int) for value in values):
        message = f"{name} is {given!r}; give whole numbers, such as {name}=[0, 3]"
        raise InvalidValueError(message)
    return values


@dataclass(frozen=True, slots=True)
class Watch:
    """What to take down, and where.

    Attributes:
        where: the layers and steps.
        parts: hidden takes what the layers are given and what the head reads, attention the layers'
            attention, logits what the model says.
    """

    where: Where = field(default_factory=Where)
    parts: frozenset[Part] = frozenset({Part.HIDDEN})

    @classmethod
    def of(
        cls,
        layers: Iterable[int] | int | None,
        steps: Iterable[int] | int | None,
        what: Iterable[str] | str,
    ) -> Watch:
        """Return what a user's words mean.

        Raises:
            InvalidValueError: for an unknown part, or wrong layers or steps.
        """
        words = (what,) if isinstance(what, str) else tuple(what)
        unknown = [word for word in words if word not in set(Part)]
        if unknown or not words:
            known = ", ".join(Part)
            message = f"what is {unknown[0] if unknown else 'nothing'!r}; choose some of {known}"
            raise InvalidValueError(message)
        return cls(Where.of(layers, steps), frozenset(map(Part, words)))

    def layers_of(self, layers: int) -> tuple[int, ...]:
        """Return the layers of a model that has so many, and `layers` for what leaves the last.

        Raises:
            InvalidValueError: for a layer that it does not have, attention of what leaves the last
                among them.
        """
        found = self.where.layers_of(layers)
        named = self.where.layers is not None
        if named and layers in found and Part.HIDDEN not in self.parts:
            message = (
                f"layer {layers} does not exist: this model has layers 0 to {layers - 1}, and "
                f"{layers} stands for what leaves the last, which is of use for hidden alone"
            )
            raise InvalidValueError(message)
        return found


@dataclass(frozen=True, slots=True)
class FedRow:
    """One physical token of a pass.

    Attributes:
        step: its position behind the prompt, `PROMPT` for a token of the prompt.
        slot: its name.
        token_id: what it is.
        position: the position that the model gave it.
    """

    step: int
    slot: Slot
    token_id: TokenId
    position: int


@dataclass(frozen=True, slots=True, eq=False)
class PassActivations:
    """What was taken down of one pass; only rows of the steps asked for are here.

    Attributes:
        rows: the rows, in the order in which they were fed.
        keys: the slot of each key that attention speaks of, in increasing order.
        arrays: by name, float32; rows as in `rows` (of logits the last ones, where not all were
            computed), keys as in `keys`.
    """

    rows: tuple[FedRow, ...]
    keys: tuple[Slot, ...]
    arrays: Mapping[str, Float32Array]

    def __getitem__(self, name: str) -> Float32Array:
        """Return what has a name.

        Raises:
            ChoiceError: for a name that was not taken down.
        """
        if name in self.arrays:
            return self.arrays[name]
        message = f"{name!r} was not taken down; there are {', '.join(self.arrays) or 'none'}"
        raise ChoiceError(message)

    @property
    def step(self) -> int:
        """The step of the first row; rows of one step go through the model together."""
        return self.rows[0].step


class Observation:
    """What was taken down so far, pass by pass.

    Attributes:
        passes: in the order of feeding. A step stands here as often as it was fed, and the set of
            the newest step is fed only when a run goes on from it.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self.passes: list[PassActivations] = []

    @property
    def steps(self) -> tuple[int, ...]:
        """The steps seen, in order; `PROMPT` first, if it was asked for."""
        return tuple(sorted({one.step for one in self.passes}))

    def step(self, step: int) -> PassActivations:
        """Return what was last seen of a step; of a prompt of many tokens, its last part.

        Raises:
            ChoiceError: for a step that was not seen.
        """
        for one in reversed(self.passes):
            if one.step == step:
                return one
        message = (
            f"step {step} was not seen; there are {', '.join(map(str, self.steps)) or 'none'}. "
            "A step is fed when a run goes on from it"
        )
        raise ChoiceError(message)
