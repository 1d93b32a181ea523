"""A study's items done by an engine with workers, or in this process as ever."""

from __future__ import annotations

import sys
from contextlib import closing
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from tempo.application.studies.alone import Alone
from tempo.application.studies.keeping import InMemory
from tempo.application.workers.models import NamedModel
from tempo.application.workers.work import Failed, WorkItem
from tempo.domain.errors import ContradictionError
from tempo.infrastructure.documents import PlainValues
from tempo.interfaces.cli.engine_options import LOCAL, chosen_engine
from tempo.interfaces.cli.failures import INTERRUPTED
from tempo.interfaces.cli.loading_options import chosen_options
from tempo.interfaces.cli.studies.telling import measured
from tempo.interfaces.cli.sweeping.failures import failed_items
from tempo.interfaces.cli.sweeping.progress import follow

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from threading import Event as Flag

    from tempo.application.studies.keeping import Kept
    from tempo.application.workers.work import Done
    from tempo.infrastructure.container import Container
    from tempo.interfaces.cli.decoding import ModelChoice
    from tempo.interfaces.python.engine import Engine

Found = TypeVar("Found")
SOME_FAILED = 1


class Contexts(Protocol):
    """A study of a container's model, which measures what is not kept; it can be pickled."""

    def __call__(self, container: Container, kept: Kept[Any] | None) -> Iterator[Any]:
        """Judge what is asked now, and measure one item after another as they are drawn."""
        ...


@dataclass(frozen=True, slots=True)
class Findings(Generic[Found]):
    """What was found, and how it ended.

    Attributes:
        all: what was found, in the order of the items; without those that failed.
        failed: how many failed.
    """

    all: tuple[Found, ...]
    failed: int = 0

    def code(self, stop: Flag) -> int:
        """Return a command's exit code."""
        if stop.is_set():
            return INTERRUPTED
        return SOME_FAILED if self.failed else 0


@dataclass(frozen=True, slots=True)
class StudyItems:
    """The items of a study.

    Attributes:
        contexts: measures them.
        kinds: the dataclasses that findings are made of.
        count: how many items there are.
        noun: what they are called.
    """

    contexts: Contexts
    kinds: tuple[type, ...]
    count: int
    noun: str = "contexts"

    def found(
        self, engine: Engine, model: ModelChoice, kept: Kept[Any] | None, stop: Flag
    ) -> Findings[Any]:
        """Measure what is not kept until the user stops it, where the options of engines say.

        The numbers are those of this process: an item is measured by itself there too. Why items
        failed is told on standard error.

        Raises:
            TempoError: if this process measures, and an item cannot be measured.
            WorkerError: if no worker can be had.
            OutputError: if something cannot be kept.
        """
        contexts = self.contexts(engine.container, kept)
        if chosen_engine().engine is None:
            return Findings(measured(contexts, self.count, stop, self.noun))
        kept = InMemory() if kept is None else kept
        values = PlainValues(*self.kinds)
        left = [WorkItem(str(n), n) for n in range(self.count) if n not in kept.held]

        def keep(name: str, plain: Any) -> None:  # noqa: ANN401 - JSON
            kept.add(int(name), values.value(plain))

        make = partial(_alone, contexts=self.contexts, kinds=self.kinds)
        failed = handed_out(Handed(make, left, self.noun), engine, model, keep, stop)
        found = (kept.held[n] for n in range(self.count) if n in kept.held)
        return Findings(tuple(found), failed)


@dataclass(frozen=True, slots=True)
class Handed:
    """Items that are to be done elsewhere.

    Attributes:
        make: from a container to what answers their payloads; it can be pickled.
        left: what is to be done.
        noun: what they are called.
    """

    make: Callable[[Container], Callable[[Any], Any]]
    left: Iterable[WorkItem]
    noun: str


def handed_out(
    handed: Handed,
    engine: Engine,
    model: ModelChoice,
    keep: Callable[[str, Any], None],
    stop: Flag,
) -> int:
    """Have items done by the engine that was chosen, and keep each; return how many failed.

    Raises:
        WorkerError: if no worker can be had.
        OutputError: if something cannot be kept.
    """
    from tempo.infrastructure.container import ContainerWork  # noqa: PLC0415 - takes seconds

    choice = chosen_engine()
    work = ContainerWork(_named(model), handed.make, choice.computed_on)
    opened = work.around(engine.container) if choice.engine == LOCAL else work
    left = list(handed.left)
    failed: list[Failed] = []

    def kept(done: Generator[Done, None, None]) -> Generator[Done, None, None]:
        with closing(done) as found:
            for one in found:
                if isinstance(one, Failed):
                    failed.append(one)
                else:
                    keep(one.id, one.result)
                yield one

    with choice.opened() as workers:
        follow(kept(workers.run(opened, left)), len(left), 0, stop, handed.noun)
    for line in failed_items(failed, len(left)):
        sys.stderr.write(f"{line}\n")
    return len(failed)


def _named(model: ModelChoice) -> NamedModel:
    """Return a model as a worker is to load it.

    Raises:
        ContradictionError: for one that is split over processes, which are no workers.
    """
    options = asdict(chosen_options())
    split = options.pop("tensor_parallel")
    if split:
        message = (
            f"tensor_parallel is {split}, which splits a model over the processes of torchrun, and "
            "engine names workers that hold a model each; leave one out"
        )
        raise ContradictionError(message)
    return NamedModel(**asdict(model), **options)


def _alone(
    container: Container, contexts: Contexts, kinds: tuple[type, ...]
) -> Callable[[int], Any]:
    """Return what measures one item of a study by itself, by its number."""
    values = PlainValues(*kinds)
    alone: Alone[int, Any] = Alone()

    def answer(number: int) -> Any:  # noqa: ANN401 - JSON
        return values.plain(alone.found(number, lambda: contexts(container, alone)))

    return answer
