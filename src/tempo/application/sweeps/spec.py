"""What a sweep asks: models, settings and, for a search, what it is to find."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING

from tempo.application.batches.plan import BatchPlan, Chat
from tempo.application.n_best import Ranking
from tempo.application.settings.reading import merged
from tempo.application.sweeps.figures import FIGURES
from tempo.application.sweeps.items import settings_text
from tempo.application.workers.models import NamedModel
from tempo.domain.errors import ContradictionError, InvalidValueError, TempoError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tempo.application.sweeps.spaces import Space

MOST_TRIALS = 100_000
MOST_POINTS = 100_000

Point = dict[str, object]
"""Settings by name, one value each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What is taken down of each prompt, under whatever settings.

    Attributes:
        texts: how many best texts.
        ranking: in which order they stand.
        samples: how many texts are drawn from the posterior.
        chat: what prompts are put into.
    """

    texts: int = 1
    ranking: Ranking = field(default_factory=Ranking)
    samples: int = 0
    chat: Chat = field(default_factory=Chat)

    def __post_init__(self) -> None:
        for name, number, least in (("n_best", self.texts, 1), ("sample", self.samples, 0)):
            if not least <= number <= MOST_POINTS:
                message = f"{name} is {number}; it must be from {least} to {MOST_POINTS}"
                raise InvalidValueError(message)

    def plan(self, settings: Mapping[str, object]) -> BatchPlan:
        """Return what one prompt alone is asked under some settings.

        Raises:
            InvalidValueError: for settings that are wrong, alone or together.
        """
        return BatchPlan(
            settings=settings,
            texts=self.texts,
            ranking=self.ranking,
            samples=self.samples,
            together=1,
            chat=self.chat,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchSpec:
    """A search for the settings that are best by one figure, the mean over all prompts.

    Attributes:
        figure: one of `FIGURES`.
        direction: `maximize` or `minimize`.
        trials: how many settings are tried.
        at_once: how many of them are chosen before any of them is judged; part of what decides
            which they are.
        seed: of the choices.
        spaces: by setting, what its value is chosen from.
    """

    figure: str
    direction: str
    trials: int
    at_once: int
    seed: int
    spaces: Mapping[str, Space]

    def __post_init__(self) -> None:
        if self.figure not in FIGURES:
            message = f"metric is {self.figure!r}; it must be one of {', '.join(FIGURES)}"
            raise InvalidValueError(message)
        if self.direction not in set(FIGURES.values()):
            message = f"direction is {self.direction!r}; it must be maximize or minimize"
            raise InvalidValueError(message)
        if not 1 <= self.trials <= MOST_TRIALS:
            message = f"trials is {self.trials}; it must be from 1 to {MOST_TRIALS}"
            raise InvalidValueError(message)
        if not 1 <= self.at_once <= self.trials:
            message = f"at_once is {self.at_once}; it must be from 1 to {self.trials}, the trials"
            raise InvalidValueError(message)
        if not self.spaces:
            message = "the search has no settings; give at least one under search.settings"
            raise InvalidValueError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepSpec:
    """Everything that is asked but the prompts.

    Attributes:
        models: one at least, each with another name.
        axes: by setting, the values that it takes, each with each of the others.
        taken: what is taken down of each prompt.
        search: what is searched for, if anything.

    Raises:
        InvalidValueError: for settings that are wrong, alone or together.
        ContradictionError: for a search over several models, or over settings that are given.
    """

    models: tuple[NamedModel, ...] = (NamedModel(),)
    axes: Mapping[str, tuple[object, ...]] = field(default_factory=dict)
    taken: Taken = field(default_factory=Taken)
    search: SearchSpec | None = None

    def __post_init__(self) -> None:
        if not self.models or len(set(self.models)) < len(self.models):
            named = ", ".join(model.name for model in self.models) or "none"
            message = f"models is {named}; give at least one, and each of them once"
            raise InvalidValueError(message)
        for name, values in self.axes.items():
            if not values:
                message = f"the setting {name} has no values; give at least one, or leave it out"
                raise InvalidValueError(message)
        if self.search is not None:
            self._require_searchable(self.search)
        self._judge(tuple(self.points()))
        self._require_different()

    def points(self) -> Iterator[Point]:
        """Yield the settings of the grid, the last one named changing first."""
        for values in product(*self.axes.values()):
            yield dict(zip(self.axes, values, strict=True))

    def _judge(self, points: tuple[Point, ...]) -> None:
        if len(points) > MOST_POINTS:
            message = f"the grid has {len(points)} points; it must have at most {MOST_POINTS}"
            raise InvalidValueError(message)
        for number, point in enumerate(points, start=1):
            try:
                self.taken.plan(point)
            except TempoError as error:
                if len(points) == 1:
                    raise
                message = f"settings {number} of {len(points)}: {error}"
                raise type(error)(message) from error

    def _require_different(self) -> None:
        for name, values in self.axes.items():
            seen: set[str] = set()
            for value in values:
                told = settings_text({name: value})
                if told in seen:
                    message = f"the setting {name} has {value} twice; give each of its values once"
                    raise InvalidValueError(message)
                seen.add(told)

    def _require_searchable(self, search: SearchSpec) -> None:
        if len(self.models) > 1:
            message = f"a search is over one model, and there are {len(self.models)}; leave one"
            raise ContradictionError(message)
        for name, values in self.axes.items():
            if name in search.spaces:
                message = f"{name} is under settings and under search.settings; leave one out"
                raise ContradictionError(message)
            if len(values) > 1:
                message = (
                    f"{name} has {len(values)} values beside a search; give one, or name it under "
                    "search.settings"
                )
                raise ContradictionError(message)
        (fixed,) = self.points()
        for name, space in search.spaces.items():
            for value in space.ends:
                merged({**fixed, name: value})  # what no trial could have is refused now
