"""What is asked of a model's rows, and what one forward pass offers for the next step."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tempo.domain.errors import ChoiceError, InvalidValueError

if TYPE_CHECKING:
    from tempo.domain.tokens import TokenId

ROUNDING = 1e-6

FloatArray = npt.NDArray[np.float64]


class Combination(StrEnum):
    """How weighted rows become one distribution: their mean, or their geometric mean."""

    ARITHMETIC = "arithmetic"
    GEOMETRIC = "geometric"


@dataclass(frozen=True, slots=True)
class Reading:
    """What to read from the rows of a session's last pass.

    Attributes:
        weights: weight of each row in the readout, at least 0, summing to 1; empty for none.
        combination: how the rows become one distribution.
        considered: how many candidates to return at most.
        log_threshold: candidates at or above it are counted, in nats; -inf counts all.
        barred: tokens whose logits are set to -inf in every row before anything else.
        pairs: (row, token) pairs whose log-probability is asked for.
        mixtures: further weightings of the rows, each at least 0 and of any sum, whose whole
            distributions are asked for: studies compare them, decoding never needs them.
    """

    weights: tuple[float, ...] = ()
    combination: Combination = Combination.ARITHMETIC
    considered: int = 0
    log_threshold: float = -np.inf
    barred: tuple[TokenId, ...] = ()
    pairs: tuple[tuple[int, TokenId], ...] = ()
    mixtures: tuple[tuple[float, ...], ...] = ()

    def __post_init__(self) -> None:
        if self.weights and abs(sum(self.weights) - 1.0) > ROUNDING:
            message = f"the readout's weights sum to {sum(self.weights)!r}; they must sum to 1"
            raise InvalidValueError(message)
        if self.weights and self.considered < 1:
            message = f"a readout of {self.considered} candidates was asked for; ask for 1 or more"
            raise InvalidValueError(message)


def _no_values() -> FloatArray:
    return np.empty(0)


@dataclass(frozen=True, slots=True, eq=False)
class Proposal:
    """What one forward pass offers for the next step; `c` candidates, `k` rows, `p` pairs.

    Of the vocabulary's `v` tokens all are there only in the `q` mixtures.

    Attributes:
        token_ids: the considered candidates, most probable first, equal ones by token id.
        log_probabilities: [c] log of the readout, in nats.
        rows: [k, c] each row's log-probability of each candidate, after the processors.
        plain_rows: [k, c] the same before any processor, at temperature 1.
        entropy: of the readout over the whole vocabulary, in nats.
        passing: how many tokens of the vocabulary reach the threshold.
        passing_mass: their probability.
        pair_scores: [p] plain log-probability of each pair asked for.
        processed_scores: [p] the same after barring and the processors.
        mixtures: [q, v] weighted sum of the rows' probabilities, after barring and the processors.
        finite: whether every logit was finite (a barred or filtered token counts as finite).
    """

    token_ids: tuple[TokenId, ...] = ()
    log_probabilities: FloatArray = field(default_factory=_no_values)
    rows: FloatArray = field(default_factory=_no_values)
    plain_rows: FloatArray = field(default_factory=_no_values)
    entropy: float = 0.0
    passing: int = 0
    passing_mass: float = 0.0
    pair_scores: FloatArray = field(default_factory=_no_values)
    processed_scores: FloatArray = field(default_factory=_no_values)
    mixtures: FloatArray = field(default_factory=_no_values)
    finite: bool = True

    def rank(self, token_id: TokenId) -> int:
        """Return where a token stands among the considered.

        Raises:
            ChoiceError: if it is not among them.
        """
        if token_id in self.token_ids:
            return self.token_ids.index(token_id)
        message = (
            f"token {token_id} is not among the {len(self.token_ids)} candidates considered; "
            "raise `considered` to look at more"
        )
        raise ChoiceError(message)
