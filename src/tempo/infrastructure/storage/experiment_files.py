"""The project's experiments: `experiments/NAME/config.toml`, carried in the package."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from tempo.application.studies.experiment import Experiment, ExperimentRun
from tempo.domain.errors import DocumentError, OutputError

CONFIG = "config.toml"

PACKAGE = Path(__file__).parents[2]
PLACES = (PACKAGE / "experiments", PACKAGE.parents[1] / "experiments")
"""Where a wheel carries them, and where a checkout has them."""

Value = bool | int | float | str


class _Run(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    command: Annotated[tuple[str, ...], BeforeValidator(lambda words: tuple(words.split()))]
    options: dict[str, Value | list[int | float | str]] = {}


class _Config(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    about: str
    time: str
    runs: list[_Run]


def experiments() -> tuple[Experiment, ...]:
    """Return the project's experiments by name, those of which there is a file.

    Raises:
        DocumentError: if one of them is broken.
    """
    place = next((place for place in PLACES if place.is_dir()), None)
    files = [] if place is None else sorted(place.glob(f"*/{CONFIG}"))
    return tuple(read_experiment(file) for file in files)


def read_experiment(path: str | Path) -> Experiment:
    """Return the experiment that a file describes; its folder names it.

    Raises:
        OutputError: if the file cannot be read.
        DocumentError: if it describes none.
    """
    file = Path(path).expanduser()
    try:
        found = _Config.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror or error}; name a file {CONFIG}"
        raise OutputError(message) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        message = f"{path} describes no experiment: {where}: {first['msg']}"
        raise DocumentError(message) from error
    except ValueError as error:  # of TOML, and of UTF-8
        message = f"{path} describes no experiment: it is no TOML: {error}"
        raise DocumentError(message) from error
    runs = tuple(
        ExperimentRun(
            run.name,
            run.command,
            {
                name: tuple(value) if isinstance(value, list) else value
                for name, value in run.options.items()
            },
        )
        for run in found.runs
    )
    return Experiment(file.resolve().parent.name, found.about, found.time, runs)
