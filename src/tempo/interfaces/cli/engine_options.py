"""Options that say who does the work: this process as ever, or an engine with workers.

They are added to commands here and read where the work is handed out.
"""

from __future__ import annotations

import difflib
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from inspect import Parameter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tempo.application.workers.attempts import MOST_RETRIES, Retries
from tempo.application.workers.local import LocalEngine
from tempo.application.workers.threads import require_threads
from tempo.domain.errors import IneffectiveSettingError, InvalidValueError
from tempo.infrastructure.documents import Crew, ray_engine
from tempo.interfaces.cli.added_options import with_added_options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tempo.application.workers.engine import WorkEngine

PANEL = "Workers"
LOCAL, RAY = "local", "ray"
ENGINES = (LOCAL, RAY)

MEANINGS: Mapping[str, tuple[type, str]] = {
    "engine": (
        str,
        "Who does the work: local is this process, ray are workers, with the same numbers.",
    ),
    "address": (
        str,
        "Of the Ray cluster: HOST:PORT, ray://HOST:PORT or auto. Default: one on this machine.",
    ),
    "workers": (int, "Workers of Ray at most, each with a model of its own. Default: 2."),
    "cpus_per_worker": (float, "CPUs of each, or a share of one. Default: 1."),
    "gpus_per_worker": (float, "GPUs of each, or a share of one. Default: 0."),
    "retries": (int, f"Try what failed again so often, 0 to {MOST_RETRIES}. Default: 2."),
    "threads": (int, "Threads that each worker computes on; numbers depend on it. Default: 1."),
}
OF_RAY = ("address", "workers", "cpus_per_worker", "gpus_per_worker")

CHOSEN: ContextVar[EngineChoice | None] = ContextVar("engine_options", default=None)
"""What the command under way was told."""

ENDING: ContextVar[ExitStack | None] = ContextVar("engine_ending", default=None)
"""What is undone when the command under way has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineChoice:
    """The engine that a user named; None is what was not.

    Raises:
        InvalidValueError: for an unknown engine, or a number outside its range.
        IneffectiveSettingError: for what another engine would need.
    """

    engine: str | None = None
    address: str | None = None
    workers: int | None = None
    cpus_per_worker: float | None = None
    gpus_per_worker: float | None = None
    retries: int | None = None
    threads: int | None = None

    def __post_init__(self) -> None:
        if self.engine is not None and self.engine not in ENGINES:
            near = difflib.get_close_matches(self.engine, ENGINES, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            message = f"engine is {self.engine!r}; it must be {' or '.join(ENGINES)}{hint}"
            raise InvalidValueError(message)
        named = {name: getattr(self, name) for name in MEANINGS if name != "engine"}
        for name, value in named.items():
            wanted = "--engine ray" if name in OF_RAY else "--engine local or ray"
            fits = self.engine == RAY if name in OF_RAY else self.engine is not None
            if value is not None and not fits:
                message = f"{name} would have no effect without {wanted}"
                raise IneffectiveSettingError(message)
        self.crew()
        self.tries()
        require_threads(self.computed_on)

    def crew(self) -> Crew:
        """Return the workers that Ray is asked for."""
        return Crew(
            workers=2 if self.workers is None else self.workers,
            cpus=1.0 if self.cpus_per_worker is None else self.cpus_per_worker,
            gpus=0.0 if self.gpus_per_worker is None else self.gpus_per_worker,
        )

    def tries(self) -> Retries:
        """Return how often what failed is tried again."""
        return Retries() if self.retries is None else Retries(self.retries)

    @property
    def computed_on(self) -> int:
        """Threads of each worker."""
        return 1 if self.threads is None else self.threads

    @property
    def facts(self) -> dict[str, object]:
        """What is told of who did the work; it decides no number."""
        told: dict[str, object] = {"engine": self.engine}
        if self.engine == RAY:
            crew = self.crew()
            told |= {"address": self.address, "workers": crew.workers, **crew.resources}
        return told

    @contextmanager
    def opened(self) -> Iterator[WorkEngine]:
        """Yield the engine.

        Raises:
            WorkerError: if it cannot be had.
        """
        if self.engine == RAY:
            with ray_engine(self.address, self.crew(), self.tries()) as engine:
                yield engine
        else:
            yield LocalEngine(self.tries())


def with_engine_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command these options; while it runs, `chosen_engine` returns them."""
    return with_added_options(command, [_option(name) for name in MEANINGS], _told)


def with_an_engine(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command these options where something has to be chosen: this process, by default."""
    options = [_option(name) for name in MEANINGS]
    return with_added_options(
        command, options, lambda given: _told({**given, "engine": given["engine"] or LOCAL})
    )


def chosen_engine() -> EngineChoice:
    """Return what the command under way was told of its workers."""
    return CHOSEN.get() or EngineChoice()


def compute_as_chosen() -> None:
    """Have this process compute on as many threads as the workers do, until the command has ended.

    Without an engine nothing changes. Where torch is loaded anyway: it takes seconds.
    """
    choice, ending = chosen_engine(), ENDING.get()
    if choice.engine is None or ending is None:
        return
    from tempo.infrastructure.container import computing_on  # noqa: PLC0415 - takes seconds

    ending.enter_context(computing_on(choice.computed_on))


@contextmanager
def _told(given: Mapping[str, Any]) -> Iterator[None]:
    choice = EngineChoice(**given)
    with ExitStack() as ending:
        before, ended = CHOSEN.set(choice), ENDING.set(ending)
        try:
            yield
        finally:
            CHOSEN.reset(before)
            ENDING.reset(ended)


def _option(name: str) -> Parameter:
    kind, meaning = MEANINGS[name]
    info = typer.Option(
        f"--{name.replace('_', '-')}", help=meaning, rich_help_panel=PANEL, show_default=False
    )
    return Parameter(
        name, Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind | None, info]
    )
