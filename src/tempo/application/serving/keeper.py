"""Looks after shared runs in a thread of its own, for as long as the replica lives."""

from __future__ import annotations

from threading import Event as Flag
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING

from tempo.application.serving.shared_registry import POLL
from tempo.domain.errors import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tempo.application.serving.runner import Runner
    from tempo.application.serving.served_run import ServedRun
    from tempo.application.serving.shared_registry import SharedRegistry

RENEWALS = 5
"""So often in the time of a lease it is renewed, and those of others are looked at."""


class Keeper:
    """Tends, renews and adopts; a store that does not answer is asked again."""

    def __init__(
        self,
        registry: SharedRegistry,
        runner: Runner,
        revive: Callable[..., ServedRun],
        lease_seconds: float,
        told: Callable[[str, object], object],
    ) -> None:
        """Be ready; `told` gets "adopted" with a run's name, or "failed" with an error."""
        self._registry = registry
        self._runner = runner
        self._revive = revive
        self._every = lease_seconds / RENEWALS
        self._told = told
        self._renewed = self._looked = monotonic()
        self._stopped = Flag()
        self._thread = Thread(target=self._keep, name="tempo-keeper", daemon=True)

    def start(self) -> None:
        """Look after the runs from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Do so no more."""
        self._stopped.set()
        self._thread.join()

    def _keep(self) -> None:
        while not self._stopped.wait(POLL):
            try:
                self._look()
            except UnavailableError:
                continue  # the store's own failure is told once, by what writes to it
            except Exception as error:  # why: the next round may go better  # noqa: BLE001
                self._told("failed", error)

    def _look(self) -> None:
        now = monotonic()
        if now - self._renewed >= self._every:
            self._registry.renew()
            self._renewed = now
        self._registry.tend(self._runner)
        if now - self._looked >= self._every:
            self._looked = now
            while (name := self._registry.adopt(self._runner, self._revive)) is not None:
                self._told("adopted", name)
