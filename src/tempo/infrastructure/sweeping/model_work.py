"""The work of a sweep: a worker holds a model, and decodes one prompt after another."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from tempo.application.batches.items import BatchItem
from tempo.application.batches.plan import Job
from tempo.application.studies.keeping import InMemory
from tempo.application.studies.prompt_lines import PromptLine
from tempo.application.sweeps.rows import row_of
from tempo.domain.errors import TempoError
from tempo.infrastructure.configuration import LoadingOptions
from tempo.infrastructure.logging import silence_transformers
from tempo.infrastructure.sweeping.threads import compute_on
from tempo.infrastructure.wiring import Container, identity_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tempo.application.batches.run import BatchRun
    from tempo.application.sweeps.rows import Row
    from tempo.application.sweeps.spec import Taken
    from tempo.application.workers.models import NamedModel
    from tempo.domain.model_identity import ModelIdentity

CHECK_PROMPT = "Once upon a time"
"""What the isolation law is held against on a model that was loaded."""

CONFIGURED = ("model", "device", "dtype", "backend", "random_weights")


@dataclass(frozen=True, slots=True)
class ModelWork:
    """Says which models there are, and what is taken down of each prompt.

    Attributes:
        models: items name them by their places.
        taken: what is taken down.
        threads: that torch computes on.
    """

    models: tuple[NamedModel, ...]
    taken: Taken
    threads: int = 1

    def open(self) -> ModelWorker:
        """Open no model yet: the first item says which one it needs."""
        compute_on(self.threads)
        silence_transformers()
        return ModelWorker(self)


@dataclass(frozen=True, slots=True)
class OpenModel:
    """A model that is loaded."""

    place: int
    run: BatchRun
    identity: ModelIdentity


class ModelWorker:
    """Decodes items, with the model that the last of them needed still open."""

    def __init__(self, work: ModelWork) -> None:
        """Hold no model yet."""
        self._work = work
        self._model: OpenModel | None = None

    def do(self, payload: Mapping[str, Any]) -> Row:
        """Decode a prompt alone, and return its row.

        Raises:
            TempoError: if its model cannot be loaded, or the prompt cannot be decoded.
        """
        model = self._opened(payload["model"])
        item = BatchItem(PromptLine(payload["prompt"]), payload["name"])
        plan = self._work.taken.plan(payload["settings"])
        jobs = [Job(payload["place"], item, None)]
        ((line,),) = model.run.run(plan, jobs, InMemory())
        if "error" in line:
            raise TempoError(line["error"])
        return row_of(payload, line, self._work.models[model.place].name, model.identity)

    def _opened(self, place: int) -> OpenModel:
        if self._model is None or self._model.place != place:
            self._model = None  # so that there is never room for two
            container = container_for(self._work.models[place])
            self._model = OpenModel(place, container.batch_run(), identity_of(container))
        return self._model


def container_for(model: NamedModel) -> Container:
    """Return a container around a model, with the isolation law held against it.

    Raises:
        ModelError, InvalidValueError: as `tempo.load`.
    """
    told = asdict(model)
    configured = {name: told.pop(name) for name in CONFIGURED}
    container = Container()
    container.config.from_dict({**configured, "options": LoadingOptions(**told)})
    container.self_check().require(container.tokenizer().encode(CHECK_PROMPT))
    return container
