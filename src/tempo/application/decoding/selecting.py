"""From the rows of the last pass to the members of the next step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tempo.application.decoding.recording import Cut, SelectedStep
from tempo.domain.frontier import carry_forward
from tempo.domain.proposal import Reading
from tempo.domain.selection import log_threshold

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from tempo.application.decoding.asking import Asking
    from tempo.application.decoding.request import GenerationRequest
    from tempo.application.decoding.sequence_state import SequenceState
    from tempo.domain.frontier import Frontier
    from tempo.domain.path_tails import PathTails
    from tempo.domain.ports.tokenizer import Tokenizer
    from tempo.domain.proposal import Proposal
    from tempo.domain.tokens import TokenId


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a step may keep, beside what reaches the threshold.

    Attributes:
        only: the one token to keep of those considered; None for all that reach the threshold.
        dropped: tokens that it must not keep, with the reasons.
    """

    only: TokenId | None
    dropped: Mapping[TokenId, str]

    def among(self, proposal: Proposal, kept: int) -> tuple[int, ...]:
        """Return the ranks of the members, given how many candidates the cut keeps.

        Where none of those may stay, the best that may is kept, below the cut though it is.

        Raises:
            ChoiceError: if `only` is not among the candidates considered.
        """
        if self.only is not None:
            return (proposal.rank(self.only),)
        if not self.dropped:
            return tuple(range(kept))
        allowed = [
            rank for rank, token_id in enumerate(proposal.token_ids) if token_id not in self.dropped
        ]
        return tuple(rank for rank in allowed if rank < kept) or tuple(allowed[:1]) or (0,)


def select(  # noqa: PLR0913, PLR0917 - the parts of a run that a step is made of
    request: GenerationRequest,
    tokenizer: Tokenizer,
    state: SequenceState,
    frontier: Frontier,
    tails: PathTails,
    number: int,
    wanted: Wanted,
) -> Asking[tuple[SelectedStep, PathTails]]:
    """Read the rows, cut, and carry the weights forward to the members.

    Returns the step and the tails of its live members' texts.

    Raises:
        NonFiniteLogitsError: if the model gave NaN or infinity.
        ChoiceError: if the one token that is wanted is not among the candidates considered.
    """
    weights = request.readout.row_weights(frontier.weights, frontier.scores)
    threshold = request.selection.level(number, request.max_steps, max(weights))
    end_tokens = tokenizer.end_tokens
    reading = Reading(
        weights=weights,
        combination=request.readout.combination,
        considered=request.selection.considered,
        log_threshold=log_threshold(threshold),
        barred=request.barred_at(number, end_tokens),
    )
    proposal = yield from state.read(reading, frontier.slots, number)
    choice = request.selection.choose(proposal, threshold)
    contents = tuple(map(tokenizer.content, proposal.token_ids))
    members = wanted.among(proposal, choice.kept)
    cut = Cut(proposal, choice, contents, members, wanted.dropped)
    rows, plain_rows = cut.rows, cut.plain_rows
    transition = carry_forward(frontier, rows, plain_rows)
    grown = tails.grown(transition.best_parent, [contents[rank] for rank in members])
    live = _live(cut, grown, end_tokens)
    return SelectedStep(cut, rows, plain_rows, transition, live), grown.among(live)


def _live(cut: Cut, tails: PathTails, end_tokens: Collection[TokenId]) -> tuple[int, ...]:
    """Return the members that end neither by an end token nor by a stop string."""
    token_ids, stops = cut.proposal.token_ids, tails.stops
    return tuple(
        [
            index
            for index, rank in enumerate(cut.members)
            if token_ids[rank] not in end_tokens and not (stops and tails.completes_stop(index))
        ]
    )
