"""How uncertain a model is between meanings, however they are worded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tempo.domain.measures.entropy import entropy
from tempo.domain.measures.predictive import length_normalised_probabilities, probabilities

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.domain.measures.equivalence import Equivalence
    from tempo.domain.measures.predictive import ScoredText


@dataclass(frozen=True, slots=True)
class Cluster:
    """Texts that mean the same.

    Attributes:
        texts: in the order in which they were given, most probable first for n-best texts.
        probability: of its texts together, normalised over all texts, in [0, 1].
        length_normalised_probability: the same of the texts' length-normalised probabilities.
    """

    texts: tuple[str, ...]
    probability: float
    length_normalised_probability: float


def clusters(texts: Sequence[ScoredText], equivalence: Equivalence) -> tuple[Cluster, ...]:
    """Return the texts grouped by meaning, the most probable group first.

    Each text joins the first group whose first text is equivalent to it, or founds one (Kuhn, Gal
    and Farquhar 2023, algorithm 1), so an equivalence need be neither transitive nor cheap.
    """
    groups: list[list[int]] = []
    for index, text in enumerate(texts):
        for group in groups:
            if equivalence(texts[group[0]].text, text.text):
                group.append(index)
                break
        else:
            groups.append([index])
    plain, by_length = probabilities(texts), length_normalised_probabilities(texts)
    found = [
        Cluster(
            tuple(texts[index].text for index in group),
            float(plain[group].sum()),
            float(by_length[group].sum()),
        )
        for group in groups
    ]
    return tuple(sorted(found, key=lambda cluster: -cluster.probability))


def semantic_entropy(found: Sequence[Cluster]) -> float:
    """Return the entropy between meanings, in nats, in [0, log of the number of clusters].

    `-sum p(c) log p(c)` with `p(c)` the probability of a cluster's texts, normalised over all
    (Kuhn, Gal and Farquhar 2023; Farquhar et al. 2024). Never above the predictive entropy.
    """
    return entropy(np.array([cluster.probability for cluster in found]))


def length_normalised_semantic_entropy(found: Sequence[Cluster]) -> float:
    """Return the same of length-normalised probabilities, as Farquhar et al. (2024) report it."""
    return entropy(np.array([cluster.length_normalised_probability for cluster in found]))
