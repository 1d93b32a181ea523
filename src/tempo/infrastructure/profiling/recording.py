"""Recordings of what ran: a flame graph, the statistics of calls, the operations of torch."""

from __future__ import annotations

from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from tempo.domain.errors import InvalidValueError, OutputError
from tempo.infrastructure.storage.lattice_file import require_place, save_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    Recording = AbstractContextManager[None]

TOP = 20
"""So many calls are printed, those that take longest first."""

INTERVAL = 0.001
"""Seconds between two looks at the stack."""


def flame_graph(path: str) -> Recording:
    """Return a context that writes where its block spent its time, as a page to unfold.

    Raises:
        InvalidValueError: for a name that does not end in .html, or without pyinstrument.
        OutputError: for a file that could not be written; before the work that it is for.
    """
    if Path(path).suffix.lower() not in {".html", ".htm"}:
        message = (
            f"--profile-output is {path!r} and a flame graph is a page: let its name end in .html, "
            "or add --use-cprofile for the statistics of calls"
        )
        raise InvalidValueError(message)
    try:
        import pyinstrument  # noqa: F401, PLC0415 - optional
    except ImportError:
        message = "flame graphs need pyinstrument: pip install 'tempo-decoding[profile]'"
        raise InvalidValueError(message) from None
    require_place(path)
    return _flame_graph(path)


@contextmanager
def _flame_graph(path: str) -> Iterator[None]:
    from pyinstrument import Profiler  # noqa: PLC0415 - optional

    profiler = Profiler(interval=INTERVAL)
    profiler.start()
    try:
        yield
    finally:
        profiler.stop()
        save_text(profiler.output_html(), path)


def call_statistics(path: str, told: Callable[[str], None]) -> Recording:
    """Return a context that writes how often and how long each function ran, and tells the top.

    Raises:
        OutputError: for a file that could not be written; before the work that it is for.
    """
    require_place(path)
    return _call_statistics(path, told)


@contextmanager
def _call_statistics(path: str, told: Callable[[str], None]) -> Iterator[None]:
    import cProfile  # noqa: PLC0415 - only where it is asked for
    import pstats  # noqa: PLC0415

    profiler = cProfile.Profile()
    profiler.enable()
    try:
        yield
    finally:
        profiler.disable()
        with _written(path) as target:
            profiler.dump_stats(target)
        text = StringIO()
        pstats.Stats(profiler, stream=text).sort_stats("cumulative").print_stats(TOP)
        told(text.getvalue())


def operation_trace(path: str) -> Recording:
    """Return a context that writes the operations of torch in its block, for a trace viewer.

    Raises:
        OutputError: for a file that could not be written; before the work that it is for.
    """
    require_place(path)
    return _operation_trace(path)


@contextmanager
def _operation_trace(path: str) -> Iterator[None]:
    from torch.profiler import profile  # noqa: PLC0415 - a second

    with profile() as recorded:
        yield
    with _written(path) as target:
        recorded.export_chrome_trace(target)


@contextmanager
def _written(path: str) -> Iterator[str]:
    """Hand out a file's full name to one who writes it; what goes wrong is one sentence.

    Raises:
        OutputError: if it cannot be written.
    """
    try:
        yield str(Path(path).expanduser())
    except (OSError, RuntimeError) as error:
        message = f"{path} cannot be written: {error}; choose another place"
        raise OutputError(message) from error
