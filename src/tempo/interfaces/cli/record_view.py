"""A record on the terminal, in a pipe, or as JSON."""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from tempo.application.records.record import path_text
from tempo.domain.model_identity import SHOWN_DIGITS
from tempo.interfaces.cli import rendering
from tempo.interfaces.cli.control_characters import readable
from tempo.interfaces.cli.output import Format
from tempo.interfaces.cli.pruning_lines import COLUMNS, TokenTexts, decision_row, decisions_line
from tempo.interfaces.cli.step_rows import STEP_COLUMNS, step_mappings, step_rows
from tempo.interfaces.python.lattice import Lattice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from tempo.application.records.record import RunRecord
    from tempo.domain.tokens import Candidate

PROSE = frozenset({"tokens", "token", "what", "rule"})
"""Columns of words; all others hold figures."""


@dataclass(frozen=True, slots=True)
class StoredText:
    """A path of a lattice as a text with the score that the lattice gives it.

    `exact` tells whether that score is the plain model's; others are estimates.
    """

    text: str
    token_ids: tuple[int, ...]
    log_probability: float
    finished: bool
    exact: bool = False

    @property
    def mean_log_probability(self) -> float:
        """Log-probability per token, in nats."""
        return self.log_probability / len(self.token_ids)


class RecordView:
    """Shows one record. On a terminal a document's control characters show as escapes."""

    def __init__(self, record: RunRecord, console: Console, *, show_ids: bool) -> None:
        """Show on a console; `show_ids` puts each token's id behind it."""
        self._record = record
        self._lattice = Lattice.of(_readable(record) if console.is_terminal else record)
        self._console = console
        self._show_ids = show_ids

    def print_text(self, chosen: Format, *, with_prompt: bool) -> None:
        """Print the best path, the bracketed or the raw text; under ALL the first two."""
        lead = self._record.provenance.prompt or "" if with_prompt else ""
        if chosen is Format.ALL:
            self._heading("best text")
        self.write(lead)
        match chosen:
            case Format.BRACKETED:
                self._print_bracketed()
            case Format.RAW:
                ids = rendering.raw_with_ids(self._lattice)
                self.write((ids if self._show_ids else self._lattice.raw) + "\n")
            case _:
                ids = rendering.clean_with_ids(self._lattice)
                self.write((ids if self._show_ids else self._record.text) + "\n")
        if chosen is Format.ALL:
            self._section("bracketed")
            self._print_bracketed()

    def print_best(self, count: int) -> None:
        """Print the exact chains and the best other paths, by the lattice's own plain scores."""
        texts = self._best(count)
        exact = [str(rank) for rank, text in enumerate(texts, 1) if text.exact]
        told = f", exact scores: {', '.join(exact)}" if exact else ""
        self._section(f"{len(texts)} best path{'s' * (len(texts) != 1)}{told}")
        if self._console.is_terminal:
            self._console.print(rendering.n_best_table(texts))
        else:
            self.write("".join(f"{line}\n" for line in rendering.n_best_lines(texts)))

    def print_steps(self) -> None:
        """Print a line for each step; the token of the best path carries a star."""
        self._section("steps")
        self._print_table(STEP_COLUMNS, step_rows(self._lattice, show_ids=self._show_ids))

    def print_decisions(self) -> None:
        """Print a line for each decision of pruning, in the order in which they fell."""
        self._section("decisions")
        texts = TokenTexts(self._lattice.steps, show_ids=self._show_ids)
        rows = [decision_row(one, texts) for one in self._lattice.decisions]
        self._print_table(COLUMNS, rows)

    def _print_table(self, columns: Sequence[str], rows: Sequence[tuple[str, ...]]) -> None:
        """Print a table on a terminal, elsewhere lines whose parts tabs separate."""
        if not self._console.is_terminal:
            self.write("".join("\t".join(row) + "\n" for row in (columns, *rows)))
            return
        table = Table(box=None, padding=(0, 1), show_edge=False, header_style="dim")
        for column in columns:
            prose = column in PROSE
            table.add_column(
                column,
                justify="left" if prose else "right",
                no_wrap=not prose,
                overflow="fold" if prose else "ellipsis",
            )
        for row in rows:
            table.add_row(*map(Text, row))
        self._console.print(table)

    def print_facts(self) -> None:
        """Print where the lattice comes from."""
        self._section("run")
        for fact in self._facts():
            self.write(f"{rendering.one_line(fact)}\n")

    def mapping(self, count: int, *, with_steps: bool) -> dict[str, Any]:
        """Return all of it as plain data for JSON."""
        record, known = self._record, self._record.provenance
        shown: dict[str, Any] = {
            "prompt": known.prompt,
            "text": record.text,
            "bracketed": self._lattice.bracketed,
            "raw": self._lattice.raw,
            "finished": record.finished,
            "finish_reason": known.finish_reason,
            "finished_mass": record.finished_mass,
            "n_best": [asdict(text) for text in self._best(count)] if count else [],
            "model": None if known.model is None else asdict(known.model),
            "settings": known.settings,
            "steered": known.steered,
            "decisions": [asdict(one) for one in self._lattice.decisions],
        }
        if with_steps:
            shown["steps"] = step_mappings(self._lattice)
        return shown

    def write(self, text: str) -> None:
        """Write text; to a terminal, nothing but what can be read."""
        if self._console.is_terminal:
            text = readable(text)
        sys.stdout.write(text)

    def _best(self, count: int) -> list[StoredText]:
        stops = self._record.provenance.stop_bytes
        return [
            StoredText(
                path_text(self._lattice, path.members, stops),
                self._lattice.token_ids(path),
                path.score,
                path.finished,
                self._lattice.exact_score(path.members) is not None,
            )
            for path in self._lattice.best_paths(count)
        ]

    def _print_bracketed(self) -> None:
        if self._console.is_terminal or self._show_ids:
            text = rendering.bracketed(self._lattice, show_ids=self._show_ids)
            self._console.print(text)
        else:
            self.write(self._lattice.bracketed + "\n")

    def _facts(self) -> list[str]:
        known, steps = self._record.provenance, self._lattice.steps
        model = "unknown"
        if known.model is not None:
            made = known.model
            model = f"{made.name} ({made.family}, {made.dtype} on {made.device})"
            model += f", fingerprint {made.fingerprint[:SHOWN_DIGITS]}"
        reason = "unknown" if known.finish_reason is None else known.finish_reason.value
        facts = [
            f"model: {model}",
            rendering.size_line(steps) if steps else "0 steps",
            f"ended: {reason}, finished mass {self._record.finished_mass:.3f}",
        ]
        if self._lattice.decisions:
            facts.append(f"pruning: {decisions_line(self._lattice.decisions)}")
        return facts

    def _heading(self, title: str) -> None:
        self._console.print(Text(f"{title}:", style="bold dim"))

    def _section(self, title: str) -> None:
        self.write("\n")
        self._heading(title)


def _readable(record: RunRecord) -> RunRecord:
    """Return the record with each token spelled so that no terminal acts on it."""
    steps = tuple(
        replace(
            step,
            token_set=replace(step.token_set, members=_spelled(step.token_set.members)),
            others=_spelled(step.others),
        )
        for step in record.lattice.steps
    )
    return replace(record, lattice=replace(record.lattice, steps=steps))


def _spelled(candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    return tuple(
        one if readable(one.text) == one.text else replace(one, content=readable(one.text).encode())
        for one in candidates
    )
