"""A sweep from its file to its tables."""

from __future__ import annotations

import json
import os
import platform
import shlex
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from tempo.application.sweeps.run import Grid, Search
from tempo.infrastructure.documents import OptunaSuggestions, SweepResults, alone_in
from tempo.interfaces.cli.control_characters import readable
from tempo.interfaces.cli.failures import INTERRUPTED
from tempo.interfaces.cli.progress import stop_on_interrupt
from tempo.interfaces.cli.studies.telling import versions
from tempo.interfaces.cli.sweeping.failures import failed_items
from tempo.interfaces.cli.sweeping.progress import follow
from tempo.interfaces.cli.sweeping.tables import grid_lines, search_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from threading import Event as Flag

    from tempo.interfaces.cli.engine_options import EngineChoice
    from tempo.interfaces.cli.sweeping.asked import Asked

FORMAT, VERSION = "tempo sweep", 1
FOLDER, MANIFEST = "output", "manifest.json"
SOME_FAILED = 1


def tell_plan(asked: Asked, *, as_json: bool) -> None:
    """Print how much there is to do."""
    spec = asked.spec
    plan: dict[str, Any] = {"models": len(spec.models), "prompts": len(asked.prompts)}
    if spec.search is None:
        plan["settings"] = sum(1 for _ in spec.points())
        plan["items"] = Grid(spec, asked.prompts).count
    else:
        plan["trials"] = spec.search.trials
        plan["items"] = spec.search.trials * len(asked.prompts)
    told = json.dumps(plan) if as_json else ", ".join(f"{plan[name]} {name}" for name in plan)
    sys.stdout.write(f"{told}\n")


class SweepRun:
    """Goes through a sweep with an engine, into a folder."""

    def __init__(
        self, asked: Asked, choice: EngineChoice, folder: str | None, *, as_json: bool
    ) -> None:
        """Do nothing yet."""
        self._asked = asked
        self._choice = choice
        self._folder = Path(FOLDER) / asked.name if folder is None else Path(folder)
        self._named = folder
        self._as_json = as_json

    def run(self) -> int:
        """Go on to the end or to Ctrl-C; return the command's exit code.

        Raises:
            OutputError: if the folder cannot be written, holds another sweep, or is written to by
                another process.
            WorkerError: if no worker can be had; what was done until then is kept.
            InvalidValueError: if a library that is needed is not installed.
        """
        with alone_in(self._folder):
            shelf = SweepResults(self._folder, self._facts())
            before = len(shelf.held)
            work = self._work(shelf)
            ended = False
            with stop_on_interrupt() as stop:
                try:
                    ended = self._follow(work, shelf, stop)
                finally:
                    told = {"by": self._choice.facts, "items": work.count, **_trials(work)}
                    manifest = shelf.close(told)
            self._print(work, shelf, manifest)
            said = sys.stderr if self._as_json else sys.stdout
            said.write(_where(len(shelf.held), before, readable(str(self._folder))))
            if not ended:
                return INTERRUPTED
            return SOME_FAILED if shelf.failures else 0

    def _follow(self, work: Grid | Search, shelf: SweepResults, stop: Flag) -> bool:
        spec, threads = self._asked.spec, self._choice.computed_on
        with self._choice.opened() as engine:
            from tempo.infrastructure.container import (  # noqa: PLC0415 - takes seconds
                ModelWork,
                computing_on,
            )

            with computing_on(threads):
                found = work.run(engine, ModelWork(spec.models, spec.taken, threads), shelf)
                ended = follow(found, work.count, len(shelf.held), stop, "results")
        if not ended:
            sys.stderr.write(
                f"tempo: stopped after {len(shelf.held)} of {work.count} results; "
                "the same command goes on from here\n"
            )
        return ended

    def _work(self, shelf: SweepResults) -> Grid | Search:
        asked = self._asked
        if asked.spec.search is None:
            return Grid(asked.spec, asked.prompts)
        return Search(
            asked.spec,
            asked.spec.search,
            asked.prompts,
            OptunaSuggestions(asked.spec.search, shelf.folder),
        )

    def _facts(self) -> dict[str, Any]:
        words = ["tempo", "sweep", self._asked.source]
        words += [] if self._named is None else ["--output-dir", self._named]
        return {
            "format": FORMAT,
            "version": VERSION,
            "command": shlex.join(words),
            "asked": self._asked.deciding(self._choice.computed_on),
            "versions": versions(),
            "machine": {"system": platform.platform(), "processors": os.cpu_count()},
        }

    def _print(self, work: Grid | Search, shelf: SweepResults, manifest: Mapping[str, Any]) -> None:
        search = self._asked.spec.search
        if self._as_json:
            sys.stdout.write(json.dumps(manifest, indent=1) + "\n")
        elif isinstance(work, Search) and search is not None:
            _write(sys.stdout, search_lines(work, search))
        else:
            _write(sys.stdout, grid_lines(self._asked, shelf))
        rest = f", each with its reason in {self._folder / MANIFEST}"
        failed = failed_items(list(shelf.failures.values()), work.count, rest)
        _write(sys.stderr, failed)


def _write(stream: TextIO, lines: Iterable[str]) -> None:
    stream.write("".join(f"{line}\n" for line in lines))


def _trials(work: Grid | Search) -> dict[str, Any]:
    """Return what the manifest says of a search."""
    if isinstance(work, Grid):
        return {}
    best = work.best
    return {
        "best": None if best is None else asdict(best),
        "trials": [asdict(trial) for trial in work.trials],
    }


def _where(count: int, before: int, place: str) -> str:
    noun = "result is" if count == 1 else "results are"
    old = f", {before} of them from before" if before else ""
    return f"tempo: {count} {noun} in {place}{old}; manifest.json says how they were made\n"
