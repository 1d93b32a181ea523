"""Work over one model, which a worker loads when it opens it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tempo.infrastructure.logging import silence_transformers
from tempo.infrastructure.sweeping.model_work import container_for
from tempo.infrastructure.sweeping.threads import compute_on

if TYPE_CHECKING:
    from collections.abc import Callable

    from tempo.application.workers.models import NamedModel
    from tempo.infrastructure.wiring import Container


@dataclass(frozen=True, slots=True)
class ContainerWork:
    """Says which model is to be loaded, and what is then done over it.

    Attributes:
        model: the model.
        make: from a container around it to what answers one payload; a function of a module, so
            that it can travel.
        threads: that torch computes on.
    """

    model: NamedModel
    make: Callable[[Container], Callable[[Any], Any]]
    threads: int = 1

    def open(self) -> Answering:
        """Load the model.

        Raises:
            ModelError, InvalidValueError: as `tempo.load`.
        """
        compute_on(self.threads)
        silence_transformers()
        return Answering(self.make(container_for(self.model)))

    def around(self, container: Container) -> OpenedWork:
        """Return the same work over a model that this process has loaded already."""
        return OpenedWork(Answering(self.make(container)))


@dataclass(frozen=True, slots=True)
class Answering:
    """A worker that answers by a function."""

    answer: Callable[[Any], Any]

    def do(self, payload: Any) -> Any:  # noqa: ANN401 - JSON
        """Return the answer."""
        return self.answer(payload)


@dataclass(frozen=True, slots=True)
class OpenedWork:
    """Work that is open already; it does not travel."""

    worker: Answering

    def open(self) -> Answering:
        """Return the one worker there is."""
        return self.worker
