"""The folder of a batch: `results.jsonl` as it grows, beside it `run.json`, which says what it is.

A batch that was broken off goes on from the lines that are there.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tempo.application.batches.lines import is_line_of
from tempo.domain.errors import OutputError
from tempo.infrastructure.storage.journal import JsonLines, LineForm
from tempo.infrastructure.storage.lattice_file import save_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tempo.application.batches.lines import Line
    from tempo.application.batches.plan import Job

RESULTS, RUN = "results.jsonl", "run.json"
DECIDING = ("asked", "model", "versions")
"""The parts of `run.json` that decide the results; the others are told for whoever reads it."""


class BatchResults(JsonLines[int, "Line"]):
    """Keeps the lines of a batch, by number of job."""

    def __init__(
        self, folder: str | Path, run: Mapping[str, Mapping[str, Any] | str], jobs: Sequence[Job]
    ) -> None:
        """Make the folder, or read what an earlier process of the same batch left there.

        What a broken last line held is decoded again.

        Args:
            folder: made if it is not there.
            run: what `run.json` is to hold, `DECIDING` among it.
            jobs: what the lines are of.

        Raises:
            OutputError: if the folder cannot be written, or holds results of another batch.
        """
        self._folder = Path(folder).expanduser()
        places = {(job.index, job.threshold): number for number, job in enumerate(jobs)}

        def read(line: Any) -> tuple[int, Line]:  # noqa: ANN401 - JSON
            number = places[line["index"], line.get("threshold")]
            if not is_line_of(jobs[number], line):
                raise ValueError(number)
            return number, line

        super().__init__(self._folder / RESULTS, LineForm(lambda _, line: line, read, "batch"))
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._require_same(run)
            if self._path.exists():
                self._go_on()
            else:
                self._path.touch()
        except OutputError:  # which is an OSError too
            raise
        except (OSError, RuntimeError) as error:
            raise self._failure(error) from error

    def _require_same(self, run: Mapping[str, Any]) -> None:
        """Refuse a folder of another batch; describe this one in a folder of none."""
        place = self._folder / RUN
        wanted = json.loads(json.dumps(run))
        if not place.exists():
            if self._path.exists():
                message = f"{self._path} is there without {RUN}; name another folder"
                raise OutputError(message)
            save_text(json.dumps(wanted, indent=1) + "\n", place)
            return
        found = _description(place)
        names = [name for part in DECIDING for name in _differing(wanted[part], found[part])]
        if names:
            message = (
                f"{place} is of another batch (other {', '.join(names)}); name another folder by "
                "--output-dir, or give what it was begun with to go on"
            )
            raise OutputError(message)

    def _go_on(self) -> None:
        whole = self._path.read_bytes()
        kept = self._hold(whole.splitlines(keepends=True))
        if b"\n" in whole[kept:]:
            number = len(whole[:kept].splitlines()) + 1
            message = (
                f"line {number} of {self._path} is none of this batch; "
                "take it out, or name another folder by --output-dir"
            )
            raise OutputError(message)
        if kept < len(whole):
            self._path.write_bytes(whole[:kept])


def _description(place: Path) -> Mapping[str, Mapping[str, Any]]:
    """Read what an earlier process wrote.

    Raises:
        OutputError: if it does not say which batch it is of.
    """
    try:
        found = json.loads(place.read_bytes())
    except ValueError:
        found = None
    if isinstance(found, dict) and all(isinstance(found.get(part), dict) for part in DECIDING):
        return found
    message = f"{place} does not say which batch it is of; name another folder by --output-dir"
    raise OutputError(message)


def _differing(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    """Return the names of the values that differ, of mappings within too."""
    names: list[str] = []
    for name in sorted({*wanted, *found}):
        one, other = wanted.get(name), found.get(name)
        if isinstance(one, dict) and isinstance(other, dict):
            names += _differing(one, other)
        elif one != other:
            names.append(name)
    return names
