"""All task sets, by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tempo.application.studies.tasks.ambiguity import ambiguity
from tempo.application.studies.tasks.arithmetic import arithmetic
from tempo.application.studies.tasks.cloze import cloze
from tempo.application.studies.tasks.copying import copying
from tempo.application.studies.tasks.drawing import Draw
from tempo.application.studies.tasks.next_sentence import next_sentence
from tempo.domain.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tempo.application.studies.tasks.item import TaskItem

PATIENCE = 1_000
"""Draws in a row that give nothing new before a task is taken to have no more."""


@dataclass(frozen=True, slots=True)
class Task:
    """A task set.

    Attributes:
        name: what commands call it.
        purpose: what it asks of a model, as one clause.
        make: draws one item.
    """

    name: str
    purpose: str
    make: Callable[[Draw], TaskItem]

    def items(self, count: int, seed: int) -> tuple[TaskItem, ...]:
        """Return `count` items of different prompts; a smaller count gives the first of them.

        Raises:
            InvalidValueError: for a count under 1, or of more prompts than the task has.
        """
        if count < 1:
            message = f"count is {count}; it must be 1 or more"
            raise InvalidValueError(message)
        draw, found, idle = Draw(seed), dict[str, "TaskItem"](), 0
        while len(found) < count:
            item = self.make(draw)
            idle = idle + 1 if item.prompt in found else 0
            found.setdefault(item.prompt, item)
            if idle == PATIENCE:
                message = (
                    f"count is {count}; the task {self.name} has no more than about {len(found)} "
                    "different prompts, so ask for fewer"
                )
                raise InvalidValueError(message)
        return tuple(found.values())


TASKS = {
    task.name: task
    for task in (
        Task("cloze", "the last word of a story, which the story has told", cloze),
        Task("ambiguity", "two ways to go on, with the weight of each", ambiguity),
        Task("arithmetic", "sums and differences up to 100", arithmetic),
        Task("copying", "a list of words, said again", copying),
        Task("next-sentence", "which of four sentences comes next", next_sentence),
    )
}


def task_of(name: str) -> Task:
    """Return a task by its name.

    Raises:
        InvalidValueError: for a name that no task has.
    """
    if name not in TASKS:
        message = f"there is no task {name!r}; choose one of {', '.join(TASKS)}"
        raise InvalidValueError(message)
    return TASKS[name]
