"""A run that a person moves by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from tempo.domain.tokens import TokenId

if TYPE_CHECKING:
    from collections.abc import Callable

    from tempo.application.decoding.outcome import Outcome
    from tempo.application.decoding.steering import SteeredRun
    from tempo.domain.events import Event
    from tempo.domain.lattice import LatticeStep
    from tempo.interfaces.python.result import Result


class Session:
    """Decode step by step: `s.step()`, `s.choose(step, token_id)`, `s.back(2)`.

    Examples:
        >>> import tempo
        >>> with tempo.load().session("The little fox walked through the") as session:
        ...     first = session.step()
        ...     print([one.text for one in first.candidates[:3]])
        ...     _ = session.choose(0, first.candidates[2].token_id)
        ...     _ = session.step()
        ...     print(len(session.steps), session.result.bracketed)
        ...     session.back(1)
        ...     print(len(session.steps))
        [' forest', ' woods', ' wood']
        2  [~forest/~woods/wood][,/ and/.]
        1
    """

    def __init__(self, run: SteeredRun, wrap: Callable[[Outcome], Result]) -> None:
        """Move a run that was opened."""
        self._run = run
        self._wrap = wrap
        self._last: Outcome | None = None

    @property
    def steps(self) -> tuple[LatticeStep, ...]:
        """The steps so far; one that was removed as a whole is not among them."""
        return self._run.steps

    @property
    def events(self) -> tuple[Event, ...]:
        """What the last `step` or `choose` told: the set it appended, and what it pruned."""
        return self._run.told

    def step(self) -> LatticeStep:
        """Decode one step and return it.

        Raises:
            ChoiceError: if nothing unfinished is left, `max_steps` are decoded, or the model's
                context has no room.
        """
        return self._run.step()

    def choose(self, step: int, token_id: int) -> LatticeStep:
        """Keep only one candidate of a step, kept or considered; later steps are gone.

        `step` may be the next one, after `session.steps[-1].step`.

        Raises:
            ChoiceError: for a step that is not there, or a token that was not considered.
        """
        return self._run.choose(step, TokenId(token_id))

    def commit(self, step: int, token_id: int) -> None:
        """Go on from one candidate and its best chain alone; everything beside them leaves.

        `choose` keeps how the candidate's row saw the alternatives before it; after `commit` the
        chain is all that was ever there, as after `engine.resume`.

        Raises:
            ChoiceError: for a step that is not there, a token that was not considered, or one that
                ends its text.
        """
        self._run.commit(step, TokenId(token_id))

    def back(self, steps: int = 1) -> None:
        """Undo the last steps.

        Raises:
            ChoiceError: for more steps than there are, or fewer than 1.
        """
        self._run.back(steps)

    @property
    def result(self) -> Result:
        """What is decoded so far."""
        return self._wrap(self._last or self._run.outcome())

    def close(self) -> None:
        """Let go of the cache; the result stays."""
        if self._last is None:
            self._last = self._run.outcome()
        self._run.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
