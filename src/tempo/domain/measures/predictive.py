"""How uncertain a model is between its best texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tempo.domain.errors import InvalidValueError
from tempo.domain.measures.entropy import entropy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.domain.lattice import LatticeStep
    from tempo.domain.proposal import FloatArray


@dataclass(frozen=True, slots=True)
class ScoredText:
    """A text with its probability under the model.

    Attributes:
        text: what was written.
        log_probability: in nats, at most 0 but for rounding.
        length: tokens that the probability is a product of, 1 or more.
    """

    text: str
    log_probability: float
    length: int

    def __post_init__(self) -> None:
        if self.length < 1:
            message = f"a text has {self.length} tokens; it must have 1 or more"
            raise InvalidValueError(message)

    @property
    def mean_log_probability(self) -> float:
        """Log-probability per token, in nats."""
        return self.log_probability / self.length


def probabilities(texts: Sequence[ScoredText]) -> FloatArray:
    """Return the texts' probabilities divided by their sum."""
    return _normalised([text.log_probability for text in texts])


def length_normalised_probabilities(texts: Sequence[ScoredText]) -> FloatArray:
    """Return the geometric means of the texts' token probabilities divided by their sum.

    So long texts do not vanish beside short ones (Malinin and Gales 2021, Farquhar et al. 2024).
    """
    return _normalised([text.mean_log_probability for text in texts])


def _normalised(log_values: Sequence[float]) -> FloatArray:
    """Return the values' shares of their sum; even ones where none has any probability."""
    logs = np.array(log_values, dtype=np.float64)
    peak = logs.max(initial=-np.inf)
    values = np.ones(len(logs)) if peak == -np.inf else np.exp(logs - peak)
    shares: FloatArray = values / max(1.0, values.sum())
    return shares


def covered_mass(texts: Sequence[ScoredText]) -> float:
    """Return the probability of the texts together, in [0, 1]: what normalising leaves unseen."""
    logs = [text.log_probability for text in texts]
    return min(1.0, float(np.exp(logs).sum())) if logs else 0.0


def predictive_entropy(texts: Sequence[ScoredText]) -> float:
    """Return the entropy between the texts, in nats, in [0, log n].

    `-sum p log p` with `p` the texts' probabilities normalised over the texts (Kadavath et al.
    2022; the baseline of Kuhn, Gal and Farquhar 2023).
    """
    return entropy(probabilities(texts))


def length_normalised_entropy(texts: Sequence[ScoredText]) -> float:
    """Return the same of length-normalised probabilities, in nats, in [0, log n]."""
    return entropy(length_normalised_probabilities(texts))


def entropy_rate(texts: Sequence[ScoredText]) -> float:
    """Return the texts' mean surprise per token, in nats per token, at least 0.

    `-sum p log P / L` with `P` a text's probability, `L` its length and `p` as in
    `predictive_entropy`: the importance-weighted estimate of joint-sequence entropy over a beam,
    at temperature 1, of Malinin and Gales (2021). Unlike the others it is not 0 for a single text.
    """
    weights = probabilities(texts).tolist()
    surprise = sum(
        weight * -text.mean_log_probability
        for weight, text in zip(weights, texts, strict=True)
        if weight > 0.0
    )
    return max(0.0, float(surprise))


def mean_token_entropy(steps: Sequence[LatticeStep]) -> float:
    """Return the mean entropy of the next-token choices of steps, in nats, in [0, log vocabulary].

    Fomicheva et al. (2020), softmax entropy; 0 for no steps. Each entropy is of the readout over
    the whole vocabulary, not over the kept tokens alone.
    """
    found = [max(0.0, step.entropy) for step in steps]
    return sum(found) / len(found) if found else 0.0
