"""What a pass attends to, told by its own mask.

Whatever computes attention for a model that honours the layout has to use the additive mask of the
pass: `scaled_dot_product_attention` takes it as an argument, eager code adds it to the scores
before a softmax. So the mask of a capturing pass is a tensor that notices these two calls
(PyTorch's `__torch_function__` protocol). The model computes its output as always, from the same
numbers; nothing is registered, switched or patched; a pass of another thread has another mask.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from tempo.domain.capture import LAST_LAYERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from tempo.domain.capture import Capture

SOFTMAXES = frozenset({functional.softmax, torch.softmax, Tensor.softmax})

KEYS_AT_ONCE = 2**22
"""Keys, [layer, head, extent, head_dim], of layers that are reduced together: many small operations
become few for a small model, and a large one is reduced a layer at a time, so that keys which were
repeated for their heads go at once."""


@dataclass(frozen=True, eq=False)
class CapturePlan:
    """What a model's passes have to tell.

    Attributes:
        layers: how many layers the model has.
        received: [entries][layers] how much each layer's attention counts.
        context: whether each row's attention to its context is summed up.
        hidden: whether the rows' final hidden states are kept.
    """

    layers: int
    received: tuple[tuple[float, ...], ...]
    context: bool
    hidden: bool
    _spread: dict[tuple[int, int, int, torch.device], Tensor] = field(default_factory=dict)

    @classmethod
    def of(cls, capture: Capture, layers: int) -> CapturePlan:
        """Return the plan of a capture.

        Raises:
            InvalidValueError: if it asks for more layers than there are.
        """
        received = tuple(tuple(entry.of(layers).tolist()) for entry in capture.received)
        return cls(layers, received, capture.context, capture.hidden)

    @property
    def attends(self) -> bool:
        """Whether attention is captured."""
        return self.context or bool(self.received)

    @cached_property
    def first(self) -> int:
        """The first layer that counts for anything; all after it are reduced."""
        recent = self.layers - LAST_LAYERS if self.context else self.layers
        counting = [layer for entry in self.received for layer, it in enumerate(entry) if it]
        return max(0, min([recent, *counting]))

    def spread(self, first: int, layers: int, heads: int, device: torch.device) -> Tensor:
        """Return [entries, layers * heads]: what each head of some layers counts."""
        key = (first, layers, heads, device)
        if key not in self._spread:
            weights = torch.tensor(self.received, device=device)[:, first : first + layers]
            self._spread[key] = weights.repeat_interleave(heads, 1) / heads
        return self._spread[key]


class Scored(NamedTuple):
    """What one layer computed its attention from."""

    query: Tensor
    key: Tensor
    mask: Tensor
    scale: float | None

    @property
    def kind(self) -> tuple[torch.Size, torch.Size, int, float | None]:
        """Layers of one kind can be computed together."""
        return self.query.shape, self.key.shape, id(self.mask), self.scale


class Recorder:
    """The attention of one pass's last rows, reduced on the device while the pass goes on.

    Attributes:
        layers: how many layers were observed.
        recent: [row, extent] of each of the last layers, mean over heads, if the plan asks for it.
    """

    def __init__(self, plan: CapturePlan, mask: Tensor, rows: int) -> None:
        """Expect a pass under a mask [1, 1, query, extent], of which the last `rows` count."""
        self._plan = plan
        self._queries, self._extent = mask.shape[-2:]
        self._rows = rows
        self._given = mask.new_zeros(len(plan.received), rows * self._extent)
        self._waiting: list[Scored] = []
        self.layers = 0
        self.recent: list[Tensor] = []

    def watch(self, tensor: Tensor) -> Watched:
        """Return a tensor that reports to this recorder what attention it takes part in."""
        watched = tensor.as_subclass(Watched)
        watched.recorder = self
        return watched

    @property
    def received(self) -> Tensor:
        """[entries, row, extent] what was given, mean over heads, layers weighted."""
        return self._given.view(-1, self._rows, self._extent)

    def attended(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,  # noqa: ARG002 - torch's signature
        attn_mask: Tensor,
        *_: object,
        scale: float | None = None,
        **__: object,
    ) -> None:
        """Note the arguments of scaled dot product attention.

        query [1, head, query, head_dim] and key [1, kv_head, extent, head_dim], heads of a group
        in order; for one query the heads of a group may stand where the queries do.
        """
        if not self._knows(attn_mask):
            return
        if self._counts():
            self._waiting.append(Scored(query, key, attn_mask, scale))
            if len(self._waiting) * key.numel() >= KEYS_AT_ONCE:
                self.reduce()

    def _knows(self, mask: Tensor) -> bool:
        """Whether a mask is the pass's own; layers share one, so most need no second look."""
        if self._waiting and self._waiting[-1].mask is mask:
            return True
        return mask.shape[1:] == (1, self._queries, self._extent)

    def normalised(self, shares: Tensor) -> None:
        """Note the result of a softmax, [1, head, query, extent or more: sinks come last]."""
        if shares.shape[-2] != self._queries or shares.shape[-1] < self._extent:
            return
        self.reduce()
        if self._counts():
            self._add(self.layers - 1, shares[:, :, -self._rows :, : self._extent].float())

    def _counts(self) -> bool:
        """Count a layer; return whether its attention counts for anything."""
        self.layers += 1
        return self._plan.first < self.layers <= self._plan.layers

    def reduce(self) -> None:
        """Add up what waits; `torch` must be looking at plain tensors."""
        first = self.layers - len(self._waiting)
        for _, alike in groupby(self._waiting, key=lambda layer: layer.kind):
            layers = list(alike)
            self._add(first, self._shares(layers))
            first += len(layers)
        self._waiting = []

    def _shares(self, layers: Sequence[Scored]) -> Tensor:
        """Return [layer, head, row, extent] the attention of layers of one kind."""
        query, key, mask, scale = layers[0]
        queries, bias = torch.cat([layer.query for layer in layers]), mask.squeeze(0)
        if self._rows < self._queries:
            queries, bias = queries[:, :, -self._rows :], bias[:, -self._rows :]
        queries = queries.float() * (query.shape[3] ** -0.5 if scale is None else scale)
        grouped = queries.reshape(len(layers), key.shape[1], -1, key.shape[3])
        scores = grouped.new_empty(*grouped.shape[:3], self._extent)
        for layer, given, score in zip(layers, grouped, scores, strict=True):
            torch.bmm(given, layer.key.squeeze(0).float().mT, out=score)
        by_head = scores.view(len(layers), -1, self._rows, self._extent)
        return by_head.add_(bias).softmax(-1)

    def _add(self, first: int, shares: Tensor) -> None:
        """Add up the attention [layer, head, row, extent] of some layers from `first` on."""
        layers, heads = shares.shape[:2]
        if self._plan.received:
            weights = self._plan.spread(first, layers, heads, self._given.device)
            flat = shares.reshape(layers * heads, -1).to(weights.device)
            self._given.addmm_(weights, flat)
        recent = first + layers - max(first, self._plan.layers - LAST_LAYERS)
        if self._plan.context and recent > 0:
            self.recent += shares[-recent:].mean(1).to(self._given.device)


plain_tensors = torch._C.DisableTorchFunctionSubclass  # noqa: SLF001 - as PyTorch documents it
"""While it is entered, subclasses of tensors are tensors."""


class Watched(Tensor):
    """A mask, or the scores that it was added to, that tells a recorder of attention."""

    recorder: Recorder

    @classmethod
    def __torch_function__(
        cls,
        func: Callable[..., object],
        types: Iterable[type],
        args: Sequence[object] = (),
        kwargs: Mapping[str, object] | None = None,
    ) -> object:
        """Call a function of PyTorch on plain tensors and tell the recorder what it was."""
        named = kwargs or {}
        with plain_tensors():
            result = func(*args, **named)
            if type(result) is not Tensor:
                return result
            recorder = next(_recorders((*named.values(), *args)))
            if func is functional.scaled_dot_product_attention:
                recorder.attended(*args, **named)  # type: ignore[arg-type]
                return result
            if func in SOFTMAXES:
                recorder.normalised(result)
                return result
            return recorder.watch(result)


def _recorders(values: Iterable[object]) -> Iterator[Recorder]:
    """Yield the recorders of arguments; `cat` and its like have them in a list."""
    for value in values:
        if isinstance(value, Watched):
            yield value.recorder
        elif isinstance(value, (list, tuple)):
            yield from _recorders(value)
