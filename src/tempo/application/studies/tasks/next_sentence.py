"""Which of four sentences comes next: only one answers what the story tells of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tempo.application.studies.tasks.item import TaskItem

if TYPE_CHECKING:
    from tempo.application.studies.tasks.drawing import Draw


@dataclass(frozen=True, slots=True)
class Need:
    """What somebody needs, what they see, and what they then do with it."""

    need: str
    sight: str
    ending: str
    things: tuple[str, ...]


NEEDS = (
    Need(
        "was very hungry",
        "saw some {thing} on the table",
        "ate the {thing} and felt full",
        ("soup", "bread", "cake", "apples", "rice"),
    ),
    Need(
        "was very cold",
        "saw a {thing} on the chair",
        "put on the {thing} and felt warm",
        ("coat", "sweater", "scarf", "jacket"),
    ),
    Need(
        "was very tired",
        "saw a {thing} in the corner",
        "lay down on the {thing} and fell asleep",
        ("bed", "blanket", "pillow", "rug"),
    ),
    Need(
        "was very thirsty",
        "saw a glass of {thing} in the kitchen",
        "drank the {thing} to the last drop",
        ("water", "milk", "juice", "tea"),
    ),
    Need(
        "was very dirty",
        "saw some {thing} next to the bath",
        "washed with the {thing} and was clean",
        ("soap", "water"),
    ),
    Need(
        "wanted to hear a story",
        "saw a {thing} on the shelf",
        "opened the {thing} and began to read",
        ("book", "big book", "new book"),
    ),
    Need(
        "wanted to cross the river",
        "saw a {thing} near the water",
        "crossed the river by the {thing}",
        ("bridge", "boat"),
    ),
)

WHERE = ("at home", "at grandma's house", "at school", "on the farm", "in the village")
CHOICES = 4


def next_sentence(draw: Draw) -> TaskItem:
    """Return a story of two sentences and four that might come next."""
    (who,) = draw.people(1)
    needs = draw.several(NEEDS, CHOICES)
    things = tuple(draw.one(one.things) for one in needs)
    endings = tuple(
        f" {who.name} {one.ending.format(thing=thing)}."
        for one, thing in zip(needs, things, strict=True)
    )
    order = draw.several(range(CHOICES), CHOICES)
    story = (
        f"{who.name} was {draw.one(WHERE)}. {who.he.capitalize()} {needs[0].need}. "
        f"Then {who.he} {needs[0].sight.format(thing=things[0])}."
    )
    return TaskItem(
        story,
        (endings[0],),
        {"choices": tuple(endings[place] for place in order), "answer": order.index(0)},
    )
