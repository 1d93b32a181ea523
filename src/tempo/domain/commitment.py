"""Committing to one candidate: its best chain stays, everything beside that chain goes."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tempo.domain.errors import ChoiceError
from tempo.domain.node import Node, behind
from tempo.domain.tokens import Candidate, CandidateState, LogicalStep, Slot, TokenId, TokenSet

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from tempo.domain.ancestry import Ancestry
    from tempo.domain.lattice import Lattice, LatticeStep
    from tempo.domain.layout import LogicalLayout
    from tempo.domain.path_tails import PathTails

PASSED_OVER = "another candidate was chosen"


def committed_chain(lattice: Lattice, step: int, token_id: TokenId) -> tuple[LatticeStep, ...]:
    """Return the steps up to `step`, each with one member: the token and its best chain.

    A candidate that was not kept has no recorded parent; it goes on from the best-scored live
    member before it.

    Raises:
        ChoiceError: for a step that the lattice does not have, a token that was not considered
            there, or one that ends its text.
    """
    index = lattice.index_of(step)
    chosen = _considered(lattice.steps[index], token_id)
    if chosen.state is CandidateState.FINISHED:
        message = f"token {token_id} ends its text at step {step}; nothing goes on from it"
        raise ChoiceError(message)
    if chosen.state.is_member:
        member = lattice.steps[index].token_set.members.index(chosen)
        chain = lattice.chain(step, member)[:-1]
    else:
        chain = _chain_before(lattice, index)
    before = [
        entry.token_set.members[member] for entry, member in zip(lattice.steps, chain, strict=False)
    ]
    pairs = zip(lattice.steps, (*before, chosen), strict=False)
    return tuple(_reduced(entry, one, number) for number, (entry, one) in enumerate(pairs))


def _considered(step: LatticeStep, token_id: TokenId) -> Candidate:
    for candidate in step.candidates:
        if candidate.token_id == token_id:
            return candidate
    message = (
        f"token {token_id} is not among the {len(step.candidates)} candidates considered at "
        f"step {step.step}"
    )
    raise ChoiceError(message)


def _chain_before(lattice: Lattice, index: int) -> tuple[int, ...]:
    """Return the chain that ends at the best live member before a step."""
    if not index:
        return ()
    before = lattice.steps[index - 1]
    return lattice.chain(before.step, _best_live(before))


def _best_live(step: LatticeStep) -> int:
    members = step.token_set.members
    return max(step.token_set.live_indices, key=lambda index: (members[index].score, -index))


def _reduced(step: LatticeStep, chosen: Candidate, number: int) -> LatticeStep:
    """Return a step, under a number, that keeps one candidate; the other members are pruned."""
    member = replace(
        chosen,
        state=CandidateState.KEPT,
        weight=1.0,
        parent=0 if number else None,
        posterior=None,
        slot=None,
        reason=None,
        attention=1.0,
    )
    others = tuple(_passed_over(one) for one in step.candidates if one is not chosen)
    return replace(
        step,
        step=LogicalStep(number),
        token_set=TokenSet(LogicalStep(number), (member,)),
        others=others,
        transitions=np.zeros((1, 1)),
        plain_transitions=np.zeros((1, 1)),
    )


def _passed_over(candidate: Candidate) -> Candidate:
    if not candidate.state.is_member:
        return candidate
    return Candidate(
        token_id=candidate.token_id,
        content=candidate.content,
        probability=candidate.probability,
        rank=candidate.rank,
        state=CandidateState.PRUNED,
        reason=PASSED_OVER,
    )


@dataclass(frozen=True, slots=True)
class CommittedChain:
    """Steps of one member each, the tokens of a single path.

    Attributes:
        steps: the steps, from the first.
        tails: the path's tail, for stop strings that are still open.
    """

    steps: tuple[LatticeStep, ...]
    tails: PathTails

    @classmethod
    def of(
        cls, steps: Sequence[LatticeStep], tails: PathTails, end_tokens: Collection[TokenId]
    ) -> CommittedChain:
        """Follow the chain from the prompt's tail.

        Raises:
            ChoiceError: if an end token or a stop string ends the text on the way.
        """
        for step in steps:
            member = step.token_set.members[0]
            tails = tails.grown((0,), (member.content,))
            if member.token_id in end_tokens or tails.completes_stop(0):
                message = f"{member.text!r} ends its text at step {step.step}; choose another"
                raise ChoiceError(message)
        return cls(tuple(steps), tails)

    @property
    def token_ids(self) -> tuple[TokenId, ...]:
        """The path's tokens."""
        return tuple(step.token_set.members[0].token_id for step in self.steps)

    def require_room(self, prompt_length: int, context: int) -> None:
        """Refuse a chain after which the context holds no further token.

        Raises:
            ChoiceError: naming the three lengths.
        """
        if prompt_length + len(self.steps) >= context:
            message = (
                f"{prompt_length} tokens of prompt and {len(self.steps)} committed ones leave no "
                f"room in a context of {context}; commit to an earlier step"
            )
            raise ChoiceError(message)

    def appended(self, layout: LogicalLayout, ancestry: Ancestry, held: int = 0) -> Node:
        """Give the chain its slots and return its last token as the node to feed next.

        `held` rows of the chain were in the cache before; if all were, no pass has fed the row
        before the last token's.
        """
        parent: Slot | None = None
        for _ in self.steps:
            (slot,) = layout.append(1)
            ancestry.grow((slot,), (parent,))
            before, parent = parent, slot
        inherits = () if before is None else ((before, 1.0),)
        node = Node(self.token_ids[-1], layout.position(slot), slot, before, inherits)
        all_held = held and held == len(self.steps) - 1
        return behind(node, layout.prompt_length, held) if all_held else node

    def scored(self, log_probabilities: Sequence[float], first_slot: Slot) -> list[LatticeStep]:
        """Return the steps with the model's own scores of their tokens."""
        scores = np.cumsum(log_probabilities).tolist()
        return [
            _scored(step, Slot(first_slot + index), log_probability, score)
            for index, (step, log_probability, score) in enumerate(
                zip(self.steps, log_probabilities, scores, strict=True)
            )
        ]


def _scored(step: LatticeStep, slot: Slot, log_probability: float, score: float) -> LatticeStep:
    member = replace(step.token_set.members[0], slot=slot, score=score)
    table = np.array([[log_probability]])
    return replace(
        step,
        token_set=TokenSet(step.step, (member,)),
        transitions=table,
        plain_transitions=table,
        kept_mass=math.exp(log_probability),
        finished_mass=0.0,
    )
