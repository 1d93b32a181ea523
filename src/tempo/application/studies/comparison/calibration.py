"""Whether what a lattice says of the model's texts is as frequent among them as it says.

The event that a forecast is about: a text drawn from the model begins with tokens of given sets,
one set a step. Where every set has one token, the text begins with these tokens.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from tempo.application.studies.intervals import CONFIDENCE, Estimate
from tempo.domain.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.domain.proposal import FloatArray
    from tempo.domain.tokens import TokenId

BINS = 10
RESAMPLES = 2_000

TokenPath = tuple["TokenId", ...]
TokenSets = tuple[frozenset["TokenId"], ...]


@dataclass(frozen=True, slots=True)
class Forecast:
    """How probable it is that a drawn text begins with tokens of given sets.

    Attributes:
        token_sets: at least one. It happens if the draw is at least as long and each of its first
            tokens is in its set.
        probability: in [0, 1].
        given: what is known of the draws that count: as long as they last, they stay in these sets,
            and they are as long as the event. Without any, all draws count.
    """

    token_sets: TokenSets
    probability: float
    given: TokenSets = ()

    def __post_init__(self) -> None:
        """Refuse what is no forecast.

        Raises:
            InvalidValueError: for a probability outside [0, 1], or no token set.
        """
        if not 0.0 <= self.probability <= 1.0:
            message = f"a forecast has probability {self.probability}; it must be in [0, 1]"
            raise InvalidValueError(message)
        if not self.token_sets:
            message = "a forecast of no tokens happens always; give it one token set or more"
            raise InvalidValueError(message)

    def counts(self, draw: TokenPath) -> bool:
        """Whether what is known holds of a draw."""
        return not self.given or (len(draw) >= len(self.token_sets) and _inside(self.given, draw))

    def happens(self, draw: TokenPath) -> bool:
        """Whether a draw begins so."""
        return len(draw) >= len(self.token_sets) and _inside(self.token_sets, draw)


@dataclass(frozen=True, slots=True)
class Forecasts:
    """All forecasts about one prompt, and the texts drawn from the model that they are held to.

    A draw that ended by itself has its end token.
    """

    forecasts: tuple[Forecast, ...]
    draws: tuple[TokenPath, ...]


@dataclass(frozen=True, slots=True)
class Bin:
    """The forecasts whose probability is in [low, high), the last one's in [low, high].

    Attributes:
        low: of the range.
        high: of the range.
        trials: draws that counted, once for each forecast that they were held to.
        predicted: mean probability over the trials; NaN for none.
        observed: share of the trials that happened, with its interval.
    """

    low: float
    high: float
    trials: int
    predicted: float
    observed: Estimate


@dataclass(frozen=True, slots=True)
class Calibration:
    """Forecasts held against draws; intervals are of resampled prompts, bias-corrected (95 %).

    Attributes:
        event: what is forecast, in words.
        error: expected calibration error in [0, 1]: the bins' distances between predicted and
            observed, weighted by their trials. Chance alone makes it positive.
        chance: the error that exact forecasts would have on average with as many trials, each
            forecast's drawn apart.
        excess: mean of predicted less observed, in [-1, 1]; above 0 the forecasts say too much. It
            is 0 for forecasts of which exactly one must happen, such as all members of a step.
        bins: by rising probability.
    """

    event: str
    error: Estimate
    chance: float
    excess: Estimate
    bins: tuple[Bin, ...]


def beginnings(paths: Sequence[TokenPath], probabilities: Sequence[float]) -> tuple[Forecast, ...]:
    """Return forecasts that a draw begins with each of some paths."""
    return tuple(
        Forecast(tuple(frozenset((token,)) for token in path), probability)
        for path, probability in zip(paths, probabilities, strict=True)
    )


def has_trials(found: Sequence[Forecasts]) -> bool:
    """Whether any draw counts for any forecast."""
    return any(bool(_sums(one)[:, 0].any()) for one in found)


def calibration(event: str, found: Sequence[Forecasts], seed: int) -> Calibration:
    """Hold forecasts about several prompts against draws.

    Raises:
        InvalidValueError: if there is no forecast with a draw that counts.
    """
    rng = np.random.default_rng(seed % 2**64)
    sums = np.stack([_sums(one) for one in found]) if found else np.zeros((0, BINS, 3))
    whole = sums.sum(axis=0)
    if not whole[:, 0].any():
        message = "there is no forecast that a draw could be held to; draw more, or look less deep"
        raise InvalidValueError(message)
    times = rng.multinomial(len(found), np.full(len(found), 1 / len(found)), RESAMPLES)
    drawn = np.tensordot(times, sums, axes=1)  # [resamples, bins, 3]
    prompts = int(sums[:, :, 0].any(axis=1).sum())
    edges = [number / BINS for number in range(BINS + 1)]
    return Calibration(
        event=event,
        error=_estimate(_error(whole), _error(drawn), prompts),
        chance=_chance(found, rng),
        excess=_estimate(_excess(whole), _excess(drawn), prompts),
        bins=tuple(
            Bin(
                low=low,
                high=high,
                trials=int(whole[number, 0]),
                predicted=float(np.minimum(1.0, _share(whole[number, 1], whole[number, 0]))),
                observed=_estimate(
                    _share(whole[number, 2], whole[number, 0]),
                    _share(drawn[:, number, 2], drawn[:, number, 0]),
                    int(sums[:, number, 0].astype(bool).sum()),
                ),
            )
            for number, (low, high) in enumerate(pairwise(edges))
        ),
    )


def _inside(sets: TokenSets, draw: TokenPath) -> bool:
    return all(token in members for token, members in zip(draw, sets, strict=False))


def _sums(found: Forecasts) -> FloatArray:
    """Return [bins, 3] of one prompt: trials, and over them the probabilities and what happened."""
    sums = np.zeros((BINS, 3))
    for forecast in found.forecasts:
        counted = [draw for draw in found.draws if forecast.counts(draw)]
        happened = sum(forecast.happens(draw) for draw in counted)
        sums[_bin(forecast)] += len(counted), len(counted) * forecast.probability, happened
    return sums


def _bin(forecast: Forecast) -> int:
    return min(BINS - 1, int(forecast.probability * BINS))


def _share(part: FloatArray, whole: FloatArray) -> FloatArray:
    shares: FloatArray = np.full(np.shape(whole), math.nan)
    return np.divide(part, whole, out=shares, where=whole > 0)


def _error(sums: FloatArray) -> FloatArray:
    distances = np.abs(sums[..., 1] - sums[..., 2]).sum(axis=-1)
    return _share(distances, sums[..., 0].sum(axis=-1))


def _excess(sums: FloatArray) -> FloatArray:
    return _share((sums[..., 1] - sums[..., 2]).sum(axis=-1), sums[..., 0].sum(axis=-1))


def _estimate(value: FloatArray, resampled: FloatArray, prompts: int) -> Estimate:
    """Return a figure with its interval between bias-corrected percentiles (Efron, 1981).

    Resampling adds chance to chance, so that errors come out larger than on the prompts as they
    are; plain percentiles would lie above the figure.
    """
    from scipy.special import ndtr, ndtri  # noqa: PLC0415 - takes a moment to load

    defined = resampled[~np.isnan(resampled)]
    if not len(defined):
        return Estimate(float(value), math.nan, math.nan, prompts)
    below = float((defined < value).mean() + (defined == value).mean() / 2)
    bias = ndtri(np.clip(below, 1 / len(defined), 1 - 1 / len(defined)))
    ends = ndtr(2 * bias + ndtri([(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]))
    low, high = np.quantile(defined, ends)
    return Estimate(float(value), float(low), float(high), prompts)


def _chance(found: Sequence[Forecasts], rng: np.random.Generator) -> float:
    """Return the mean error where each forecast happens as often as it says."""
    told = [
        (_bin(forecast), sum(map(forecast.counts, one.draws)), forecast.probability)
        for one in found
        for forecast in one.forecasts
    ]
    bins, trials, probabilities = (np.array(column) for column in zip(*told, strict=True))
    happened = rng.binomial(trials, np.clip(probabilities, 0.0, 1.0), (RESAMPLES, len(told)))
    surplus = (trials * probabilities - happened) @ np.eye(BINS)[bins]  # [resamples, bins]
    return float(np.abs(surplus).sum(axis=1).mean() / trials.sum())
