"""A command under way, looked at."""

from __future__ import annotations

import sys
from contextlib import ExitStack, contextmanager, nullcontext
from typing import TYPE_CHECKING

from tempo.application.phase_profile import PhaseProfile
from tempo.infrastructure.documents import measure_on, process_memory
from tempo.interfaces.cli.observing.phase_table import phase_lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from tempo.interfaces.cli.observing.options import Observing
    from tempo.interfaces.python.engine import Engine


class Look:
    """Measures phases, records, and bounds the memory, as far as that was asked for."""

    def __init__(self, observing: Observing, stack: ExitStack) -> None:
        """Begin to measure; recordings end with the stack."""
        self._observing = observing
        self._stack = stack
        self.profile = PhaseProfile(process_memory) if observing.profiles else None

    def phase(self, name: str) -> AbstractContextManager[None]:
        """Return a context around a block of a phase."""
        return nullcontext() if self.profile is None else self.profile.phase(name)

    def loaded(self, engine: Engine) -> None:
        """Look at an engine's runs too; recordings begin."""
        engine.container.config.max_memory_gb.from_value(self._observing.max_memory_gb)
        if self.profile is not None:
            measure_on(self.profile, engine.description.device)
            engine.container.phase_observer.override(self.profile)
        for recording in self._observing.recordings:
            self._stack.enter_context(recording)


@contextmanager
def looked_at(observing: Observing) -> Iterator[Look]:
    """Look at a command; what was measured is told on standard error at its end, error or not."""
    with ExitStack() as stack:
        look = Look(observing, stack)
        try:
            yield look
        finally:
            if look.profile is not None:
                sys.stderr.write("\n".join(phase_lines(look.profile)) + "\n")
