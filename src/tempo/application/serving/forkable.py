"""A run that others may go on from, and that may go on from another itself."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from tempo.application.decoding.retained import Forking

if TYPE_CHECKING:
    from collections.abc import Callable

    from tempo.application.decoding.generate import Generation
    from tempo.application.decoding.request import GenerationRequest
    from tempo.application.decoding.retained import Beginning
    from tempo.application.serving.state_pool import StatePool

PATIENCE = 2.0
"""Seconds that a fork waits for the step under way of the run that it leaves."""


class Origin(StrEnum):
    """What a fork went on from."""

    STATE = "state"
    PREFILL = "prefill"


class Forkable:
    """Starts a run, and hands what it leaves to the pool: at its end, or when a fork asks for it.

    All but the asking happens on the run's own thread, between two of its steps.
    """

    def __init__(
        self,
        name: str,
        request: GenerationRequest,
        pool: StatePool,
        parent: str | None = None,
        forked: Callable[[Origin], object] = lambda _: None,
    ) -> None:
        """Be ready to start; a run with a parent is a fork of it, and `forked` counts those."""
        self.origin: Origin | None = None
        self.reused_rows = 0
        self._name = name
        self._request = request
        self._pool = pool
        self._parent = parent
        self._forked = forked
        self._generation: Generation | None = None

    def start(
        self, generate: Callable[[GenerationRequest, Forking | None], Generation]
    ) -> Generation:
        """Begin, from a state if there is one, else with the prompt going through the model."""
        beginning = None if self._parent is None else self._beginning(self._parent)
        if self._parent is not None:
            self.origin = Origin.PREFILL if beginning is None else Origin.STATE
            self.reused_rows = 0 if beginning is None else beginning.session.cache_rows
            self._forked(self.origin)
        keeps = self._pool.most > 0
        self._generation = generate(self._request, Forking(beginning) if keeps else None)
        if keeps:
            self._pool.enter(self._name)
        return self._generation

    def _beginning(self, parent: str) -> Beginning | None:
        beginning = self._pool.begin(self._request)
        if beginning is None:
            self._pool.ask(parent, PATIENCE)
            beginning = self._pool.begin(self._request)
        return beginning

    def between_steps(self) -> None:
        """Leave a state if somebody waits for it."""
        if self._generation is not None and self._pool.is_asked(self._name):
            state = self._generation.retained()
            if state is not None:
                self._pool.put(self._name, state)
            self._pool.answer(self._name, goes_on=True)

    def left(self) -> None:
        """Hand over what the run left; its own rows are given back."""
        if self._generation is not None and self._generation.left is not None:
            self._pool.put(self._name, self._generation.left)
        self._pool.answer(self._name, goes_on=False)
