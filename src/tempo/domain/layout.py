"""Which physical tokens belong to which logical step, and which position each one has."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from tempo.domain.errors import InvalidValueError
from tempo.domain.tokens import LogicalStep, Slot

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


class PositionScheme(StrEnum):
    """How positions are given out.

    SHARED is the engine's own: every token of step `t` has position `n + t`, with `n` the prompt's
    length. CONSECUTIVE gives each physical token the next position, as a control for studies.
    """

    SHARED = "shared"
    CONSECUTIVE = "consecutive"


class LogicalLayout:
    """The prompt's length and the slots of each step (design section 1).

    Slots are handed out in the order of feeding and never again, so that slot numbers grow from
    step to step; a released slot leaves its step.

    Examples:
        >>> layout = LogicalLayout(prompt_length=7)
        >>> layout.append(2), layout.append(3)
        ((7, 8), (9, 10, 11))
        >>> [layout.position(slot) for slot in (7, 8, 9, 11)]
        [7, 7, 8, 8]
        >>> layout.remove([10])
        >>> layout.slots(1), layout.next_slot
        ((9, 11), 12)
    """

    def __init__(self, prompt_length: int, scheme: PositionScheme = PositionScheme.SHARED) -> None:
        """Start with a prompt of `prompt_length` >= 1 tokens and no step.

        Raises:
            InvalidValueError: for a prompt without tokens.
        """
        if prompt_length < 1:
            message = f"the prompt has {prompt_length} tokens; a layout needs at least 1"
            raise InvalidValueError(message)
        self.prompt_length = prompt_length
        self.scheme = scheme
        self._steps: list[tuple[Slot, ...]] = []
        self._step_of: dict[Slot, LogicalStep] = {}
        self._next_slot = prompt_length

    def __len__(self) -> int:
        """Return the number of steps."""
        return len(self._steps)

    @property
    def next_slot(self) -> Slot:
        """The slot that the next physical token will have."""
        return Slot(self._next_slot)

    @property
    def live_slots(self) -> int:
        """How many slots the steps still hold, the prompt not counted."""
        return len(self._step_of)

    def append(self, width: int) -> tuple[Slot, ...]:
        """Add a step of `width` >= 1 physical tokens and return their slots.

        Raises:
            InvalidValueError: for a step without tokens.
        """
        if width < 1:
            message = f"a step of {width} tokens was appended; a step has at least 1"
            raise InvalidValueError(message)
        step = LogicalStep(len(self._steps))
        slots = tuple(Slot(self._next_slot + offset) for offset in range(width))
        self._next_slot += width
        self._steps.append(slots)
        self._step_of.update(dict.fromkeys(slots, step))
        return slots

    def slots(self, step: int) -> tuple[Slot, ...]:
        """Return the slots that step `step` still holds."""
        return self._steps[step]

    @property
    def held(self) -> Collection[Slot]:
        """The slots that the steps hold: they are not of the prompt, and were not removed."""
        return self._step_of.keys()

    def holds(self, slot: Slot) -> bool:
        """Whether a step holds a slot: it is not of the prompt, and was not removed."""
        return slot in self._step_of

    def step_of(self, slot: Slot) -> LogicalStep:
        """Return the step of a slot that is still held.

        Raises:
            InvalidValueError: for a slot of the prompt, of the future, or one that was removed.
        """
        if slot not in self._step_of:
            message = f"slot {slot} belongs to no step of this layout"
            raise InvalidValueError(message)
        return self._step_of[slot]

    def position(self, slot: Slot) -> int:
        """Return the position that the model gives to a slot, 0-based."""
        if self.scheme is PositionScheme.CONSECUTIVE:
            return slot
        return self.prompt_length + self.step_of(slot)

    def remove(self, slots: Iterable[Slot]) -> None:
        """Take slots out of their steps.

        Raises:
            InvalidValueError: for a slot that no step holds.
        """
        for slot in slots:
            step = self.step_of(slot)
            self._steps[step] = tuple(other for other in self._steps[step] if other != slot)
            del self._step_of[slot]

    def copy(self) -> LogicalLayout:
        """Return an equal layout that changes by itself."""
        twin = LogicalLayout(self.prompt_length, self.scheme)
        twin._steps = list(self._steps)
        twin._step_of = dict(self._step_of)
        twin._next_slot = self._next_slot
        return twin
