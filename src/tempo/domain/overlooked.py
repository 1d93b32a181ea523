"""The candidates of a step that were considered and not kept."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, overload

from tempo.domain.commitment import PASSED_OVER
from tempo.domain.tokens import Candidate, CandidateState

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tempo.domain.selection import Choice
    from tempo.domain.tokens import TokenId


class Overlooked(Sequence[Candidate]):
    """Candidates by rank, each made when somebody looks: decoding itself never does."""

    __slots__ = ("_choice", "_contents", "_logs", "_made", "_members", "_reasons", "_token_ids")

    def __init__(  # noqa: PLR0913, PLR0917 - what a cut knows of its candidates
        self,
        token_ids: tuple[TokenId, ...],
        contents: tuple[bytes, ...],
        logs: Sequence[float],
        choice: Choice,
        members: tuple[int, ...],
        reasons: Mapping[TokenId, str],
    ) -> None:
        """Hold what was considered, by rank.

        `logs` are log-probabilities in nats, `members` the ranks of those that were kept, and
        `reasons` why a candidate that passed the cut was not, where it was pruned.
        """
        self._token_ids, self._contents, self._logs = token_ids, contents, logs
        self._choice, self._members, self._reasons = choice, members, reasons
        self._made: tuple[Candidate, ...] | None = None

    @property
    def _all(self) -> tuple[Candidate, ...]:
        if self._made is None:
            chosen = set(self._members)
            ranks = [rank for rank in range(len(self._token_ids)) if rank not in chosen]
            self._made = tuple(map(self._at, ranks))
        return self._made

    def _at(self, rank: int) -> Candidate:
        token_id, log = self._token_ids[rank], self._logs[rank]
        state = self._choice.state(rank, log)
        passed_over = state is CandidateState.KEPT
        return Candidate(
            token_id=token_id,
            content=self._contents[rank],
            probability=math.exp(log),
            rank=rank,
            state=CandidateState.PRUNED if passed_over else state,
            reason=self._reasons.get(token_id, PASSED_OVER) if passed_over else None,
        )

    def __len__(self) -> int:
        return len(self._token_ids) - len(self._members)

    @overload
    def __getitem__(self, index: int) -> Candidate: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Candidate, ...]: ...

    def __getitem__(self, index: int | slice) -> Candidate | tuple[Candidate, ...]:
        return self._all[index]

    def __iter__(self) -> Iterator[Candidate]:
        return iter(self._all)

    def __eq__(self, other: object) -> bool:
        """Whether the same candidates stand in the same order; any sequence of them will do."""
        return isinstance(other, Sequence) and self._all == tuple(other)

    def __hash__(self) -> int:
        return hash(self._all)

    def __repr__(self) -> str:
        return repr(self._all)
