"""Who chooses a search's trials: optuna's tree of Parzen estimators, the same for the same past."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tempo.application.sweeps.spaces import Choice
from tempo.domain.errors import OutputError
from tempo.infrastructure.sweeping.installed import require_trials

if TYPE_CHECKING:
    from tempo.application.sweeps.spaces import Space
    from tempo.application.sweeps.spec import Point, SearchSpec

NAME = "trials.log"
"""Optuna's own journal: what its dashboard and its library read."""

SEEDS = 2**32


class OptunaSuggestions:
    """Chooses settings by TPE, with a sampler of its own for each trial.

    A trial's seed is that of the search and its number, so that it depends on what was told before
    it and on nothing else: a search that goes on chooses what an unbroken one would. It does so by
    going through its trials again, whose results are kept; optuna's journal is written anew.
    """

    def __init__(self, search: SearchSpec, folder: str | Path) -> None:
        """Begin a study in a folder.

        Raises:
            InvalidValueError: if optuna is not installed.
            OutputError: if its journal cannot be written.
        """
        optuna = require_trials()
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        place = Path(folder).expanduser() / NAME
        try:
            place.unlink(missing_ok=True)
            journal = optuna.storages.journal
            storage = journal.JournalStorage(journal.JournalFileBackend(str(place)))
        except OSError as error:
            message = f"{place} cannot be written: {error.strerror or error}; choose another folder"
            raise OutputError(message) from error
        self._optuna = optuna
        self._search = search
        self._study = optuna.create_study(
            storage=storage, study_name="tempo sweep", direction=search.direction
        )
        self._open: dict[int, Any] = {}

    def ask(self, number: int) -> Point:
        """Return the settings of a trial."""
        seed = (self._search.seed + number * 1_000_003) % SEEDS
        self._study.sampler = self._optuna.samplers.TPESampler(
            seed=seed, constant_liar=self._search.at_once > 1
        )
        trial = self._open[number] = self._study.ask()
        return {name: _chosen(trial, name, space) for name, space in self._search.spaces.items()}

    def tell(self, number: int, value: float | None) -> None:
        """Say what came of a trial."""
        trial = self._open.pop(number)
        if value is None:
            self._study.tell(trial, state=self._optuna.trial.TrialState.FAIL)
        else:
            self._study.tell(trial, value)


def _chosen(trial: Any, name: str, space: Space) -> object:  # noqa: ANN401 - optuna's
    if isinstance(space, Choice):
        # Optuna keeps numbers and texts; which value it is, it is told by its place.
        return space.values[trial.suggest_categorical(name, list(range(len(space.values))))]
    if space.whole:
        return trial.suggest_int(name, int(space.low), int(space.high), log=space.log)
    return trial.suggest_float(name, space.low, space.high, log=space.log)
