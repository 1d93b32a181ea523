"""What an ambiguity study notes of one context."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from tempo.application.studies.fidelity.distances import divergence

if TYPE_CHECKING:
    from tempo.domain.proposal import FloatArray
    from tempo.domain.tokens import TokenId

AT_THE_ANSWER = 0
"""Stands for a depth where the shared text ends and the first word is to be said again."""

APART_ENOUGH = 0.1
"""Total variation between the two runs under which a weight between them says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """A readout against the two separate runs whose mixture it should be.

    Attributes:
        kl: KL(exact mixture || readout) in nats.
        js: Jensen-Shannon divergence of the two, in nats, from 0 to log 2.
        kl_stated: the same as `kl`, to the mixture at the weights stated.
        weight: the weight of the first run in the mixture of the two runs that is nearest to the
            readout in least squares; NaN where the runs are alike.
        weight_error: how far it is from that of the exact mixture.
        exact_weight: the first run's weight in the exact mixture.
        beside: the readout's distance from that nearest mixture, as a share of the distance
            between the runs.
        share: of the readout's probability for the two continuations' next tokens, that of the
            first; NaN where they have none of their own.
        share_error: how far it is from that of the exact mixture.
        mass: the readout's probability for both next tokens together.
        exact_mass: that of the exact mixture.
        distance: total variation between the runs.
    """

    kl: float
    js: float
    kl_stated: float
    weight: float
    weight_error: float
    exact_weight: float
    beside: float
    share: float
    share_error: float
    mass: float
    exact_mass: float
    distance: float


METRICS = tuple(entry.name for entry in fields(Figures))


@dataclass(frozen=True, slots=True)
class Cell:
    """Where a figure stands: the injection, the first weight, the method and the depth."""

    injection: str
    weight: float
    method: str
    depth: int


@dataclass(frozen=True, slots=True, eq=False)
class ContextFigures:
    """One context: its place among the study's, its prompt, its two words and its figures."""

    number: int
    prompt: str
    words: tuple[str, str]
    figures: dict[Cell, Figures]


KINDS = (ContextFigures, Cell, Figures)
"""What a journal of these findings is made of."""


@dataclass(frozen=True, slots=True, eq=False)
class Exact:
    """The two separate runs at one place.

    Attributes:
        one: [vocab] what the first run says.
        other: [vocab] what the second says.
        stated: the first one's weight as injected.
        weight: the same after the evidence of what both have said since.
        following: the two runs' next tokens, where they differ.
    """

    one: FloatArray
    other: FloatArray
    stated: float
    weight: float
    following: tuple[TokenId, TokenId] | None

    @property
    def mixture(self) -> FloatArray:
        """[vocab] what the two runs say together."""
        return self.at(self.weight)

    @property
    def heavier(self) -> FloatArray:
        """[vocab] what the heavier run says by itself; the first where both weigh the same."""
        return self.one if self.weight >= 0.5 else self.other  # noqa: PLR2004 - half

    def at(self, weight: float) -> FloatArray:
        """Return [vocab] their mixture at a weight of the first."""
        mixed: FloatArray = weight * self.one + (1.0 - weight) * self.other
        return mixed

    def figures(self, readout: FloatArray) -> Figures:
        """Return how far a readout [vocab] is from what the two runs say together."""
        distance = 0.5 * float(np.abs(self.one - self.other).sum())
        weight, beside = self._nearest(readout) if distance >= APART_ENOUGH else (math.nan,) * 2
        share, mass = self._share(readout)
        exact_share, exact_mass = self._share(self.mixture)
        with np.errstate(divide="ignore"):
            logs = np.log(readout)
        return Figures(
            kl=divergence(self.mixture, logs),
            js=_jensen_shannon(self.mixture, readout),
            kl_stated=divergence(self.at(self.stated), logs),
            weight=weight,
            weight_error=abs(weight - self.weight),
            exact_weight=self.weight,
            beside=beside,
            share=share,
            share_error=abs(share - exact_share),
            mass=mass,
            exact_mass=exact_mass,
            distance=distance,
        )

    def _nearest(self, readout: FloatArray) -> tuple[float, float]:
        """Return the weight of the nearest mixture, and how far beside it the readout is."""
        across = self.one - self.other
        length = float(across @ across)
        weight = float((readout - self.other) @ across) / length
        beside = readout - self.at(weight)
        return weight, math.sqrt(float(beside @ beside) / length)

    def _share(self, readout: FloatArray) -> tuple[float, float]:
        if self.following is None:
            return math.nan, math.nan
        first, second = (float(readout[token]) for token in self.following)
        mass = first + second
        return (first / mass if mass > 0.0 else math.nan), mass


def _jensen_shannon(one: FloatArray, other: FloatArray) -> float:
    with np.errstate(divide="ignore"):
        middle = np.log(0.5 * (one + other))
    return 0.5 * (divergence(one, middle) + divergence(other, middle))
