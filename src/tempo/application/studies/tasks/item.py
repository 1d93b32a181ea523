"""One item of a task set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from tempo.domain.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Mapping

Fact: TypeAlias = str | int | float | Sequence[str] | Sequence[float]


@dataclass(frozen=True, slots=True)
class TaskItem:
    """A prompt with its right continuations.

    A continuation begins with the blank that parts it from the prompt, so that both together are
    the text.

    Attributes:
        prompt: what is continued; it does not end in a blank.
        references: the right continuations, at least one; any of them will do.
        facts: what else the task knows of the item, by JSON key.
    """

    prompt: str
    references: tuple[str, ...]
    facts: Mapping[str, Fact] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.prompt or self.prompt[-1].isspace():
            message = f"the prompt {self.prompt!r} is empty or ends in a blank"
            raise InvalidValueError(message)
        wrong = [one for one in self.references if not (one[:1].isspace() and one.strip())]
        if wrong or not self.references:
            message = f"the references are {self.references!r}; give texts that begin with a blank"
            raise InvalidValueError(message)

    def document(self) -> dict[str, object]:
        """Return the item as one line of a prompt file holds it."""
        return {"prompt": self.prompt, "references": list(self.references), **self.facts}
