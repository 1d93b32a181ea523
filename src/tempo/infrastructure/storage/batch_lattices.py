"""The lattices of a batch, each in a file of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tempo.application.batches.items import BatchItem
from tempo.application.records.record import Provenance, record_of
from tempo.domain.errors import OutputError

if TYPE_CHECKING:
    from tempo.application.batches.run import Asked
    from tempo.application.decoding.outcome import Outcome
    from tempo.domain.model_identity import ModelIdentity
    from tempo.infrastructure.storage.lattice_file import LatticeFile


class BatchLattices:
    """Saves the lattice of each job in a folder."""

    def __init__(self, folder: str | Path, file: LatticeFile, model: ModelIdentity) -> None:
        """Make the folder if it is not there; `model` is what made the lattices.

        Raises:
            OutputError: if it cannot be made.
        """
        self._folder = Path(folder).expanduser()
        self._file = file
        self._model = model
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            message = f"{folder} cannot be made: {error.strerror or error}; choose another folder"
            raise OutputError(message) from error

    def put(self, asked: Asked, outcome: Outcome) -> str:
        """Save what a job left; return the file's name.

        Raises:
            OutputError: if it cannot be written.
        """
        item = asked.job.item
        provenance = Provenance(
            prompt=item.prompt.text if isinstance(item, BatchItem) else None,
            settings=asked.settings.as_mapping(),
            stop=outcome.request.stopping.stop,
            model=self._model,
            finish_reason=outcome.reason,
            settled=outcome.settled,
        )
        place = self._folder / asked.job.file_name
        self._file.save(record_of(outcome.lattice, outcome.best, provenance), place)
        return place.name
