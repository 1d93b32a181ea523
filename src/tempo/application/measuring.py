"""How uncertain a run is, measured on its lattice and its best texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tempo.domain.errors import InvalidValueError
from tempo.domain.measures.equivalence import same_words
from tempo.domain.measures.predictive import ScoredText
from tempo.domain.measures.summary import Measures, measures_of

if TYPE_CHECKING:
    from tempo.application.decoding.outcome import Outcome
    from tempo.application.n_best import NBest
    from tempo.domain.measures.equivalence import Equivalence


class Measure:
    """Rescore the best texts of a run and compare them."""

    def __init__(self, n_best: NBest) -> None:
        """Take the use-case that finds the texts."""
        self._n_best = n_best

    def run(self, outcome: Outcome, count: int, equivalence: Equivalence | None = None) -> Measures:
        """Return the measures of a run over its `count` best texts.

        A text's probability is that of all its tokenisations found, its length that of the best.

        Raises:
            InvalidValueError: for a count under 1, or an equivalence that cannot be called.
        """
        same = same_words if equivalence is None else equivalence
        _require_callable(same)
        stops = outcome.request.stopping.stop_bytes
        texts = [
            ScoredText(text.text, text.text_log_probability, len(text.token_ids))
            for text in self._n_best.run(outcome.lattice, count, stops)
        ]
        steps = outcome.lattice.steps
        return measures_of(steps, steps[: len(outcome.best)], texts, same)


def _require_callable(equivalence: object) -> None:
    if not callable(equivalence):
        message = (
            f"equivalence is {equivalence!r}; it must be a function of two texts, "
            "or None for texts of the same words"
        )
        raise InvalidValueError(message)
