"""Outcomes of a comparison as JSON lines, each written at once, and read again to go on."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tempo.application.studies.comparison.figures import Cell, Setting
from tempo.application.studies.comparison.outcomes import Continuation, Cost, MethodOutcome
from tempo.application.studies.comparison.study import Place
from tempo.application.studies.parts import WHOLE
from tempo.domain.tokens import TokenId
from tempo.infrastructure.storage.journal import Journal, LineForm

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tempo.application.studies.parts import Part

NAME = "outcomes.jsonl"
FORMAT = "tempo comparison outcomes"
VERSION = 1


class OutcomesInMemory:
    """Keeps outcomes as long as the process lives."""

    def __init__(self) -> None:
        """Start empty."""
        self.held: dict[Place, MethodOutcome] = {}

    def add(self, place: Place, outcome: MethodOutcome) -> None:
        """Keep one more."""
        self.held[place] = outcome


class OutcomeFile(Journal[Place, MethodOutcome]):
    """Keeps outcomes in a folder's file; its first line says what decides them.

    What other parts left in the folder is held too.
    """

    def __init__(self, folder: str | Path, settings: Mapping[str, Any], part: Part = WHOLE) -> None:
        """Make the folder and the part's file, or read what a comparison left there.

        Raises:
            OutputError: if the folder cannot be written, or holds another comparison.
        """
        name = NAME if part == WHOLE else f"outcomes-{part.number}-of-{part.of}.jsonl"
        place = Path(folder).expanduser()
        super().__init__(
            place / name,
            {"format": FORMAT, "version": VERSION, **settings},
            LineForm(outcome_line, read_outcome, "comparison"),
            beside=sorted(place.glob("outcomes*.jsonl")),
        )


def outcome_line(place: Place, outcome: MethodOutcome) -> dict[str, Any]:
    """Return an outcome and its place as JSON holds them."""
    return {
        "prompt": place.prompt,
        "method": place.cell.method,
        **asdict(place.cell.setting),
        "cost": asdict(outcome.cost),
        "continuations": [asdict(one) for one in outcome.continuations],
    }


def read_outcome(line: Mapping[str, Any]) -> tuple[Place, MethodOutcome]:
    """Return the place and the outcome that a line holds.

    Raises:
        KeyError, TypeError: for one that holds none.
    """
    setting = Setting(line["count"], line["max_steps"])
    continuations = tuple(
        Continuation(**{**one, "token_ids": tuple(map(TokenId, one["token_ids"]))})
        for one in line["continuations"]
    )
    outcome = MethodOutcome(continuations, Cost(**line["cost"]))
    return Place(line["prompt"], Cell(line["method"], setting)), outcome
