"""Who looks at a model's layers, and who changes them, in the thread that runs."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch import Tensor
    from transformers import PreTrainedModel

    from tempo.domain.activations import FedRow, Observation, Part, Where


@dataclass(frozen=True, slots=True)
class EditedRows:
    """What the states are that an edit is given.

    Attributes:
        layer: whose input they are; the number of layers for what leaves the last.
        rows: the physical tokens, in the states' order; all of one step.
    """

    layer: int
    rows: tuple[FedRow, ...]

    @property
    def step(self) -> int:
        """The step of the rows, -1 for the prompt."""
        return self.rows[0].step


@dataclass(frozen=True, slots=True, eq=False)
class Looking:
    """Takes down what a model's layers hold.

    Attributes:
        model: whose.
        where: at which steps.
        layers: at which layers, of those that the model has.
        parts: what of them.
        found: where it goes.
    """

    model: PreTrainedModel
    where: Where
    layers: tuple[int, ...]
    parts: frozenset[Part]
    found: Observation


@dataclass(frozen=True, slots=True, eq=False)
class Editing:
    """Changes what a model's layers are given.

    Attributes:
        model: whose.
        where: at which steps.
        layers: at which layers, of those that the model has.
        edit: takes a copy of the states [row, hidden] and what they are, returns them changed.
    """

    model: PreTrainedModel
    where: Where
    layers: tuple[int, ...]
    edit: Callable[[Tensor, EditedRows], Tensor | None]


Tap = Looking | Editing

_TAPS: ContextVar[tuple[Tap, ...]] = ContextVar("taps", default=())


@contextmanager
def tapped(tap: Tap) -> Iterator[None]:
    """Have a tap take part in the passes of its model that this thread makes meanwhile."""
    before = _TAPS.set((*_TAPS.get(), tap))
    try:
        yield
    finally:
        _TAPS.reset(before)


def taps_on(model: PreTrainedModel) -> tuple[Tap, ...]:
    """Return the taps on a model in this thread, the outermost first."""
    taps = _TAPS.get()
    return tuple(tap for tap in taps if tap.model is model) if taps else ()


def any_taps() -> bool:
    """Whether this thread taps any model."""
    return bool(_TAPS.get())
