"""Stories that go on in one of two ways, with the weight of each: what a state is to keep.

The two ways are there in two forms. `continuations` differ at every word: two hypotheses side by
side. Behind the first word of either, `shared` is one text that fits both and ends where that
word is to be said again, so that a state which kept both has two answers, the references.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tempo.application.studies.tasks.item import TaskItem

if TYPE_CHECKING:
    from tempo.application.studies.tasks.drawing import Draw, Person

PHRASES = (
    "ball that could bounce right over their tall garden wall",
    "hat with yellow ribbons on both of its soft sides",
    "book full of stories about dragons who lived under water",
    "kite shaped like an eagle which flew above every house",
    "doll whose brown hair was long enough to braid twice",
    "cake covered in thick cream and topped by red berries",
    "boat made from old wood so light it always floated",
    "drum loud as thunder when somebody hit one side hard",
    "bag big enough for ten apples plus several small toys",
    "car painted blue by grandpa using his very best brush",
    "balloon tied onto a string because wind might steal it",
    "puppy too young yet to bark at strangers or cats",
    "flower growing inside an empty pot near the kitchen window",
    "box without any lid but having three shiny locks instead",
)

DAYS = ("day", "morning", "afternoon", "evening")

OPENINGS = (
    "Once upon a time there was a little {kind} named {name}. One {day} {his} mom gave {him} a",
    "{name} was a {kind} who liked to play outside. One {day} grandpa came and brought {him} a",
    "It was a warm {day} and {name} went for a walk with {his} dad. Near the river {he} found a",
    "{name} had saved some coins. One {day} {he} went to the shop on the corner and bought a",
)

SHARED = (
    ". {name} was so happy that {he} ran outside to show all {his} friends the new",
    ". {name} smiled and said thank you. All day long {he} would not let go of the",
    ". {name} took it home. At night {he} sat on the bed and looked at the",
)

WEIGHTS = ((0.5, 0.5), (0.9, 0.1))


def ambiguity(draw: Draw) -> TaskItem:
    """Return a story with two ways to go on."""
    (who,) = draw.people(1)
    one, other = draw.one(PHRASES), draw.one(PHRASES)
    while _meet(one, other):
        other = draw.one(PHRASES)
    words = tuple(f" {phrase.split()[0]}" for phrase in (one, other))
    return TaskItem(
        _about(who, draw.one(OPENINGS)).replace("{day}", draw.one(DAYS)),
        words,
        {
            "continuations": (f" {one}", f" {other}"),
            "weights": draw.one(WEIGHTS),
            "shared": _about(who, draw.one(SHARED)),
        },
    )


def _meet(one: str, other: str) -> bool:
    """Whether two phrases have the same word in the same place."""
    return any(a == b for a, b in zip(one.split(), other.split(), strict=False))


def _about(who: Person, template: str) -> str:
    return template.format(
        name=who.name,
        kind=who.kind,
        he=who.he,
        He=who.he.capitalize(),
        him=who.him,
        his=who.his,
        day="{day}",
    )
