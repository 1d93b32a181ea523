"""The folder of a sweep: Parquet parts, a journal of what is in none yet, and `manifest.json`.

A result is in the journal before it counts as kept, and in a part before it leaves the journal, so
that a process that is killed loses at most what was under way.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tempo.application.sweeps.figures import figure_of
from tempo.application.workers.work import Failed
from tempo.domain.errors import OutputError
from tempo.infrastructure.storage.journal import JsonLines, LineForm
from tempo.infrastructure.storage.lattice_file import save_text
from tempo.infrastructure.sweeping.columns import COST, schema
from tempo.infrastructure.sweeping.part_files import PartFile, column, require_whole, written

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from tempo.application.workers.work import Done

MANIFEST, PENDING = "manifest.json", "pending.jsonl"
ROWS = 1000
"""Results of a part; what is left at the end makes a smaller one."""

DECIDING = ("asked", "versions")
"""The parts of the manifest that decide the results."""

Row = dict[str, Any]


class Pending(JsonLines[str, Row]):
    """The results that are in no part yet, each on disk at once."""

    def __init__(self, path: Path) -> None:
        """Read what an earlier process left; of a broken last line, nothing is kept."""
        super().__init__(path, LineForm(lambda _, row: row, lambda row: (row["id"], row), "sweep"))
        if path.exists():
            whole = path.read_bytes()
            kept = self._hold(whole.splitlines(keepends=True))
            if kept < len(whole):
                path.write_bytes(whole[:kept])

    def drop(self, ids: Collection[str]) -> None:
        """Forget results that a part holds."""
        for name in ids:
            self.held.pop(name, None)

    def empty(self) -> None:
        """Forget all: a part holds them."""
        self._path.write_bytes(b"")
        self.held.clear()


class SweepResults:
    """Keeps the results of a sweep, each once.

    Attributes:
        held: the ids of the items whose results are kept.
        failures: what failed since this process began, by id.
    """

    def __init__(self, folder: str | Path, facts: Mapping[str, Any], rows: int = ROWS) -> None:
        """Make the folder, or go on with what an earlier process of the same sweep left there.

        Args:
            folder: made if it is not there.
            facts: what the manifest is to say, `DECIDING` among it.
            rows: of a part.

        Raises:
            OutputError: if the folder cannot be written or holds another sweep, or a part is gone
                or changed.
            InvalidValueError: if pyarrow is not installed.
        """
        schema()
        self._folder = Path(folder).expanduser()
        self._facts = json.loads(json.dumps(facts))
        self._rows = rows
        self.failures: dict[str, Failed] = {}
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._parts = self._parts_before()
            self.held: set[str] = set()
            for part in self._parts:
                self.held.update(column(self._folder, part, "id"))
            self._pending = Pending(self._folder / PENDING)
        except OutputError:  # which is an OSError too
            raise
        except OSError as error:
            message = f"{folder} cannot be written: {error.strerror or error}; choose another"
            raise OutputError(message) from error
        self._pending.drop(self.held)
        self.held.update(self._pending.held)
        self._save({})

    @property
    def folder(self) -> Path:
        """Where it is."""
        return self._folder

    def put(self, done: Done) -> None:
        """Keep what came of an item."""
        if isinstance(done, Failed):
            self.failures[done.id] = done
            return
        if done.id in self.held:
            return
        self._pending.add(done.id, {"id": done.id, **done.result})
        self.held.add(done.id)
        if len(self._pending.held) >= self._rows:
            self._to_part()

    def close(self, told: Mapping[str, Any]) -> Mapping[str, Any]:
        """Put all that is pending into a part; return the manifest, with what else is told."""
        if self._pending.held:
            self._to_part()
        return self._save(told)

    def figures(self, name: str, ids: Collection[str]) -> Mapping[str, float]:
        """Return a figure of those of the items whose results are kept."""
        found = {one: figure_of(row, name) for one, row in self._pending.held.items() if one in ids}
        place = f"cost.{name}" if name in COST else name
        for part in self._parts if len(found) < len(ids) else ():
            named = zip(
                column(self._folder, part, "id"), column(self._folder, part, place), strict=True
            )
            found |= {one: value for one, value in named if one in ids}
        return found

    def _to_part(self) -> None:
        number = len(self._parts) + 1
        self._parts.append(written(self._folder, number, list(self._pending.held.values())))
        self._save({})
        self._pending.empty()

    def _save(self, told: Mapping[str, Any]) -> Mapping[str, Any]:
        manifest = {
            **self._facts,
            **told,
            "results": len(self.held),
            "parts": [part.as_plain() for part in self._parts],
            "failures": [
                {"id": one.id, "reason": one.reason, "attempts": one.attempts}
                for one in self.failures.values()
            ],
            "columns": {field.name: str(field.type) for field in schema()},
        }
        save_text(json.dumps(manifest, indent=1) + "\n", self._folder / MANIFEST)
        return manifest

    def _parts_before(self) -> list[PartFile]:
        """Return the parts that are there.

        Raises:
            OutputError: for those of another sweep, or other than the manifest says.
        """
        place = self._folder / MANIFEST
        if not place.exists():
            return []
        try:
            found = json.loads(place.read_bytes())
            parts = [PartFile(**part) for part in found["parts"]]
            differing = [
                name
                for section in DECIDING
                for name in _differing(self._facts[section], found[section])
            ]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            message = f"{place} is of no sweep; name another folder by --output-dir"
            raise OutputError(message) from error
        if differing:
            message = (
                f"{place} is of another sweep (other {', '.join(differing)}); name another folder "
                "by --output-dir, or give what it was begun with to go on"
            )
            raise OutputError(message)
        for part in parts:
            require_whole(self._folder, part)
        return parts


def _differing(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[str]:
    return sorted(name for name in {*ours, *theirs} if ours.get(name) != theirs.get(name))
