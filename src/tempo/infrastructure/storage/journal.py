"""JSON lines, each on disk at once; the first says what decides them all."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from tempo.domain.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

Key = TypeVar("Key")
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class LineForm(Generic[Key, Found]):
    """How a line is written and read.

    Attributes:
        line: makes a JSON object of a key and what was found.
        read: the other way round; a ValueError, KeyError or TypeError says that it is no line.
        noun: what a file under other settings holds another one of.
    """

    line: Callable[[Key, Found], Mapping[str, Any]]
    read: Callable[[Any], tuple[Key, Found]]
    noun: str


class JsonLines(Generic[Key, Found]):
    """Keeps what was found, by key, in lines of a file.

    Attributes:
        held: what is kept.
    """

    def __init__(self, path: str | Path, form: LineForm[Key, Found]) -> None:
        """Hold nothing yet; `form` is that of the lines."""
        self._path = Path(path).expanduser()
        self._form = form
        self.held: dict[Key, Found] = {}

    def add(self, key: Key, found: Found) -> None:
        """Keep one more, on disk before this returns.

        Raises:
            OutputError: if it cannot be written.
        """
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(self._form.line(key, found)) + "\n")
        except OSError as error:
            raise self._failure(error) from error
        self.held[key] = found

    def _hold(self, lines: Iterable[bytes]) -> int:
        """Hold what lines say, up to a broken one; return how many bytes are whole."""
        kept = 0
        for line in lines:
            try:
                key, found = self._form.read(json.loads(line))
            except (ValueError, KeyError, TypeError):
                break
            if not line.endswith(b"\n"):
                break
            self.held[key] = found
            kept += len(line)
        return kept

    def _failure(self, error: Exception) -> OutputError:
        reason = getattr(error, "strerror", None) or error
        return OutputError(f"{self._path} cannot be written: {reason}; choose another folder")


class Journal(JsonLines[Key, Found]):
    """Keeps what was found, by key, in a file that a later process reads and goes on with."""

    def __init__(
        self,
        path: str | Path,
        settings: Mapping[str, Any],
        form: LineForm[Key, Found],
        beside: Iterable[Path] = (),
    ) -> None:
        """Make the file and its folder, or read what was left there.

        What a broken last line held is found again.

        Args:
            path: of the file.
            settings: what decides the lines; a file under others is refused.
            form: of the lines.
            beside: files that other processes may be writing; what they hold is held too.

        Raises:
            OutputError: if the file cannot be written, or is of other settings.
        """
        super().__init__(path, form)
        self._settings = json.loads(json.dumps(settings))
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            for other in beside:
                if other != self._path:
                    self._read(other)
            if self._path.exists() and self._path.stat().st_size:
                whole, kept = self._read(self._path)
                if kept < len(whole):
                    self._path.write_bytes(whole[:kept])
            else:
                self._path.write_text(json.dumps(self._settings) + "\n", encoding="utf-8")
        except OutputError:  # which is an OSError too
            raise
        except OSError as error:
            raise self._failure(error) from error

    def _read(self, path: Path) -> tuple[bytes, int]:
        """Hold what a file holds; return its bytes, and how many of them are whole lines."""
        whole = path.read_bytes()
        first, *lines = whole.splitlines(keepends=True) or [b""]
        self._require_same(first, path)
        return whole, len(first) + self._hold(lines)

    def _require_same(self, first: bytes, path: Path) -> None:
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
            f"{path} holds another {self._form.noun} (other {', '.join(names)}); "
            "name another folder, or give the settings with which it was begun to go on"
        )
        raise OutputError(message)
