"""What a step's tokens attend to, along the best path that leads to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tempo.domain.capture import Capture, LayerWeights
from tempo.domain.node import Node
from tempo.domain.row_rules import RowRules
from tempo.domain.tokens import Slot

if TYPE_CHECKING:
    from tempo.domain.lattice import Lattice
    from tempo.domain.ports.model_backend import ModelBackend
    from tempo.domain.tokens import Candidate, TokenId

PLAIN = LayerWeights(multi_scale=False)
"""The mean of the last three layers."""


@dataclass(frozen=True, slots=True)
class AttendedToken:
    """A token of the prompt or of the path, and the attention that it was given.

    Attributes:
        position: 0-based, the prompt's first token at 0.
        token_id: the token.
        weight: mean over heads and the last three layers, in [0, 1].
    """

    position: int
    token_id: TokenId
    weight: float


class StepAttention:
    """Read the attention of a step's tokens, each behind the best path to the first of them."""

    def __init__(self, backend: ModelBackend) -> None:
        """Work over any model adapter that tells attention received."""
        self._backend = backend

    def run(
        self, lattice: Lattice, step: int, count: int
    ) -> tuple[tuple[Candidate, tuple[AttendedToken, ...]], ...]:
        """Return, for each kept token of a step, the `count` tokens that it attends to most.

        Raises:
            ChoiceError: for a step that the lattice does not have.
        """
        index, members = lattice.index_of(step), lattice.step(step).token_set.members
        chain = lattice.chain(step, 0)[:-1]
        path = [
            one.token_set.members[member].token_id
            for one, member in zip(lattice.steps[:index], chain, strict=True)
        ]
        seen = (*lattice.prompt_ids, *path)
        start, slots = len(lattice.prompt_ids), tuple(Slot(slot) for slot in range(len(seen)))
        rules = RowRules(capture=Capture(received=(PLAIN,)))
        with self._backend.open(lattice.prompt_ids, rules) as session:
            if path:
                nodes = [_behind(token, start + at, at > 0) for at, token in enumerate(path)]
                self._backend.extend([(session, nodes)])
            rows = [
                Node(one.token_id, len(seen), Slot(len(seen) + at), *_after(len(seen), bool(path)))
                for at, one in enumerate(members)
            ]
            self._backend.extend([(session, rows)])
            found = []
            for at, member in enumerate(members):
                weights = [float(at == other) for other in range(len(members))]
                (given,) = session.received(slots, weights).tolist()  # type: ignore[attr-defined]
                attended = map(AttendedToken, range(len(seen)), seen, given)
                ranked = sorted(attended, key=lambda one: -one.weight)
                found.append((member, tuple(ranked[:count])))
        return tuple(found)


def _behind(token: TokenId, place: int, follows: bool) -> Node:  # noqa: FBT001 - a fact, not a mode
    return Node(token, place, Slot(place), *_after(place, follows))


def _after(place: int, follows: bool) -> tuple[Slot | None, tuple[tuple[Slot, float], ...]]:  # noqa: FBT001
    """Return the parent before a place and what is inherited of it; the prompt has none."""
    parent = Slot(place - 1)
    return (parent, ((parent, 1.0),)) if follows else (None, ())
