"""Runs by their names where several replicas of a service do them."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from time import monotonic, sleep, time
from typing import TYPE_CHECKING

from tempo.application.serving.event_log import EventLog
from tempo.application.serving.following import Following
from tempo.application.serving.interruption import interrupted, state_at
from tempo.application.serving.registry import SETTLING, Entry, RunRegistry
from tempo.application.serving.served_run import RunState
from tempo.domain.errors import TempoError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tempo.application.serving.event_log import Document
    from tempo.application.serving.registry import Retention
    from tempo.application.serving.run_store import KeptRun
    from tempo.application.serving.runner import Runner
    from tempo.application.serving.served_run import ServedRun
    from tempo.application.serving.shared_store import Claim, SharedRunStore

POLL = 0.15
"""Seconds after which the store is asked again what others did."""

MOST_CLAIMS = 3
"""So many replicas try a run after the first; one that they all died of is left alone."""

DIED_OF_IT = "the run was under way in each of {} replicas as they ended, and is not tried again"
NOT_ANEW = "the replica that did the run is gone, and it could not be decoded anew: {}"


class SharedRegistry(RunRegistry):
    """All runs of all replicas: those done here by their entries, the others by the store.

    What a run tells is shown once it is in the store, so that nobody has heard what a replica that
    goes on with it would not know of.
    """

    def __init__(
        self, store: SharedRunStore, retention: Retention, clock: Callable[[], float] = time
    ) -> None:
        """Keep runs in a store; `clock` gives seconds since 1970."""
        super().__init__(store, retention, clock)
        self._shared = store
        self._following = Following(store, retention.listeners)
        self._is_leaving = False

    def mark_interrupted(self) -> int:
        """Mark none: what is under way is another replica's, or will be claimed."""
        return 0

    def _keep(self, entry: Entry) -> None:
        self._shared.begin(entry.kept)
        self._tell_all(entry)

    def _tell_all(self, entry: Entry) -> None:
        name, log = entry.run.name, entry.run.log

        def kept(event: Document) -> None:
            self._shared.append(name, event, partial(log.show, event["seq"]))

        log.keep_before_showing(kept)

    # Runs of any replica -------------------------------------------------------------------------

    def find(self, name: str) -> KeptRun:
        """Return a run as it stands; one that has told its end has its answer.

        Raises:
            RunNotFoundError: for a name that no run has.
            UnavailableError: if the store does not answer.
        """
        end = monotonic() + SETTLING
        while True:
            found = super().find(name)
            if found.state.is_over or name in self._entries or monotonic() > end:
                return found
            if state_at(self._shared.events(name)) is RunState.INTERRUPTED:
                return found
            sleep(POLL)  # its last event was written, and its answer is about to be

    def log(self, name: str) -> EventLog:
        """Return what a run told, and tells.

        Raises:
            RunNotFoundError: for a name that no run has.
            UnavailableError: if the store does not answer.
        """
        entry = self._entries.get(name)
        if entry is not None:
            return entry.run.log
        if RunRegistry.find(self, name).state.is_over:
            return EventLog(self._shared.events(name))
        return self._following.log(name)

    def listen(self, name: str) -> Callable[[], None]:
        """Become one of those that a run goes on for; returns how to leave.

        Raises:
            QueueFullError: if as many listen as may.
        """
        return super().listen(name) if name in self._entries else self._following.listen(name)

    def cancel(self, runner: Runner, name: str) -> KeptRun:
        """Stop a run, wherever it is done; one that is over stays as it is.

        Raises:
            RunNotFoundError: for a name that no run has.
            UnavailableError: if the store takes nothing.
        """
        entry = self._entries.get(name)
        if entry is None:
            if not RunRegistry.find(self, name).state.is_over:
                self._shared.ask_to_stop(name)
        elif not entry.run.state.is_over:
            self._stop(runner, entry)
        return self.find(name)

    def _stop(self, runner: Runner, entry: Entry) -> None:
        """Stop a run that is done here, once it has come to where it was before."""
        if not entry.run.is_replaying:
            runner.cancel(entry.run)
        else:
            self._shared.ask_to_stop(entry.run.name)

    # What is to be done time and again -----------------------------------------------------------

    def tend(self, runner: Runner) -> None:
        """Tell what other replicas did, and heed what they ask; many times a second.

        Raises:
            UnavailableError: if the store does not answer.
        """
        self._following.poll()
        # Before the leases: a run has its lease first.
        entries = dict(self._entries)
        held = self._shared.held()
        for name, entry in entries.items():
            if entry.run.state.is_over:
                continue
            if name not in held:
                self._lose(runner, entry)
                continue
            entry.heard_at = max(entry.heard_at, self._clock() - held[name].heard_before)
            if held[name].is_asked_to_stop and not entry.run.is_replaying:
                runner.cancel(entry.run)

    def renew(self) -> None:
        """Say that this replica lives, and for which runs of others it has listeners.

        Raises:
            UnavailableError: if the store does not answer.
        """
        self._shared.renew()
        self._following.hear()

    def sweep(self, runner: Runner) -> None:
        """Let go of what has ended, too, as soon as all can read it."""
        over = [one for one in tuple(self._entries.values()) if one.kept.ended_at is not None]
        if over and self._shared.flush():
            for entry in over:
                self._shared.let_go(entry.run.name)
        super().sweep(runner)

    def _lose(self, runner: Runner, entry: Entry) -> None:
        """Do a run no more that another replica claimed."""
        entry.run.log.leave()
        with self._lock:
            self._entries.pop(entry.run.name, None)
        runner.cancel(entry.run)

    # Runs that others left -----------------------------------------------------------------------

    def adopt(self, runner: Runner, revive: Callable[..., ServedRun]) -> str | None:
        """Go on with a run that its replica left, if there is one and room for it; its name.

        `revive` makes a run of one that was kept and what it told, or raises a TempoError.

        Raises:
            UnavailableError: if the store does not answer.
        """
        if self._is_leaving or runner.admission.is_full:
            return None
        claim = self._shared.claim()
        if claim is None:
            return None
        here = self._entries.get(claim.run.name)
        if here is not None:  # it was lost, and came back, between two looks at the leases
            self._lose(runner, here)
        try:
            told = self._shared.events(claim.run.name)
        except UnavailableError:
            self._shared.let_go(claim.run.name)
            raise
        state = state_at(told)
        if state in {RunState.FAILED, RunState.CANCELLED}:
            self._conclude(claim.run, state)
        elif claim.claims > MOST_CLAIMS:
            self._give_up(claim.run, told, DIED_OF_IT.format(claim.claims))
        else:
            self._revive(runner, revive, claim, told)
        return claim.run.name

    def _revive(
        self,
        runner: Runner,
        revive: Callable[..., ServedRun],
        claim: Claim,
        told: Sequence[Document],
    ) -> None:
        try:
            run = revive(claim.run, told)
        except UnavailableError:
            self._shared.let_go(claim.run.name)
            raise
        except TempoError as error:
            self._give_up(claim.run, told, NOT_ANEW.format(error))
            return
        entry = Entry(run, claim.run)
        entry.heard_at = self._clock()
        self._tell_all(entry)
        try:
            self._submit(runner, entry)
        except TempoError:
            run.log.leave()
            with self._lock:
                self._entries.pop(run.name, None)
            self._shared.let_go(run.name)

    def _give_up(self, run: KeptRun, told: Sequence[Document], message: str) -> None:
        """End a run without another try."""
        state = state_at(told)
        if state is RunState.INTERRUPTED:
            self._shared.append(run.name, interrupted(told, message))
        self._conclude(run, state)

    def _conclude(self, run: KeptRun, state: RunState) -> None:
        self._shared.save(replace(run, state=state, ended_at=self._clock()))
        if self._shared.flush():
            self._shared.let_go(run.name)

    def leave(self, run: ServedRun) -> None:
        """Leave a run under way to another replica; none is taken over any more."""
        self._is_leaving = True
        run.log.leave()
        with self._lock:
            self._entries.pop(run.name, None)
        self._shared.let_go(run.name)

    def stop_adopting(self) -> None:
        """Take over no run any more: this replica is about to stop."""
        self._is_leaving = True
