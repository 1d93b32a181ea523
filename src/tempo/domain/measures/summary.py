"""All measures of one run, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tempo.domain.measures import predictive, semantic
from tempo.domain.measures.sequences import sequence_entropy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.domain.lattice import LatticeStep
    from tempo.domain.measures.equivalence import Equivalence
    from tempo.domain.measures.predictive import ScoredText
    from tempo.domain.measures.semantic import Cluster


@dataclass(frozen=True, slots=True)
class Measures:
    """How uncertain a run is. Entropies are in nats, those of texts over the `texts` best ones.

    Attributes:
        texts: how many texts were compared; fewer than asked for where the lattice has fewer.
        covered_mass: the model's probability of these texts together, in [0, 1].
        mean_token_entropy: of the next-token choices along the shown path, at least 0.
        sequence_entropy: of the lattice's distribution over all its paths, at least 0.
        predictive_entropy: between the texts, in [0, log texts].
        length_normalised_entropy: between the texts by probability per token, in [0, log texts].
        entropy_rate: mean surprise of the texts, in nats per token, at least 0.
        semantic_entropy: between the clusters, in [0, log clusters].
        length_normalised_semantic_entropy: between the clusters by probability per token.
        clusters: the texts by meaning, the most probable first.
    """

    texts: int
    covered_mass: float
    mean_token_entropy: float
    sequence_entropy: float
    predictive_entropy: float
    length_normalised_entropy: float
    entropy_rate: float
    semantic_entropy: float
    length_normalised_semantic_entropy: float
    clusters: tuple[Cluster, ...]


def measures_of(
    steps: Sequence[LatticeStep],
    shown: Sequence[LatticeStep],
    texts: Sequence[ScoredText],
    equivalence: Equivalence,
) -> Measures:
    """Return all measures of a lattice, of the steps of its shown path and of its best texts."""
    found = semantic.clusters(texts, equivalence)
    return Measures(
        texts=len(texts),
        covered_mass=predictive.covered_mass(texts),
        mean_token_entropy=predictive.mean_token_entropy(shown),
        sequence_entropy=sequence_entropy(steps),
        predictive_entropy=predictive.predictive_entropy(texts),
        length_normalised_entropy=predictive.length_normalised_entropy(texts),
        entropy_rate=predictive.entropy_rate(texts),
        semantic_entropy=semantic.semantic_entropy(found),
        length_normalised_semantic_entropy=semantic.length_normalised_semantic_entropy(found),
        clusters=found,
    )
