"""The use-case: decode a prompt, and keep arrays of what its layers held."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tempo.domain.activations import PROMPT, FedRow, PassActivations, Watch, Where
from tempo.domain.tokens import Slot

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tempo.application.decoding.generate import Generate
    from tempo.application.decoding.outcome import Outcome
    from tempo.application.decoding.request import GenerationRequest
    from tempo.application.studies.capture.plan import CapturePlan
    from tempo.domain.activations import Float32Array, Observation
    from tempo.domain.ports.activation_source import ActivationSource


@dataclass(frozen=True, slots=True, eq=False)
class CapturedRun:
    """A run and what was kept of it.

    Attributes:
        outcome: the run.
        rows: the physical tokens that the arrays are of, step by step.
        keys: those that attention speaks of.
        arrays: by name: [row, number], and attention [head, row, key], which is 0 where a row did
            not see a key and where the key had left the cache or was not there yet.
    """

    outcome: Outcome
    rows: tuple[FedRow, ...]
    keys: tuple[FedRow, ...]
    arrays: Mapping[str, Float32Array]

    @property
    def bytes(self) -> int:
        """How many bytes the arrays have."""
        return sum(array.nbytes for array in self.arrays.values())


class CaptureRun:
    """Decode once, and look meanwhile."""

    def __init__(self, generate: Generate, activations: ActivationSource) -> None:
        """Decode by a use-case, over a model whose layers can be looked at."""
        self._generate = generate
        self._activations = activations

    def run(self, request: GenerationRequest, plan: CapturePlan) -> CapturedRun:
        """Return a run with its arrays.

        Of a step that was decoded several times the last one is kept.

        Raises:
            InvalidValueError: before the run, for what the plan's `require` refuses.
            NonFiniteLogitsError: if the model gave NaN or infinity.
        """
        plan.require(self._activations.shape, request)
        everything = Watch(Where((), frozenset(range(plan.steps[-1] + 1))), frozenset())
        looking = self._activations.observing(plan.watch)
        with self._activations.observing(everything) as fed, looking as seen:
            outcome = self._generate.run(request)
        kept = [_asked(seen, step) for step in plan.steps if step in seen.steps]
        known = {
            Slot(place): FedRow(PROMPT, Slot(place), token, place)
            for place, token in enumerate(request.prompt_ids)
        } | {row.slot: row for one in fed.passes for row in one.rows}
        return _joined(outcome, kept, known)


def _asked(seen: Observation, step: int) -> PassActivations:
    """Return what was seen of a step; of the prompt, of its last token."""
    one = seen.step(step)
    if step != PROMPT:
        return one
    arrays = {name: array[..., -1:, :] for name, array in one.arrays.items()}
    return PassActivations(one.rows[-1:], one.keys, arrays)


def _joined(
    outcome: Outcome, kept: Sequence[PassActivations], known: Mapping[Slot, FedRow]
) -> CapturedRun:
    """Return the passes one after another, their keys side by side."""
    slots = sorted({slot for one in kept for slot in one.keys})
    column = {slot: place for place, slot in enumerate(slots)}
    parts: dict[str, list[Float32Array]] = {}
    for one in kept:
        columns = [column[slot] for slot in one.keys]
        for name, array in one.arrays.items():
            parts.setdefault(name, []).append(_spread(array, columns, len(slots)))
    arrays = {name: np.concatenate(part, axis=-2) for name, part in parts.items()}
    rows = tuple(row for one in kept for row in one.rows)
    return CapturedRun(outcome, rows, tuple(known[slot] for slot in slots), arrays)


def _spread(array: Float32Array, columns: Sequence[int], width: int) -> Float32Array:
    """Return attention [head, row, key] over all keys, 0 where one was not there."""
    if array.ndim != len(("head", "row", "key")):
        return array
    wide = np.zeros((*array.shape[:2], width), dtype=np.float32)
    wide[:, :, columns] = array
    return wide
