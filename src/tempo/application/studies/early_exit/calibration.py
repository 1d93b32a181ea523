"""Thresholds from held-out readings: plain arithmetic over what every exit layer said.

One number, the share `p`, decides all thresholds of a rule: a layer's threshold is the lowest at
which those that leave there agree with the full model in at least a share `p`. The lowest `p` is
taken with which all rows together agree in at least the level, at the lower end of a one-sided 95 %
interval over texts. What later rows make of carried keys and values is not in these readings; the
study measures it on other texts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tempo.domain.early_exit import NEVER, Criterion, ExitLayer, ExitRule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.application.studies.early_exit.figures import HeldOutText
    from tempo.domain.early_exit import LayerReading, PassCost
    from tempo.domain.proposal import FloatArray

ONE_SIDED = 1.645
"""Standard errors that the lower end of the interval is below the mean."""

PRECISIONS = (
    *np.arange(0.5, 0.99, 0.01).round(3).tolist(),
    *np.arange(0.99, 1.0005, 0.002).tolist(),
)
"""The shares `p` that are tried."""


@dataclass(frozen=True, slots=True, eq=False)
class Watched:
    """What the rows of held-out texts said after each exit layer and at the end.

    Attributes:
        layers: the exit layers.
        readings: [row][layer] what each row said.
        final: [row] the full model's token.
        texts: [row] which text the row is of.
    """

    layers: tuple[int, ...]
    readings: tuple[tuple[LayerReading, ...], ...]
    final: tuple[int, ...]
    texts: tuple[int, ...]

    def confidences(self, criterion: Criterion) -> FloatArray:
        """Return [row, layer] what thresholds are held against."""
        found = [[criterion.confidence(one) for one in row] for row in self.readings]
        return np.array(found).reshape(-1, len(self.layers))

    def agrees(self) -> npt.NDArray[np.bool_]:
        """Return [row, layer] where a row says what the full model says."""
        said = np.array([[one.token for one in row] for row in self.readings])
        right: npt.NDArray[np.bool_] = (
            said.reshape(-1, len(self.layers)) == (np.array(self.final)[:, None])
        )
        return right

    def raw_agreement(self) -> tuple[float, ...]:
        """Return of each layer the share of rows that say what the full model says."""
        return tuple(self.agrees().mean(axis=0).tolist())

    def foresight(self, cost: PassCost) -> float:
        """Return how many times fewer weights rows would read that left as soon as they are right.

        Nobody knows that in time: it is what no criterion at these layers can beat.
        """
        right = self.agrees()
        weights = [
            cost.of(
                next((at for at, it in zip(self.layers, row, strict=True) if it), cost.depth), 1
            )
            for row in right.tolist()
        ]
        return cost.full * len(weights) / sum(weights)


def watched_of(layers: tuple[int, ...], texts: Sequence[HeldOutText]) -> Watched:
    """Return the readings of held-out texts, row after row."""
    return Watched(
        layers=layers,
        readings=tuple(row for one in texts for row in one.readings),
        final=tuple(token for one in texts for token in one.final),
        texts=tuple(number for number, one in enumerate(texts) for _ in one.final),
    )


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A rule and what it promises on the texts that it was calibrated on.

    Attributes:
        rule: the rule, with a threshold for each exit layer.
        agreement: share of rows that say what the full model says.
        lower: lower end of the one-sided 95 % interval of that, over texts.
        speed: how many times fewer weights are read than by the full model.
    """

    rule: ExitRule
    agreement: float
    lower: float
    speed: float

    @property
    def exits(self) -> bool:
        """Whether any row may leave."""
        return any(one.threshold < NEVER for one in self.rule.layers)


def calibrated(watched: Watched, criterion: Criterion, level: float, cost: PassCost) -> Calibrated:
    """Return the rule at all exit layers that reaches a level with the most exits."""
    return _best_of(watched, criterion, (watched.layers,), level, cost)


def cheapest(watched: Watched, criterion: Criterion, level: float, cost: PassCost) -> Calibrated:
    """Return the rule that reaches a level and reads the fewest weights, at any of the layers.

    A layer that no row leaves after is not among its layers; where reading out costs more than
    leaving saves, none is.
    """
    every = [
        chosen
        for count in range(len(watched.layers) + 1)
        for chosen in combinations(watched.layers, count)
    ]
    return _best_of(watched, criterion, every, level, cost)


def _best_of(
    watched: Watched,
    criterion: Criterion,
    choices: Sequence[tuple[int, ...]],
    level: float,
    cost: PassCost,
) -> Calibrated:
    sheet = _Sheet(watched, criterion, cost)
    best: Calibrated | None = None
    for layers in choices:
        for precision in PRECISIONS:
            found = sheet.judged(layers, precision)
            if found.lower >= level:
                if best is None or found.speed > best.speed:
                    best = found
                break
    return best or sheet.judged(choices[0], 2.0)  # a share that no exit reaches


class _Sheet:
    """The readings of a criterion, as arrays."""

    def __init__(self, watched: Watched, criterion: Criterion, cost: PassCost) -> None:
        self._watched, self._criterion, self._cost = watched, criterion, cost
        self._sure, self._right = watched.confidences(criterion), watched.agrees()
        self._texts = np.array(watched.texts)

    def judged(self, layers: tuple[int, ...], precision: float) -> Calibrated:
        """Return the rule of a share `p` at some layers, and what it promises."""
        rows = len(self._texts)
        going = np.ones(rows, dtype=np.bool_)
        right, weights = np.ones(rows), np.full(rows, float(self._cost.full))
        exits, readouts = [], 0
        for layer in layers:
            at = self._watched.layers.index(layer)
            limit = threshold_for(self._sure[going, at], self._right[going, at], precision)
            exits.append(ExitLayer(layer, limit))
            leaving = going & (self._sure[:, at] >= limit)
            reads = self._criterion.reads_head and (
                limit < NEVER or self._criterion is Criterion.AGREEMENT
            )
            readouts += reads
            right[leaving] = self._right[leaving, at]
            weights[leaving] = self._cost.of(layer, max(1, readouts))
            going &= ~leaving
        weights[going] += readouts * self._cost.head
        lower = lower_end(right, self._texts)
        speed = self._cost.full / float(weights.mean())
        return Calibrated(
            ExitRule(tuple(exits), self._criterion), float(right.mean()), lower, speed
        )


def threshold_for(sure: FloatArray, right: npt.NDArray[np.bool_], precision: float) -> float:
    """Return the lowest threshold at which those who reach it are right in at least a share.

    `sure` and `right` are of the same rows. NEVER where there is no such threshold.
    """
    order = np.argsort(-sure, kind="stable")
    values, hits = sure[order], np.cumsum(right[order])
    last = np.append(values[1:] != values[:-1], True)[: len(values)]  # equal ones leave together
    good = np.flatnonzero(last & (hits >= precision * np.arange(1, len(values) + 1)))
    return float(values[good[-1]]) if len(good) else NEVER


def lower_end(right: FloatArray, texts: npt.NDArray[np.int64]) -> float:
    """Return the lower end of the one-sided 95 % interval of a share, rows clustered by text.

    A single text says nothing about others: its share is returned.
    """
    _, place = np.unique(texts, return_inverse=True)
    shares = np.bincount(place, right) / np.bincount(place)
    if len(shares) < 2:  # noqa: PLR2004 - a spread needs two
        return float(right.mean())
    error = float(shares.std(ddof=1)) / math.sqrt(len(shares))
    return float(right.mean()) - ONE_SIDED * error
