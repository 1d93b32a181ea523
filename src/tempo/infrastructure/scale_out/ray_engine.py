"""The engine that has items done by Ray actors, which Ray Data feeds and replaces."""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from tempo.application.workers.work import Failed, require_different
from tempo.domain.errors import WorkerError
from tempo.infrastructure.scale_out.cluster import connected, require_room
from tempo.infrastructure.scale_out.hand import ASKED, DONE, Hand, asked_of, heard, versions
from tempo.infrastructure.scale_out.tally import Beginnings, SharedTally

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence

    from tempo.application.workers.attempts import Retries
    from tempo.application.workers.work import Done, Work, WorkItem
    from tempo.infrastructure.scale_out.crew import Crew

MOST_PIECES = 10_000
"""So many pieces of work at most are known to Ray at a time; more items share pieces."""

TOGETHER = 4
"""Items of a piece where there are many: what a piece costs Ray's driver is shared by them."""

TURNS = 32
"""So many pieces each worker is to have at least, before items share one."""

IN_FLIGHT = 4
"""Pieces that a worker has at most, the one it does and those that wait beside it."""

ROUNDS = 3
"""So often are items streamed of which nothing came back."""


@contextmanager
def ray_engine(address: str | None, crew: Crew, retries: Retries) -> Iterator[RayEngine]:
    """Yield an engine over the cluster at an address, or over one made on this machine for None.

    Raises:
        WorkerError: as `connected`.
    """
    with connected(address, crew) as ray:
        yield RayEngine(ray, crew, retries)


class RayEngine:
    """Streams items through actors, each of which holds its work open.

    Ray Data gives what a worker had to another one when it dies, and starts a new worker in its
    place, without end; a tally that outlives workers ends it for an item that is to blame.
    """

    def __init__(self, ray: Any, crew: Crew, retries: Retries) -> None:  # noqa: ANN401 - a module
        """Work over Ray as it is connected."""
        self._ray = ray
        self._crew = crew
        self._retries = retries

    def run(self, work: Work, items: Iterable[WorkItem]) -> Generator[Done, None, None]:
        """Yield what came of each item, as `WorkEngine` says."""
        return self._all(work, require_different(items))

    def _all(self, work: Work, items: tuple[WorkItem, ...]) -> Generator[Done, None, None]:
        left = {item.id: item for item in items}
        fruitless = 0
        while left and fruitless < ROUNDS:
            before = len(left)
            with closing(self._streamed(work, tuple(left.values()))) as found:
                for done in found:
                    if left.pop(done.id, None) is not None:  # a piece done twice is told once
                        yield done
            fruitless = 0 if len(left) < before else fruitless + 1
        for name in left:
            yield Failed(name, "its results were lost on the way", fruitless)

    def _streamed(self, work: Work, items: Sequence[WorkItem]) -> Generator[Done, None, None]:
        """Yield what comes back of one stream."""
        ray = self._ray
        size = min(require_room(ray, self._crew), len(items))
        rows = [{ASKED: asked} for asked in asked_of(items)]
        tally = self._tally()
        with _streaming(ray):
            found = ray.data.from_items(
                rows, override_num_blocks=pieces_of(len(rows), size)
            ).map_batches(
                Hand,
                fn_constructor_args=(work, self._retries, versions(), SharedTally(tally)),
                batch_size=1,
                batch_format="pyarrow",
                compute=ray.data.ActorPoolStrategy(min_size=size, max_size=size),
                **self._crew.resources,
            )
            tables = found.iter_batches(batch_size=None, prefetch_batches=0, batch_format="pyarrow")
            try:
                for table in tables:
                    yield from map(heard, table.column(DONE).to_pylist())
            except ray.exceptions.RayError as error:
                raise WorkerError(_lost(error)) from error
            finally:
                ray.kill(tally)

    def _tally(self) -> Any:  # noqa: ANN401 - a handle of Ray's
        """Start the tally where this process is: a node that is lost does not take it along."""
        ray = self._ray
        here = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(
            ray.get_runtime_context().get_node_id(), soft=True
        )
        made = ray.remote(num_cpus=0, max_restarts=-1, max_task_retries=-1)(Beginnings)
        return made.options(scheduling_strategy=here).remote()


def pieces_of(items: int, workers: int) -> int:
    """Return in how many pieces items go out: each by itself where there are few.

    What a piece holds comes back together, and is done again together if its worker dies.
    """
    together = min(TOGETHER, max(1, items // (workers * TURNS)))
    return min(MOST_PIECES, -(-items // together))


@contextmanager
def _streaming(ray: Any) -> Iterator[None]:  # noqa: ANN401 - a module
    """Have Ray Data stream without a word, and lose a piece rather than stop, for a while."""
    context = ray.data.DataContext.get_current()
    wanted = {
        "enable_progress_bars": False,
        "print_on_execution_start": False,
        "max_errored_blocks": -1,
        "max_tasks_in_flight_per_actor": IN_FLIGHT,
        "max_consecutive_actor_init_deaths": 8,
    }
    before = {name: getattr(context, name) for name in wanted}
    for name, value in wanted.items():
        setattr(context, name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(context, name, value)


def _lost(error: Exception) -> str:
    last = next((line for line in reversed(str(error).splitlines()) if line.strip()), "")
    return f"the workers are lost ({type(error).__name__}: {last.strip()}); what was kept is kept"
