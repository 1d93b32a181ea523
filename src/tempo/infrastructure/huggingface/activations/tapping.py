"""One pass under taps: hooks that stand on the model while it lasts, and no longer."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from threading import get_ident
from typing import TYPE_CHECKING, Any

import torch

from tempo.domain.activations import (
    FINAL,
    LOGITS,
    Part,
    PassActivations,
    layer_input,
    pattern,
)
from tempo.domain.errors import InvalidValueError, UnsupportedModelError
from tempo.infrastructure.huggingface.activations.modules import Modules
from tempo.infrastructure.huggingface.activations.patterns import PatternRecorder
from tempo.infrastructure.huggingface.activations.taps import EditedRows, Editing, Looking, taps_on

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from torch import Tensor, nn
    from transformers import PreTrainedModel

    from tempo.domain.activations import FedRow, Float32Array, Where
    from tempo.domain.tokens import Slot
    from tempo.infrastructure.huggingface.activations.taps import Tap


@dataclass(frozen=True, slots=True)
class FedPass:
    """What goes through the model.

    Attributes:
        rows: the physical tokens, in order.
        keys: the slots that the cache holds in this pass, in increasing order.
        columns: the cache row of each key.
    """

    rows: tuple[FedRow, ...]
    keys: tuple[Slot, ...]
    columns: tuple[int, ...]


@contextmanager
def tapped_pass(
    model: PreTrainedModel, fed: Callable[[], FedPass], mask: Tensor
) -> Iterator[Tensor]:
    """Run a pass of a model within: taps of this thread see and edit it. Yields its mask.

    Raises:
        InvalidValueError: if an edit returned what cannot go on.
        UnsupportedModelError: if the model does not show what a tap asks for.
    """
    taps = taps_on(model)
    if not taps:
        yield mask
        return
    with TappedPass(Modules.of(model), taps, fed()).hooked(mask) as seen:
        yield seen


class TappedPass:
    """The taps that take part in a pass, and what was noted of it."""

    def __init__(self, modules: Modules, taps: Sequence[Tap], fed: FedPass) -> None:
        """Prepare a pass; taps whose steps are not in it have no part."""
        self._modules = modules
        self._fed = fed
        self._taps = [tap for tap in taps if self._rows_of(tap.where)]
        self._thread = get_ident()
        self._noted: dict[str, Tensor] = {}

    @contextmanager
    def hooked(self, mask: Tensor) -> Iterator[Tensor]:
        """Hook the model while its pass goes on; take down what was noted after it."""
        looking = [tap for tap in self._taps if isinstance(tap, Looking)]
        parts = {part for tap in looking for part in tap.parts}
        count = len(self._modules.layers)
        attended = sorted(
            {
                layer
                for tap in looking
                if Part.ATTENTION in tap.parts
                for layer in tap.layers
                if layer < count
            }
        )
        recorder = None
        if attended:
            mask, recorder = PatternRecorder.on(mask, attended)
        with ExitStack() as hooks:
            self._hook(hooks, parts)
            yield mask
        if recorder is not None:
            self._note_patterns(recorder)
        for tap in looking:
            self._tell(tap)

    def _rows_of(self, where: Where) -> list[int]:
        return [place for place, row in enumerate(self._fed.rows) if where.wants(row.step)]

    def _hook(self, hooks: ExitStack, parts: set[Part]) -> None:
        modules, count = self._modules, len(self._modules.layers)
        touching = [
            tap for tap in self._taps if isinstance(tap, Editing) or Part.HIDDEN in tap.parts
        ]
        touched = {layer for tap in touching for layer in tap.layers}
        for layer in sorted(touched - {count}):
            note = partial(self._enter, layer)
            handle = modules.layers[layer].register_forward_pre_hook(note, with_kwargs=True)
            hooks.callback(handle.remove)
        if count in touched:
            hooks.callback(modules.layers[-1].register_forward_hook(self._leave).remove)
        if Part.HIDDEN in parts:
            hooks.callback(modules.head.register_forward_pre_hook(self._read).remove)
        if Part.LOGITS in parts:
            hooks.callback(modules.model.register_forward_hook(self._said).remove)

    @property
    def _is_here(self) -> bool:
        """Whether this thread made the pass; another one's may go through the same modules."""
        return get_ident() == self._thread

    def _enter(
        self, layer: int, _module: nn.Module, given: tuple[Any, ...], named: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]] | None:
        """See, and perhaps change, the states [1, row, hidden] that a layer is given."""
        if not self._is_here:
            return None
        if given:
            return (self._passing(layer, given[0]), *given[1:]), named
        states = self._passing(layer, named["hidden_states"])
        return given, {**named, "hidden_states": states}

    def _leave(self, _module: nn.Module, _given: object, output: Any) -> Any:  # noqa: ANN401 - a tensor, or a tuple of which it is the first
        if not self._is_here:
            return None
        layer = len(self._modules.layers)
        if isinstance(output, tuple):
            return (self._passing(layer, output[0]), *output[1:])
        return self._passing(layer, output)

    def _read(self, _module: nn.Module, given: tuple[Tensor, ...]) -> None:
        if self._is_here:
            self._noted[FINAL] = given[0][0]

    def _said(self, _module: nn.Module, _given: object, output: Any) -> None:  # noqa: ANN401 - transformers' ModelOutput
        if self._is_here:
            self._noted[LOGITS] = output.logits[0]

    def _passing(self, layer: int, states: Tensor) -> Tensor:
        for tap in self._taps:
            if isinstance(tap, Editing) and layer in tap.layers:
                states = self._edited(tap, layer, states)
        self._noted[layer_input(layer, len(self._modules.layers))] = states[0]
        return states

    def _edited(self, tap: Editing, layer: int, states: Tensor) -> Tensor:
        """Return states with the rows of a tap's steps changed by it, step by step."""
        changed = states
        for _, places in self._by_step(tap.where):
            rows = tuple(self._fed.rows[place] for place in places)
            at = torch.tensor(places, device=states.device)
            asked = states[0].index_select(0, at)
            given = tap.edit(asked.clone(), EditedRows(layer, rows))
            if given is None:
                continue
            if changed is states:
                changed = states.clone()
            changed[0, at] = _checked(given, asked, layer)
        return changed

    def _note_patterns(self, recorder: PatternRecorder) -> None:
        layers = len(self._modules.layers)
        if recorder.layers != layers:
            kind = self._modules.model.config.model_type
            message = (
                f"{kind} showed attention {recorder.layers} times in {layers} layers: its mask "
                "must reach torch's scaled_dot_product_attention or a softmax, once a layer; "
                "observe hidden or logits alone"
            )
            raise UnsupportedModelError(message)
        for layer, shares in recorder.patterns.items():
            columns = torch.tensor(self._fed.columns, device=shares.device)
            self._noted[pattern(layer)] = shares.index_select(2, columns)

    def _tell(self, tap: Looking) -> None:
        """Give a tap what it asked for, step by step, on the host."""
        names = tuple(names_of(tap, len(self._modules.layers)))
        for _, places in self._by_step(tap.where):
            arrays = {name: self._taken(name, places) for name in names}
            rows = tuple(self._fed.rows[place] for place in places)
            tap.found.passes.append(PassActivations(rows, self._fed.keys, arrays))

    def _taken(self, name: str, places: Sequence[int]) -> Float32Array:
        """Return what was noted of some rows."""
        noted, skipped = self._noted[name], 0
        if name in {FINAL, LOGITS}:  # of a prompt some models compute the last row alone
            skipped = len(self._fed.rows) - len(noted)
        axis = 1 if noted.dim() == len(("head", "row", "key")) else 0
        index = torch.tensor([one - skipped for one in places if one >= skipped])
        taken = noted.index_select(axis, index.to(noted.device)).to("cpu", torch.float32)
        array: Float32Array = taken.numpy()
        return array

    def _by_step(self, where: Where) -> Iterator[tuple[int, list[int]]]:
        """Yield each step of a tap with the places of its rows."""
        step_of = {place: self._fed.rows[place].step for place in self._rows_of(where)}
        for step, places in groupby(step_of, key=step_of.__getitem__):
            yield step, list(places)


def names_of(tap: Looking, layers: int) -> Iterator[str]:
    """Yield the names of what a tap asks for."""
    if Part.HIDDEN in tap.parts:
        yield from (layer_input(layer, layers) for layer in tap.layers)
        yield FINAL
    if Part.ATTENTION in tap.parts:
        yield from (pattern(layer) for layer in tap.layers if layer < layers)
    if Part.LOGITS in tap.parts:
        yield LOGITS


def _checked(given: object, asked: Tensor, layer: int) -> Tensor:
    """Return what an edit gave, in the states' type.

    Raises:
        InvalidValueError: for anything but finite states of the same shape.
    """
    if not isinstance(given, torch.Tensor) or given.shape != asked.shape:
        got = tuple(given.shape) if isinstance(given, torch.Tensor) else type(given).__name__
        message = (
            f"the edit of layer {layer} returned {got}; return a tensor of the shape "
            f"{tuple(asked.shape)} that it was given, or None to leave it"
        )
        raise InvalidValueError(message)
    if not bool(torch.isfinite(given).all()):
        message = f"the edit of layer {layer} returned NaN or infinity; return finite numbers"
        raise InvalidValueError(message)
    return given.to(asked)
