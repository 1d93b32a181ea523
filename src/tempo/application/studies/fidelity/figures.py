"""What a study notes of one context."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One rule at one threshold and depth, on one context.

    `beam` and `single` stand for the two baselines on the same token sets: the mixture of the
    exact rows of as many distinct paths as the rule had rows at each step, and of the greedy one.

    Attributes:
        kl: KL(exact || readout) in nats.
        tv: total variation between them, in [0, 1].
        beam_kl: KL of the exact beam's mixture.
        beam_tv: its total variation.
        single_kl: KL of the greedy path's row.
        single_tv: its total variation.
        best_first: 1 if the lattice's best path is the exact best one, else 0.
        best_in_5: 1 if the exact best path is among the lattice's 5 best.
        best_in_10: 1 if it is among its 10 best.
        spearman: rank correlation of the lattice's path scores with the exact ones; NaN for one
            path.
        kept_mass: probability that the run itself gives to staying in its sets.
        exact_mass: the paths' probability under the plain model.
        width: rows of the step that was read.
        paths: paths enumerated.
    """

    kl: float
    tv: float
    beam_kl: float
    beam_tv: float
    single_kl: float
    single_tv: float
    best_first: float
    best_in_5: float
    best_in_10: float
    spearman: float
    kept_mass: float
    exact_mass: float
    width: float
    paths: float


METRICS = tuple(entry.name for entry in fields(Figures))


@dataclass(frozen=True, slots=True)
class Cell:
    """Where a figure stands: a rule by name, a threshold and a depth."""

    rule: str
    threshold: float
    depth: int


@dataclass(frozen=True, slots=True)
class Overrun:
    """An enumeration that was left out, and the number of paths that it would have had."""

    cell: Cell
    paths: int


@dataclass(frozen=True, slots=True, eq=False)
class ContextFigures:
    """One context.

    Attributes:
        number: its place among the study's prompts, from 0.
        prompt: its text.
        figures: by cell. A cell is there for all rules or for none, so that rules are compared on
            the same contexts.
        overruns: the cells that would have passed the budget.
    """

    number: int
    prompt: str
    figures: dict[Cell, Figures]
    overruns: tuple[Overrun, ...]


KINDS = (ContextFigures, Cell, Figures, Overrun)
"""What a journal of these findings is made of."""
