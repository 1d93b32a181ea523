"""The attention that judged tokens had received, against what they needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tempo.domain.pruning.attention import ABSOLUTE, RELATIVE
from tempo.domain.pruning.decision import Effect
from tempo.infrastructure.plotting.comparison_style import new_figure
from tempo.infrastructure.plotting.runs.step_axis import WIDTH, StepBins, draw_removed, finish_steps
from tempo.infrastructure.plotting.runs.token_label import token_label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from tempo.application.records.run_view import RunView
    from tempo.domain.pruning.decision import PruningDecision

RULES = {
    ABSOLUTE: "attention received",
    RELATIVE: "share of the step's most attended",
}

STYLES = {
    Effect.PRUNED: ("#d55e00", "x", "pruned"),
    Effect.WEAKENED: ("#e69f00", "o", "weakened"),
    Effect.UNATTENDED: ("#56b4e9", "s", "stays unseen"),
    Effect.POSITION_REMOVED: ("#cc79a7", "D", "left with its step"),
}
"""Colour, mark and name; what left as a descendant was not judged by its own attention."""

NAMED = 24
"""Up to so many marks carry their token."""


def judged_by_attention(view: RunView) -> tuple[PruningDecision, ...]:
    """Return the decisions that measured attention."""
    return tuple(one for one in view.decisions if one.rule in RULES and one.effect in STYLES)


def plot_attention(view: RunView) -> Figure:
    """Draw a panel a measure: a mark a judged token, a line from it to what it needed."""
    found = judged_by_attention(view)
    rules = [rule for rule in RULES if any(one.rule == rule for one in found)]
    figure = new_figure(WIDTH, 0.9 + 2.3 * len(rules))
    panels = figure.subplots(len(rules), 1, squeeze=False)[:, 0]
    bins = StepBins(view.first, view.end, most=10**9)
    named = dict[str, "Artist"]()
    for axes, rule in zip(panels, rules, strict=True):
        draw_removed(axes, view, bins)
        chosen = [one for one in found if one.rule == rule]
        _draw_decisions(axes, chosen)
        if len(chosen) <= NAMED:
            _name(axes, view, chosen)
        highest = max(max(one.score, one.threshold) for one in chosen)
        axes.set_ylim(-0.03 * highest, 1.3 * highest or 1.0)
        axes.set_ylabel(RULES[rule], fontsize=9)
        finish_steps(axes, bins, named=axes is panels[-1])
        handles, labels = axes.get_legend_handles_labels()
        named |= dict(zip(labels, handles, strict=True))
    figure.legend(
        list(named.values()),
        list(named),
        loc="outside lower center",
        ncols=4,
        frameon=False,
        fontsize=8,
    )
    return figure


def _draw_decisions(axes: Axes, decisions: Sequence[PruningDecision]) -> None:
    for one in decisions:
        axes.plot([one.step, one.step], [one.score, one.threshold], color="#bbbbbb", linewidth=0.8)
    axes.plot(
        [one.step for one in decisions],
        [one.threshold for one in decisions],
        linestyle="none",
        marker="_",
        markersize=9,
        color="black",
        label="needed",
    )
    for effect, (colour, marker, name) in STYLES.items():
        chosen = [one for one in decisions if one.effect is effect]
        if chosen:
            axes.plot(
                [one.step for one in chosen],
                [one.score for one in chosen],
                linestyle="none",
                marker=marker,
                markersize=5,
                color=colour,
                label=name,
            )


def _name(axes: Axes, view: RunView, decisions: Sequence[PruningDecision]) -> None:
    """Write each token beside its mark, where its step still lists it."""
    labels = {
        (placed.step.step, one.token_id): token_label(one, 8)
        for placed in view.placed
        for one in placed.step.candidates
    }
    before: list[int] = []
    for one in decisions:
        side = -5 if before.count(one.step) % 2 else 5
        before.append(one.step)
        axes.annotate(
            labels.get((one.step, one.token_id), ""),
            (one.step, one.score),
            xytext=(side, 3),
            textcoords="offset points",
            ha="center",
            va="bottom",
            rotation=90,
            fontsize=7,
        )
