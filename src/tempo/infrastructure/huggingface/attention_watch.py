"""Noticing what a pass attends to, by its own mask.

Whatever computes attention for a model that honours the layout has to use the additive mask of the
pass: `scaled_dot_product_attention` takes it as an argument, eager code adds it to the scores
before a softmax. So the mask of a capturing pass is a tensor that notices these two calls
(PyTorch's `__torch_function__` protocol). The model computes its output as always, from the same
numbers; nothing is registered, switched or patched; a pass of another thread has another mask.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import torch
from torch import Tensor
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

ATTENTION: Callable[..., Tensor] = functional.scaled_dot_product_attention
SOFTMAXES = frozenset({functional.softmax, torch.softmax, Tensor.softmax})

plain_tensors = torch._C.DisableTorchFunctionSubclass  # noqa: SLF001 - as PyTorch documents it
"""While it is entered, subclasses of tensors are tensors."""


class Observer(Protocol):
    """Whom a watched tensor tells; it is called while subclasses of tensors are tensors."""

    @property
    def attend(self) -> Callable[..., Tensor]:
        """Takes the arguments of scaled dot product attention and returns its result."""
        ...

    def normalised(self, shares: Tensor) -> None:
        """Note the result of a softmax, [1, head, query, extent or more: sinks come last]."""
        ...


class Watched(Tensor):
    """A mask, or the scores that it was added to, that tells an observer of attention."""

    observer: Observer

    @classmethod
    def __torch_function__(
        cls,
        func: Callable[..., object],
        types: Iterable[type],
        args: Sequence[object] = (),
        kwargs: Mapping[str, object] | None = None,
    ) -> object:
        """Call a function of PyTorch on plain tensors and tell the observer what it was."""
        named = kwargs or {}
        with plain_tensors():
            if func is ATTENTION:
                return _observer(args, named).attend(*args, **named)
            result = func(*args, **named)
            if type(result) is not Tensor:
                return result
            observer = _observer(args, named)
            if func in SOFTMAXES:
                observer.normalised(result)
                return result
            return watched(result, observer)


def watched(tensor: Tensor, observer: Observer) -> Watched:
    """Return a tensor that tells an observer what attention it takes part in."""
    view = tensor.as_subclass(Watched)
    view.observer = observer
    return view


def _observer(args: Sequence[object], named: Mapping[str, object]) -> Observer:
    mask = named.get("attn_mask")
    if isinstance(mask, Watched):
        return mask.observer
    return next(_observers((*named.values(), *args)))


def _observers(values: Iterable[object]) -> Iterator[Observer]:
    """Yield the observers of arguments; `cat` and its like have them in a list."""
    for value in values:
        if isinstance(value, Watched):
            yield value.observer
        elif isinstance(value, (list, tuple)):
            yield from _observers(value)
