"""Text that streams: what all live best chains share, and nothing that could still change."""

from __future__ import annotations

import codecs
import math
from typing import TYPE_CHECKING, Protocol

from tempo.domain.hypothesis import PathEnd
from tempo.domain.stopping import held_back

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.domain.hypothesis import Hypothesis
    from tempo.domain.lattice import LatticeStep
    from tempo.domain.tokens import TokenId


class Unfolded(Protocol):
    """A run as far as it has come: decoded by a model, or read off a document again."""

    @property
    def steps(self) -> Sequence[LatticeStep]:
        """The steps so far."""
        ...

    @property
    def live(self) -> tuple[Hypothesis, ...]:
        """The unfinished hypotheses."""
        ...

    @property
    def finished(self) -> tuple[Hypothesis, ...]:
        """The finished hypotheses."""
        ...


class Unfolding(Unfolded, Protocol):
    """A run that goes on."""

    @property
    def finished_mass(self) -> float:
        """The share of the finished hypotheses, in [0, 1]."""
        ...

    @property
    def settled(self) -> int:
        """How many leading steps the best chains of all live candidates share for good."""
        ...


class SettledText:
    """Follows a run and hands out its text as it settles.

    What was handed out is a promise: hypotheses that do not start with it are no longer eligible
    to be the run's text.
    """

    def __init__(self, stops: tuple[bytes, ...]) -> None:
        """Start with nothing settled; `stops` are the run's stop strings."""
        self._stops = stops
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._tokens: list[TokenId] = []
        self._waiting = b""
        self.given = ""

    @classmethod
    def promised(cls, run: Unfolded, steps: int) -> SettledText:
        """Return what had settled of a run that is over: the beginning of all that went on."""
        settled = cls(())
        newest = next((i for i in reversed(range(len(run.steps))) if _goes_on(run, i)), None)
        if newest is not None:
            member = run.steps[newest].token_set.live_indices[0]
            chain = chain_from(run, newest, member, 0)
            settled._tokens = [
                step.token_set.members[member].token_id
                for step, member in zip(run.steps, chain[:steps], strict=False)
            ]
        return settled

    @property
    def steps(self) -> int:
        """How many steps are settled."""
        return len(self._tokens)

    @property
    def token_ids(self) -> tuple[TokenId, ...]:
        """The tokens of the settled steps, those too whose text is still held back."""
        return tuple(self._tokens)

    def follow(self, run: Unfolding) -> str:
        """Return the text that settled since the last call; the run has a live candidate."""
        settled = run.settled
        if settled <= len(self._tokens):
            return ""  # what waits was held back, and still is
        if not self._is_over(run):
            newest = len(run.steps) - 1
            member = run.steps[newest].token_set.live_indices[0]
            chain = chain_from(run, newest, member, len(self._tokens))
            for member in chain[: settled - len(self._tokens)]:
                candidate = run.steps[len(self._tokens)].token_set.members[member]
                self._waiting += candidate.content
                self._tokens.append(candidate.token_id)
        return self._give()

    def _is_over(self, run: Unfolding) -> bool:
        """Whether one finished hypothesis outweighs all that goes on, so that it is the text."""
        if not run.finished:
            return False
        best = best_hypothesis(run, self)
        going_on = 1.0 - run.finished_mass
        return best is not None and best.finished and math.exp(best.log_share) >= going_on

    def _give(self) -> str:
        sure = len(self._waiting) - held_back(self._waiting, self._stops)
        text = self._decoder.decode(self._waiting[:sure])
        self._waiting = self._waiting[sure:]
        self.given += text
        return text

    def eligible(self, run: Unfolded, hypothesis: Hypothesis) -> bool:
        """Whether a hypothesis starts with all settled steps."""
        if hypothesis.step < len(self._tokens):
            return False
        return self._agrees(run, hypothesis)

    def _agrees(self, run: Unfolded, hypothesis: Hypothesis) -> bool:
        if not self._tokens:
            return True
        last = len(self._tokens) - 1
        member = chain_from(run, hypothesis.step, hypothesis.member, last)[0]
        return run.steps[last].token_set.members[member].token_id == self._tokens[last]


def _goes_on(run: Unfolded, index: int) -> bool:
    return bool(run.steps[index].token_set.live_indices)


def chain_from(run: Unfolded, step: int, member: int, first: int) -> list[int]:
    """Return the best parent chain that ends at a member, from the step at index `first` on."""
    found = [member]
    for index in range(step, first, -1):
        parent = run.steps[index].token_set.members[found[-1]].parent
        found.append(0 if parent is None else parent)
    return found[::-1]


def best_hypothesis(run: Unfolded, settled: SettledText) -> Hypothesis | None:
    """Return the eligible hypothesis with the largest share of the lattice's paths.

    Equal shares: finished before unfinished, then the earlier end, then the lower index.
    """
    leading = min(run.live, key=_order, default=None)
    ahead = [one for one in run.finished if leading is None or _order(one) < _order(leading)]
    # Those that went on are eligible in any case; whether one that finished is takes a way back.
    eligible = (one for one in sorted(ahead, key=_order) if settled.eligible(run, one))
    return next(eligible, leading)


def _order(hypothesis: Hypothesis) -> tuple[float, bool, int, int]:
    """Return what sorts hypotheses, the best first."""
    return -hypothesis.log_share, not hypothesis.finished, hypothesis.step, hypothesis.member


def best_end(run: Unfolded, settled: SettledText) -> PathEnd | None:
    """Return where the best hypothesis ends, None where there is none."""
    best = best_hypothesis(run, settled)
    return None if best is None else PathEnd(run.steps[best.step].step, best.member)
