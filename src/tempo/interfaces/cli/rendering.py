"""Results as text for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
from rich.table import Table
from rich.text import Text

from tempo.domain.text import alternatives, escaped, is_unattended, needs_brackets, set_text
from tempo.domain.tokens import CandidateState
from tempo.interfaces.cli.control_characters import readable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.domain.lattice import LatticeStep
    from tempo.domain.search.report import SearchReport
    from tempo.domain.tokens import Candidate
    from tempo.interfaces.python.lattice import Lattice
    from tempo.interfaces.python.result import Result

COLOURS = ("bright_red", "bright_blue", "bright_green", "bright_yellow", "bright_magenta", "cyan")
"""Colours of the alternatives of a step, by rank, over and over."""


class ScoredText(Protocol):
    """A text with its score."""

    @property
    def text(self) -> str:
        """The text."""
        ...

    @property
    def log_probability(self) -> float:
        """Of its tokens, in nats."""
        ...

    @property
    def mean_log_probability(self) -> float:
        """The same per token."""
        ...

    @property
    def finished(self) -> bool:
        """Whether it ends in an end token or a stop string."""
        ...


def bracketed(lattice: Lattice, *, show_ids: bool) -> Text:
    """Return the text with every step of several tokens in brackets, alternatives in colour.

    The shown path's token is underlined; pruned ones are struck through, and those that no later
    token sees are dim.
    """
    text = Text()
    single = b""
    for step, member in zip(lattice.steps, lattice.best, strict=False):
        shown = alternatives(step, pruned=True)
        if not (needs_brackets(shown) or show_ids):
            single += shown[0].content
            continue
        text.append(readable(escaped(single, "[]")))
        single = b""
        _append_set(text, step, shown, step.token_set.members[member], show_ids=show_ids)
    text.append(readable(escaped(single, "[]")))
    return text


def _append_set(
    text: Text,
    step: LatticeStep,
    shown: Sequence[Candidate],
    best: Candidate,
    *,
    show_ids: bool,
) -> None:
    ids = [f"({candidate.token_id})" if show_ids else "" for candidate in shown]
    if not needs_brackets(shown):
        alone = escaped(step.token_set.members[0].content, "[]")
        text.append(f"{readable(alone)}{ids[0]}")
        return
    space, texts = set_text(shown)
    text.append(space)
    text.append("[", style="bold")
    for rank, (candidate, spelled, token) in enumerate(zip(shown, texts, ids, strict=True)):
        if rank:
            text.append("/", style="bold")
        style = COLOURS[rank % len(COLOURS)]
        if candidate is best:
            style += " underline"
        if candidate.state is CandidateState.PRUNED:
            style += " strike"
        if is_unattended(candidate):
            style += " dim"
        text.append(readable(spelled) + token, style=style)
    text.append("]", style="bold")


def clean_with_ids(lattice: Lattice) -> str:
    """Return the best path with each token's id behind it."""
    members = [
        step.token_set.members[member]
        for step, member in zip(lattice.steps, lattice.best, strict=False)
    ]
    return "".join(f"{escaped(one.content, '')}({one.token_id})" for one in members)


def raw_with_ids(lattice: Lattice) -> str:
    """Return all physical tokens in order with their ids."""
    return "".join(
        f"{escaped(member.content, '')}({member.token_id})"
        for step in lattice.steps
        for member in step.token_set.members
    )


def one_line(text: str) -> str:
    """Return text in one line: the backslash and all control characters are written as escapes."""
    spelled = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")
    return readable(spelled)


def n_best_table(texts: Sequence[ScoredText], values: Sequence[float] = ()) -> Table:
    """Return texts with their log-probabilities, best first; after a search with their values."""
    table = Table(box=None, padding=(0, 1), show_edge=False, header_style="dim")
    if values:
        table.add_column("value", justify="right", no_wrap=True)
    table.add_column("log-prob", justify="right", no_wrap=True)
    table.add_column("per token", justify="right", no_wrap=True)
    table.add_column("end", no_wrap=True)
    table.add_column("text", overflow="fold")
    shown = [[f"{value:.3f}"] for value in values] or [[]] * len(texts)
    for value, text in zip(shown, texts, strict=True):
        table.add_row(
            *value,
            f"{text.log_probability:.3f}",
            f"{text.mean_log_probability:.3f}",
            "yes" if text.finished else "no",
            Text(readable(text.text.strip("\n"))),
        )
    return table


def n_best_lines(texts: Sequence[ScoredText], values: Sequence[float] = ()) -> list[str]:
    """Return texts for a pipe: rank, log-probability, per token, text, separated by tabs.

    After a search, the value stands behind the rank.
    """
    shown = [f"{value:.4f}\t" for value in values] or [""] * len(texts)
    return [
        f"{rank}\t{value}{text.log_probability:.4f}\t{text.mean_log_probability:.4f}\t"
        f"{one_line(text.text)}"
        for rank, (value, text) in enumerate(zip(shown, texts, strict=True), 1)
    ]


def cost_line(result: Result) -> str:
    """Return what a run took, in one line."""
    steps = result.lattice.steps
    if not steps:
        return "0 steps"
    cost, decoded = result.cost, result.lattice.decoded
    per_step = (cost.total_milliseconds - cost.milliseconds.get("prefill", 0.0)) / decoded
    return (
        f"{size_line(steps)} · "
        f"{cost.cache_rows} cache rows ({cost.released_rows} released) · {per_step:.1f} ms a step"
    )


def search_line(report: SearchReport) -> str:
    """Return what a search took and came to, in one line."""
    return (
        f"{report.simulations} simulations · {report.rows} rows, "
        f"{report.rows_per_simulation:.1f} a simulation "
        f"({report.shared:.1%} of those without a shared cache) · "
        f"{len(report.texts)} texts tried · value {report.value:.3f}"
    )


def size_line(steps: Sequence[LatticeStep]) -> str:
    """Return how long and wide a lattice of at least one step is, and what it keeps."""
    widths = [step.width for step in steps]
    masses = [step.kept_mass for step in steps]
    with np.errstate(divide="ignore"):
        mean = np.exp(np.mean(np.log(masses)))
    return (
        f"{len(steps)} steps · width {np.mean(widths):.1f} mean, {max(widths)} max · "
        f"kept mass {mean:.3f} a step, {np.prod(masses):.2g} in all"
    )


def notes(result: Result, context: int) -> list[str]:
    """Return what a user should know about how a run went."""
    steps, decoded = result.lattice.steps, result.lattice.decoded
    said = list(result.pruning.notes)
    if result.finish_reason == "context":
        said.append(f"stopped after {decoded} steps: the model's context of {context} is full")
    if result.finish_reason == "max_cache_tokens":
        bound = result.settings.max_cache_tokens
        said.append(
            f"stopped after {decoded} steps: the next pass needs more than the {bound} cache rows "
            "of max_cache_tokens; what was decoded is kept"
        )
    if result.finish_reason == "max_memory_gb":
        said.append(
            f"stopped after {decoded} steps: the process holds what max_memory_gb allows; "
            "what was decoded is kept"
        )
    if result.finish_reason == "cancelled":
        said.append(f"stopped by the user after {decoded} steps; what was decoded is kept")
    cut = [step for step in steps if step.cut and step.threshold > 0]
    if cut:
        mass = sum(step.cut_mass for step in cut) / len(cut)
        said.append(
            f"the width cap cut tokens above the threshold at {len(cut)} of {len(steps)} steps "
            f"(mean mass {mass:.3f}); raise --max-width to keep them"
        )
    said += _search_notes(result.search)
    ties = sum(step.near_ties for step in steps)
    if ties:
        said.append(f"{ties} candidates lie within 1e-6 of the threshold; rounding decides them")
    return said


def _search_notes(report: SearchReport | None) -> list[str]:
    """Return what a user should know about how a search went."""
    if report is None:
        return []
    said = []
    if report.errors:
        said.append(
            f"the verifier failed on {report.errors} texts, which count as the worst; first: "
            f"{report.error}"
        )
    if report.spent:
        said.append(f"the bound on rows ended the search after {report.simulations} simulations")
    return said
