"""The map of where the model hesitates."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tempo.domain.lattice import Lattice

SHADES = 5
"""Entropies are shown in this many shades, the darkest from `FULL_SHADE` nats on."""

FULL_SHADE = 3.0


@dataclass(frozen=True, slots=True)
class Hesitation:
    """One step of the shown path.

    Attributes:
        step: 0-based; a number is left out where the whole step was removed.
        text: of the shown token; bytes that are no UTF-8 by themselves show as U+FFFD.
        entropy: of the model's next-token choice over the whole vocabulary, in nats.
        width: how many tokens were kept.
        posterior: share of the lattice's paths through this step that pass the shown token.
        probability: of the shown token when it was proposed.
    """

    step: int
    text: str
    entropy: float
    width: int
    posterior: float
    probability: float


class Uncertainty:
    """Every step of the shown path; prints as a table, shows as tinted text in a notebook."""

    def __init__(self, lattice: Lattice, best: tuple[int, ...]) -> None:
        """Read the map off a lattice and its best path."""
        self.steps = tuple(
            Hesitation(
                step=step.step,
                text=candidate.text,
                entropy=max(0.0, step.entropy),
                width=step.width,
                posterior=1.0 if candidate.posterior is None else candidate.posterior,
                probability=candidate.probability,
            )
            for step, member in zip(lattice.steps, best, strict=False)
            for candidate in (step.token_set.members[member],)
        )

    def __len__(self) -> int:
        return len(self.steps)

    def __iter__(self) -> Iterator[Hesitation]:
        return iter(self.steps)

    def __getitem__(self, place: int) -> Hesitation:
        return self.steps[place]  # a step that was removed has no place here

    @property
    def mean_entropy(self) -> float:
        """Mean over the steps, in nats."""
        return sum(step.entropy for step in self.steps) / len(self.steps) if self.steps else 0.0

    def __str__(self) -> str:
        rows = [f"{'step':>4}  {'entropy':>7}  {'width':>5}  {'posterior':>9}  token"]
        rows += [
            f"{one.step:>4}  {one.entropy:>7.2f}  {one.width:>5}  {one.posterior:>9.3f}  "
            f"{one.text!r}"
            for one in self.steps
        ]
        return "\n".join(rows)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        spans = "".join(_span(one) for one in self.steps)
        note = "tint: entropy of the model's next-token choice"
        return f"<div><p style='white-space:pre-wrap'>{spans}</p><small>{note}</small></div>"


def _span(one: Hesitation) -> str:
    shade = min(SHADES - 1, int(SHADES * one.entropy / FULL_SHADE))
    title = (
        f"step {one.step}: entropy {one.entropy:.2f} nats, width {one.width}, "
        f"posterior {one.posterior:.3f}"
    )
    return (
        f"<span title='{html.escape(title)}' "
        f"style='background:rgba(230,159,0,{shade / (SHADES - 1) * 0.6:.2f})'>"
        f"{html.escape(one.text)}</span>"
    )
