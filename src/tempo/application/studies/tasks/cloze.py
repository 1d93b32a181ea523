"""Stories whose last word was said before: who finds it has followed the story."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tempo.application.studies.tasks.item import TaskItem

if TYPE_CHECKING:
    from tempo.application.studies.tasks.drawing import Draw

THINGS = (
    "ball",
    "hat",
    "book",
    "doll",
    "kite",
    "boat",
    "drum",
    "car",
    "box",
    "cup",
    "bell",
    "coat",
)
COLOURS = ("red", "blue", "green", "yellow", "pink", "white")
PLACES = ("garden", "kitchen", "park", "barn", "forest", "school", "shop", "yard")
SPOTS = ("bed", "table", "tree", "chair", "bridge", "stairs")
ANIMALS = ("dog", "cat", "bird", "rabbit", "fox", "bear", "duck", "frog")


def cloze(draw: Draw) -> TaskItem:
    """Return a story without its last word."""
    return draw.one((_lost, _given, _hidden, _friend))(draw)


def _lost(draw: Draw) -> TaskItem:
    (who,) = draw.people(1)
    thing, (first, second) = draw.one(THINGS), draw.several(PLACES, 2)
    return TaskItem(
        f"{who.name} was a little {who.kind} who had a {draw.one(COLOURS)} {thing}. Every day "
        f"{who.he} played with the {thing}. One morning the {thing} was gone. {who.name} looked "
        f"for it in the {first} and in the {second}. At last {who.he} saw it under the "
        f"{draw.one(SPOTS)}. {who.name} was very happy to have found the",
        (f" {thing}",),
    )


def _given(draw: Draw) -> TaskItem:
    giver, taker = draw.people(2)
    thing, other = draw.several(THINGS, 2)
    return TaskItem(
        f"{giver.name} had a {thing} and {taker.name} had a {other}. They met in the "
        f"{draw.one(PLACES)}. {giver.name} gave {giver.his} {thing} to {taker.name}, and "
        f"{taker.name} gave {taker.his} {other} to {giver.name}. Now {taker.name} had the",
        (f" {thing}",),
    )


def _hidden(draw: Draw) -> TaskItem:
    (who,) = draw.people(1)
    thing, place = draw.one(THINGS), draw.one(PLACES)
    return TaskItem(
        f"{who.name} wanted to hide {who.his} {draw.one(COLOURS)} {thing}. {who.he.capitalize()} "
        f"took it to the {place} and put some leaves on it. The next day {who.name} wanted to play "
        f"with the {thing} again. {who.he.capitalize()} knew where it was, so {who.he} ran back "
        "to the",
        (f" {place}",),
    )


def _friend(draw: Draw) -> TaskItem:
    (who,) = draw.people(1)
    friend, other = draw.several(ANIMALS, 2)
    return TaskItem(
        f"Once upon a time there was a {who.kind} named {who.name}. {who.name} had a friend. The "
        f"friend was a {draw.one(COLOURS)} {friend}. They met a {other}, but the {other} did not "
        f"want to play and went away. So {who.name} went home and played with {who.his} friend, "
        "the",
        (f" {friend}",),
    )
