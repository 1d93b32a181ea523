"""The tokens considered at a step, and the set that is kept."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NewType

from tempo.domain.errors import InvalidValueError

TokenId = NewType("TokenId", int)
"""An entry of the model's vocabulary."""

Slot = NewType("Slot", int)
"""The name of one physical token. The prompt has slots 0..n-1; later tokens count on from n."""

LogicalStep = NewType("LogicalStep", int)
"""One position of the output, 0-based; all its tokens share one position of the model."""


class CandidateState(StrEnum):
    """What became of a candidate."""

    KEPT = "kept"
    FINISHED = "finished"
    BELOW_THRESHOLD = "below_threshold"
    OVER_CAP = "over_cap"
    PRUNED = "pruned"

    @property
    def is_member(self) -> bool:
        """Whether the candidate belongs to its step's token set."""
        return self is CandidateState.KEPT or self is CandidateState.FINISHED


@dataclass(frozen=True, slots=True)
class Candidate:
    """A token considered at a step.

    Attributes:
        token_id: entry of the vocabulary.
        content: the token's bytes; several tokens may spell one UTF-8 character.
        probability: the readout's probability after the logits processors, in [0, 1].
        rank: 0 for the most probable candidate of the step.
        state: kept, finished, or why it was not kept.
        weight: forward weight among the step's live candidates, 0 for all others.
        score: best log-probability of a path that ends here, in nats, -inf if never kept.
        parent: index, among the earlier step's members, of the best parent; None at step 0.
        posterior: share of the lattice's paths through this step that pass here, once known.
        slot: the physical token, None where nothing was fed to the model.
        reason: for a candidate that was judged, what was done, the rule and its figures.
        attention: how much of its weight later tokens see, in [0, 1]; 0 for one that they see no
            more although it stays.
    """

    token_id: TokenId
    content: bytes
    probability: float
    rank: int
    state: CandidateState
    weight: float = 0.0
    score: float = -math.inf
    parent: int | None = None
    posterior: float | None = None
    slot: Slot | None = None
    reason: str | None = None
    attention: float = 1.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.probability <= 1.0 + 1e-4:
            message = f"a candidate's probability is {self.probability!r}; it must be in [0, 1]"
            raise InvalidValueError(message)

    def standing(self, weight: float, score: float, parent: int | None) -> Candidate:
        """Return the same candidate where it stands now; its posterior is not known any more."""
        return self._with(weight, score, parent, None)

    def holding(self, posterior: float) -> Candidate:
        """Return the same candidate with its share of the paths through its step."""
        return self._with(self.weight, self.score, self.parent, posterior)

    def _with(
        self, weight: float, score: float, parent: int | None, posterior: float | None
    ) -> Candidate:
        """Return the same candidate with other figures.

        Written out, because a run that prunes asks for it several times a step and
        `dataclasses.replace` takes three times as long.
        """
        return Candidate(
            self.token_id,
            self.content,
            self.probability,
            self.rank,
            self.state,
            weight,
            score,
            parent,
            posterior,
            self.slot,
            self.reason,
            self.attention,
        )

    @property
    def text(self) -> str:
        """The token's text; bytes that are no UTF-8 by themselves show as U+FFFD."""
        return self.content.decode("utf-8", errors="replace")

    @property
    def log_probability(self) -> float:
        """Natural logarithm of `probability`."""
        return math.log(self.probability) if self.probability > 0.0 else -math.inf


@dataclass(frozen=True, slots=True)
class TokenSet:
    """The members of one step, most probable first: the live candidates and finished ones.

    Attributes:
        step: where the set stands.
        members: the candidates, by rank.
        live_indices: where the live ones stand among the members.

    Raises:
        InvalidValueError: for an empty set, a repeated token, a candidate that is no member, or
            members that are not in the order of their ranks.

    Examples:
        >>> park = Candidate(TokenId(909), b" park", 0.6, 0, CandidateState.KEPT)
        >>> end = Candidate(TokenId(0), b"", 0.3, 1, CandidateState.FINISHED)
        >>> tokens = TokenSet(LogicalStep(0), (park, end))
        >>> len(tokens), [one.text for one in tokens.live]
        (2, [' park'])
        >>> TokenSet(LogicalStep(0), (end, park))
        Traceback (most recent call last):
            ...
        tempo.domain.errors.InvalidValueError: the ranks of step 0 are [1, 0]; they must increase
    """

    step: LogicalStep
    members: tuple[Candidate, ...]
    live_indices: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        live: list[int] = []
        ranks: list[int] = []
        tokens: set[TokenId] = set()
        for index, member in enumerate(self.members):
            if member.state is CandidateState.KEPT:
                live.append(index)
            ranks.append(member.rank)
            tokens.add(member.token_id)
        object.__setattr__(self, "live_indices", tuple(live))
        if not self.members:
            message = f"step {self.step} has no candidate; a token set holds at least one"
            raise InvalidValueError(message)
        if ranks != sorted(set(ranks)):
            message = f"the ranks of step {self.step} are {ranks}; they must increase"
            raise InvalidValueError(message)
        if len(tokens) < len(self.members):
            message = f"step {self.step} holds a token twice; a token set holds each token once"
            raise InvalidValueError(message)
        if len(live) == len(self.members):
            return
        strangers = [member for member in self.members if not member.state.is_member]
        if strangers:
            message = f"step {self.step} holds a candidate in state {strangers[0].state}"
            raise InvalidValueError(message)

    def __len__(self) -> int:
        return len(self.members)

    @property
    def live(self) -> tuple[Candidate, ...]:
        """The members that the model goes on from."""
        return tuple(self.members[index] for index in self.live_indices)
