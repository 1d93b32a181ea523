"""What a study of early exit notes of one text."""

from __future__ import annotations

from dataclasses import dataclass

from tempo.domain.early_exit import LayerReading


@dataclass(frozen=True, slots=True)
class HeldOutText:
    """A text that thresholds are calibrated on.

    Attributes:
        readings: [row][layer] what each row of its greedy run said after each exit layer.
        final: [row] the full model's token.
    """

    readings: tuple[tuple[LayerReading, ...], ...]
    final: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ForcedFigures:
    """A rule on the passes that the full model made, on one text.

    Attributes:
        rows: how many.
        agreeing: how many of them have the full model's most probable token.
        lost: log-probability of that token in nats, the full model's less the rule's; over rows.
        seconds: what the passes after the prompt took, and reading them.
        full_seconds: what they took without a rule, pass by pass in turn with the others.
        exits: how many rows left after each layer, from the first to the last.
    """

    rows: int
    agreeing: int
    lost: float
    seconds: float
    full_seconds: float
    exits: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FreeFigures:
    """A text that a rule wrote by itself, beside that of the full model.

    Attributes:
        steps: tokens of either.
        common: how many both begin with alike.
        lost: log-probability a token under the full model, its own text's less the rule's, in nats.
    """

    steps: int
    common: int
    lost: float


@dataclass(frozen=True, slots=True)
class MeasuredText:
    """A text that rules are measured on.

    Attributes:
        forced: by the policy's name; without those of parallel sets where none were decoded.
        free: the same, of those that wrote a text.
        width: rows of a pass of parallel sets, on average; None where none were decoded.
    """

    forced: dict[str, ForcedFigures]
    free: dict[str, FreeFigures]
    width: float | None


Finding = HeldOutText | MeasuredText
"""What is noted of a text: on some, thresholds are calibrated; on others, rules are measured."""

KINDS = (HeldOutText, LayerReading, MeasuredText, ForcedFigures, FreeFigures)
"""What a journal of these findings is made of."""
