"""The verifier of a search that was given no other: how likely the text is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tempo.domain.ports.verifier import Attempt


@dataclass(frozen=True, slots=True)
class Likelihood:
    """Length-normalised log-probability under the plain model, as a mean probability."""

    def value(self, attempt: Attempt) -> float:
        """Return the geometric mean of the tokens' probabilities, in [0, 1]."""
        return attempt.mean_probability
