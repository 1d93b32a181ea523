"""The use-cases: go through a grid, or search, on any engine, from where it was left off."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Protocol

from tempo.application.sweeps.figures import MAXIMIZE
from tempo.application.sweeps.items import grid_items, items_under
from tempo.domain.errors import TempoError

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterable, Mapping, Sequence

    from tempo.application.batches.items import BatchItem
    from tempo.application.sweeps.spec import Point, SearchSpec, SweepSpec
    from tempo.application.workers.engine import WorkEngine
    from tempo.application.workers.work import Done, Work, WorkItem


class ResultShelf(Protocol):
    """Keeps results, each once, while a sweep goes on and beyond it."""

    @property
    def held(self) -> Collection[str]:
        """The ids of the items whose results are kept."""
        ...

    def put(self, done: Done) -> None:
        """Keep what came of an item, so that it is there even if the next never comes.

        Why an item failed is told at the end; it is tried again by whoever goes on.

        Raises:
            OutputError: if it cannot be kept.
        """
        ...

    def figures(self, name: str, ids: Collection[str]) -> Mapping[str, float]:
        """Return a figure of those of the items whose results are kept."""
        ...


class Suggestions(Protocol):
    """Chooses settings to try, going by what it is told of those it chose before."""

    def ask(self, number: int) -> Point:
        """Return the settings of a trial, the same ones for the same past."""
        ...

    def tell(self, number: int, value: float | None) -> None:
        """Say what came of a trial; None that it came to nothing."""
        ...


@dataclass(frozen=True, slots=True)
class Trial:
    """Settings that were tried.

    Attributes:
        number: from 0 on.
        settings: what was chosen, over what was given.
        value: of the figure, mean over the prompts; None where it came to nothing.
        reason: why it did, empty where it did not.
    """

    number: int
    settings: Point
    value: float | None
    reason: str = ""


def swept(
    engine: WorkEngine, work: Work, items: Iterable[WorkItem], shelf: ResultShelf
) -> Generator[Done, None, None]:
    """Have what is not kept yet done; yield what came of each item once it is kept.

    Raises:
        WorkerError: if no worker can be had.
        OutputError: if something cannot be kept.
    """
    left = [item for item in items if item.id not in shelf.held]
    with closing(engine.run(work, left)) as found:
        for done in found:
            shelf.put(done)
            yield done


class Grid:
    """Every model under all settings with every prompt."""

    def __init__(self, spec: SweepSpec, prompts: Sequence[BatchItem]) -> None:
        """Stand for all of them."""
        self._spec = spec
        self._prompts = prompts

    @property
    def count(self) -> int:
        """How many items there are."""
        points = sum(1 for _ in self._spec.points())
        return len(self._spec.models) * points * len(self._prompts)

    def run(
        self, engine: WorkEngine, work: Work, shelf: ResultShelf
    ) -> Generator[Done, None, None]:
        """Yield what comes of the items that are not kept yet, as `swept`."""
        return swept(engine, work, grid_items(self._spec, self._prompts), shelf)


class Search:
    """Trials one batch after another, each over all prompts.

    Attributes:
        trials: those that were judged, in order.
    """

    def __init__(
        self,
        spec: SweepSpec,
        search: SearchSpec,
        prompts: Sequence[BatchItem],
        suggestions: Suggestions,
    ) -> None:
        """Judge nothing yet."""
        self._spec = spec
        self._search = search
        self._prompts = prompts
        self._suggestions = suggestions
        self.trials: list[Trial] = []

    @property
    def count(self) -> int:
        """How many items there are at most; trials with the same settings share theirs."""
        return self._search.trials * len(self._prompts)

    @property
    def best(self) -> Trial | None:
        """The best trial so far, the earlier of equal ones; None for none."""
        judged = [trial for trial in self.trials if trial.value is not None]
        sign = 1.0 if self._search.direction == MAXIMIZE else -1.0
        return max(judged, key=lambda trial: sign * (trial.value or 0.0), default=None)

    def run(
        self, engine: WorkEngine, work: Work, shelf: ResultShelf
    ) -> Generator[Done, None, None]:
        """Yield what comes of the items that are not kept yet, batch of trials by batch.

        A search that goes on tries the same settings again and finds their results kept.
        """
        (fixed,) = self._spec.points()
        for first in range(0, self._search.trials, self._search.at_once):
            numbers = range(first, min(first + self._search.at_once, self._search.trials))
            asked = {number: {**fixed, **self._suggestions.ask(number)} for number in numbers}
            wrong = {number: self._wrong(point) for number, point in asked.items()}
            items = {
                number: {item.id: item for item in items_under(0, point, self._prompts)}
                for number, point in asked.items()
                if not wrong[number]
            }
            together = {name: item for one in items.values() for name, item in one.items()}
            yield from swept(engine, work, together.values(), shelf)
            for number in numbers:
                self._judge(number, asked[number], wrong[number], items.get(number, {}), shelf)

    def _wrong(self, point: Point) -> str:
        """Return why settings cannot be used together; nothing where they can."""
        try:
            self._spec.taken.plan(point)
        except TempoError as error:
            return str(error)
        return ""

    def _judge(
        self,
        number: int,
        point: Point,
        wrong: str,
        items: Mapping[str, WorkItem],
        shelf: ResultShelf,
    ) -> None:
        value = None
        if not wrong:
            found = shelf.figures(self._search.figure, items.keys())
            if len(found) == len(items):
                value = fmean(found[name] for name in items)
            else:
                wrong = f"{len(items) - len(found)} of its {len(items)} items failed"
        self._suggestions.tell(number, value)
        self.trials.append(Trial(number, point, value, wrong))
