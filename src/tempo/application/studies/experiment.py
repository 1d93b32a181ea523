"""A study of the project as it was run: the commands, with what they were told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tempo.domain.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Mapping

Option = bool | int | float | str | tuple[int | float | str, ...]


@dataclass(frozen=True, slots=True)
class ExperimentRun:
    """One command of an experiment.

    Attributes:
        name: of the folder that its results go to.
        command: the words of the command behind `tempo`.
        options: by name, with dashes or underscores; a tuple gives an option several times, true
            and false are the two forms of a switch.
    """

    name: str
    command: tuple[str, ...]
    options: Mapping[str, Option]

    @property
    def arguments(self) -> tuple[str, ...]:
        """The command line behind `tempo`."""
        words = list(self.command)
        for name, value in self.options.items():
            flag = name.replace("_", "-")
            if isinstance(value, bool):
                words.append(f"--{flag}" if value else f"--no-{flag}")
                continue
            for one in value if isinstance(value, tuple) else (value,):
                words += [f"--{flag}", str(one)]
        return tuple(words)


@dataclass(frozen=True, slots=True)
class Experiment:
    """A study under its name.

    Attributes:
        name: of its folder under `experiments`.
        about: the question, in one line.
        time: what its runs take, and on what.
        runs: one at least, under different names.
    """

    name: str
    about: str
    time: str
    runs: tuple[ExperimentRun, ...]

    def __post_init__(self) -> None:
        """Refuse no runs, and two of a name."""
        names = [run.name for run in self.runs]
        if not names or len(set(names)) < len(names):
            message = (
                f"the experiment {self.name} has the runs {', '.join(names) or 'none'}; "
                "give at least one, each under a name of its own"
            )
            raise InvalidValueError(message)
