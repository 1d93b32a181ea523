"""Lists of words to be said again, with copied ones before them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tempo.application.studies.tasks.item import TaskItem

if TYPE_CHECKING:
    from tempo.application.studies.tasks.drawing import Draw

WORDS = (
    "apple", "bird", "boat", "book", "cake", "cat", "chair", "cloud", "dog", "door", "duck",
    "fish", "flower", "frog", "hat", "horse", "house", "key", "lamp", "leaf", "milk", "moon",
    "mouse", "nest", "rain", "river", "shoe", "snow", "star", "stone", "sun", "tree", "wind",
)  # fmt: skip

SHOWN = 2
SHORTEST, LONGEST = 3, 6


def copying(draw: Draw) -> TaskItem:
    """Return a list of three to six different words, to be copied in order."""
    shown = [_words(draw) for _ in range(SHOWN)]
    asked = _words(draw)
    blocks = [f"List: {words}\nCopy: {words}" for words in shown]
    return TaskItem("\n\n".join([*blocks, f"List: {asked}\nCopy:"]), (f" {asked}",))


def _words(draw: Draw) -> str:
    return ", ".join(draw.several(WORDS, draw.number(SHORTEST, LONGEST)))
