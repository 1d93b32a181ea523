"""Outcomes of a comparison as JSON lines, each written at once, and read again to go on."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tempo.application.studies.comparison.figures import Cell, Setting
from tempo.application.studies.comparison.outcomes import Continuation, Cost, MethodOutcome
from tempo.application.studies.comparison.study import Place
from tempo.domain.errors import OutputError
from tempo.domain.tokens import TokenId

if TYPE_CHECKING:
    from collections.abc import Mapping

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


class OutcomeFile:
    """Keeps outcomes in a folder's file; its first line says what decides them."""

    def __init__(self, folder: str | Path, settings: Mapping[str, Any]) -> None:
        """Make the folder and the file, or read what a comparison left there.

        What a broken last line held is decoded again.

        Raises:
            OutputError: if the folder cannot be written, or holds another comparison.
        """
        self._path = Path(folder).expanduser() / NAME
        self._settings = json.loads(json.dumps({"format": FORMAT, "version": VERSION, **settings}))
        self.held: dict[Place, MethodOutcome] = {}
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            if self._path.exists() and self._path.stat().st_size:
                self._read()
            else:
                self._path.write_text(json.dumps(self._settings) + "\n", encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise self._failure(error) from error

    def add(self, place: Place, outcome: MethodOutcome) -> None:
        """Keep one more, on disk before this returns.

        Raises:
            OutputError: if it cannot be written.
        """
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(_line(place, outcome)) + "\n")
        except OSError as error:
            raise self._failure(error) from error
        self.held[place] = outcome

    def _read(self) -> None:
        whole = self._path.read_text(encoding="utf-8")
        first, *lines = whole.splitlines(keepends=True)
        self._require_same(first)
        kept = len(first)
        for line in lines:
            try:
                place, outcome = _read_line(json.loads(line))
            except (ValueError, KeyError, TypeError):
                break
            if not line.endswith("\n"):
                break
            self.held[place] = outcome
            kept += len(line)
        if kept < len(whole):
            self._path.write_text(whole[:kept], encoding="utf-8")

    def _require_same(self, first: str) -> None:
        try:
            found = json.loads(first)
        except ValueError:
            found = None
        if found == self._settings:
            return
        known = found if isinstance(found, dict) else {}
        names = sorted(
            name
            for name in {*known, *self._settings}
            if known.get(name) != self._settings.get(name)
        )
        message = (
            f"{self._path} holds another comparison (other {', '.join(names)}); "
            "name another folder, or give the settings with which it was begun to go on"
        )
        raise OutputError(message)

    def _failure(self, error: Exception) -> OutputError:
        reason = getattr(error, "strerror", None) or error
        return OutputError(f"{self._path} cannot be written: {reason}; choose another folder")


def _line(place: Place, outcome: MethodOutcome) -> dict[str, Any]:
    return {
        "prompt": place.prompt,
        "method": place.cell.method,
        **asdict(place.cell.setting),
        "cost": asdict(outcome.cost),
        "continuations": [asdict(one) for one in outcome.continuations],
    }


def _read_line(line: Mapping[str, Any]) -> tuple[Place, MethodOutcome]:
    setting = Setting(line["count"], line["max_steps"])
    continuations = tuple(
        Continuation(**{**one, "token_ids": tuple(map(TokenId, one["token_ids"]))})
        for one in line["continuations"]
    )
    outcome = MethodOutcome(continuations, Cost(**line["cost"]))
    return Place(line["prompt"], Cell(line["method"], setting)), outcome
