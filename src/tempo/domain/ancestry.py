"""The forest of best parents: which slots a live candidate descends from, which can go."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tempo.domain.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.domain.tokens import Slot


class Ancestry:
    """Best parents of every slot that is still held (design section 2.7).

    A slot is alive while the best chain of some newest candidate passes through it. Each step costs
    time in proportion to what it adds and what dies, however long the run.
    """

    def __init__(self) -> None:
        """Start with no step."""
        self._steps: list[tuple[Slot, ...]] = []
        self._parent: dict[Slot, Slot | None] = {}
        self._children: dict[Slot, int] = {}
        self._step_of: dict[Slot, int] = {}
        self._alive: list[int] = []
        self._dead: dict[int, list[Slot]] = {}
        self._settled = 0

    def __len__(self) -> int:
        """Return the number of steps."""
        return len(self._steps)

    @property
    def settled(self) -> int:
        """How many leading steps the best chains of all newest candidates share."""
        return self._settled

    def grow(self, slots: Sequence[Slot], parents: Sequence[Slot | None]) -> None:
        """Add a step of candidates with their best parents, all of the step before.

        Raises:
            InvalidValueError: if a parent is not of the step before.
        """
        before = self._steps[-1] if self._steps else ()
        for parent in parents:
            if (parent is None) == bool(before) or (parent is not None and parent not in before):
                message = f"slot {parent} is no parent for step {len(self._steps)}"
                raise InvalidValueError(message)
        step = len(self._steps)
        for slot, parent in zip(slots, parents, strict=True):
            self._parent[slot] = parent
            self._children[slot] = 0
            self._step_of[slot] = step
            if parent is not None:
                self._children[parent] += 1
        self._steps.append(tuple(slots))
        self._alive.append(len(slots))
        for slot in before:
            self._bury(slot)
        if len(slots) == 1:
            self._settled = step + 1

    def _bury(self, slot: Slot | None) -> None:
        """Mark a childless slot as dead, and its parents that are childless by that."""
        while slot is not None and self._children[slot] == 0:
            step = self._step_of[slot]
            self._dead.setdefault(step, []).append(slot)
            self._alive[step] -= 1
            if self._alive[step] == 1:
                self._settled = max(self._settled, step + 1)
            slot = self._parent[slot]
            if slot is not None:
                self._children[slot] -= 1

    def ancestor(self, slot: Slot, hops: int) -> Slot:
        """Return the slot `hops` steps back on the best chain of `slot`; 0 is itself.

        Raises:
            InvalidValueError: if the chain is shorter.
        """
        found = slot
        for _ in range(hops):
            parent = self._parent[found]
            if parent is None:
                message = f"slot {slot} has no ancestor {hops} steps back"
                raise InvalidValueError(message)
            found = parent
        return found

    def slots_back(self, hops: int) -> tuple[Slot, ...]:
        """Return the slots still held by the step `hops` before the newest; () before step 0."""
        index = len(self._steps) - 1 - hops
        return self._steps[index] if index >= 0 else ()

    def release(self, window: float) -> tuple[Slot, ...]:
        """Let go of the dead slots that no row to come can see, and return them.

        Rows of the newest step see softly `window` steps back; slots of older steps that no live
        chain passes through are masked for every row from now on. An infinite window keeps all.
        """
        if math.isinf(window):
            return ()
        oldest_soft = len(self._steps) - 1 - int(window)
        leaving: list[Slot] = []
        for step in [step for step in self._dead if step < oldest_soft]:
            gone = self._dead.pop(step)
            self._steps[step] = tuple(slot for slot in self._steps[step] if slot not in gone)
            leaving += gone
        for slot in leaving:
            del self._step_of[slot], self._parent[slot], self._children[slot]
        return tuple(leaving)

    def holds(self, slot: Slot) -> bool:
        """Whether a slot is still in the forest."""
        return slot in self._parent

    def remove(self, slots: Sequence[Slot]) -> None:
        """Take slots out with whatever best chain passes through them: their children go too.

        What is left without children dies, the newest step's slots aside.

        Raises:
            InvalidValueError: if a child of a removed slot stays.
        """
        gone = set(slots)
        for slot in sorted(gone, reverse=True):  # children before parents
            if self._children[slot]:
                message = f"slot {slot} has a child that stays; take out both"
                raise InvalidValueError(message)
            was_alive = self._forget(slot)
            parent = self._parent.pop(slot)
            if was_alive and parent is not None:  # a dead slot left its parent when it died
                self._children[parent] -= 1
                if parent not in gone:
                    self._bury(parent)

    def _forget(self, slot: Slot) -> bool:
        """Take a childless slot out of its step; return whether it was alive."""
        step = self._step_of.pop(slot)
        del self._children[slot]
        self._steps[step] = tuple(one for one in self._steps[step] if one != slot)
        dead = self._dead.get(step, [])
        if slot in dead:
            dead.remove(slot)
            return False
        self._alive[step] -= 1
        if self._alive[step] == 1:
            self._settled = max(self._settled, step + 1)
        return True

    def splice(self, slot: Slot) -> None:
        """Take out a slot whose children go on from its parent; its step stays, empty.

        Raises:
            InvalidValueError: if the slot has siblings or no child.
        """
        step = self._step_of[slot]
        if self._steps[step] != (slot,) or not self._children[slot]:
            message = f"slot {slot} is not the only one of its step, or the newest; it must stay"
            raise InvalidValueError(message)
        parent = self._parent.pop(slot)
        for child, its_parent in self._parent.items():
            if its_parent == slot:
                self._parent[child] = parent
        if parent is not None:
            self._children[parent] += self._children[slot] - 1
        self._steps[step] = ()
        del self._step_of[slot], self._children[slot]

    def copy(self) -> Ancestry:
        """Return an equal forest that changes by itself."""
        twin = Ancestry()
        for name, value in vars(self).items():
            setattr(twin, name, value.copy() if isinstance(value, (list, dict)) else value)
        twin._dead = {step: slots.copy() for step, slots in self._dead.items()}
        return twin
