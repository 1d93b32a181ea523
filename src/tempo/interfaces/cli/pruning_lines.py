"""What pruning did, in lines that a person reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text

from tempo.domain.events import CandidatesPruned, StepAppended
from tempo.domain.pruning.decision import Effect
from tempo.domain.pruning.tally import PruningTally
from tempo.interfaces.cli.rendering import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import Console

    from tempo.domain.events import Event
    from tempo.domain.lattice import LatticeStep
    from tempo.domain.pruning.decision import PruningDecision
    from tempo.domain.tokens import TokenId

COLUMNS = ("step", "token", "what", "at step", "rule", "score", "threshold", "share")
"""Of a decision, see `decision_row`."""

TOKEN_CELLS = 14
"""A token's column; a longer token moves what stands behind it."""


class TokenTexts:
    """Spells the tokens of a run, also of steps that were removed since."""

    def __init__(self, steps: Iterable[LatticeStep] = (), *, show_ids: bool = False) -> None:
        """Know the candidates of some steps; `show_ids` puts each token's id behind it."""
        self._texts: dict[tuple[int, TokenId], str] = {}
        self._show_ids = show_ids
        self.add(steps)

    def add(self, steps: Iterable[LatticeStep]) -> None:
        """Know the candidates of some more steps."""
        for step in steps:
            for one in step.candidates:
                self._texts[step.step, one.token_id] = repr(one.text)

    def of(self, decision: PruningDecision) -> str:
        """Return the token that was judged; its id alone where the step is not known."""
        text = self._texts.get((decision.step, decision.token_id))
        if text is None:
            return f"({decision.token_id})"
        return f"{text}({decision.token_id})" if self._show_ids else text


class Narrator:
    """Says each decision as it falls, one line each."""

    def __init__(self, console: Console, *, show_ids: bool) -> None:
        """Say it on a console, above whatever is live there."""
        self._console = console
        self._texts = TokenTexts(show_ids=show_ids)

    def tell(self, event: Event) -> None:
        """Say what an event tells of pruning."""
        decisions: Sequence[PruningDecision] = ()
        match event:
            case StepAppended(step=step, dropped=dropped):
                self._texts.add([step])
                decisions = dropped
            case CandidatesPruned(decisions=fallen, steps=steps):
                self._texts.add(steps)
                decisions = fallen
        for one in decisions:
            self._console.print(Text(decision_line(one, self._texts)), soft_wrap=True)


def decision_row(decision: PruningDecision, texts: TokenTexts) -> tuple[str, ...]:
    """Return a decision in the order of `COLUMNS`."""
    what = decision.effect.value.replace("_", " ")
    if decision.effect is Effect.WEAKENED:
        what += f" to {decision.weight:.2f}"
    return (
        str(decision.step),
        texts.of(decision),
        what,
        str(decision.decided_at),
        one_line(decision.rule),
        f"{decision.score:.4g}",
        f"{decision.threshold:.4g}",
        f"{decision.mass:.4f}",
    )


def decision_line(decision: PruningDecision, texts: TokenTexts) -> str:
    """Return a decision as a line whose parts stand under each other."""
    step, token, what, moment, rule, score, threshold, share = decision_row(decision, texts)
    token += " " * (TOKEN_CELLS - cell_len(token))
    cause = f"{rule} {score} against {threshold}"
    return f"step {step:>3}  {token}  {what:<16}  at step {moment:>3}: {cause:<38}  share {share}"


def tally_line(tally: PruningTally) -> str:
    """Return what pruning did to a run, in one line."""
    parts = [
        f"{tally.judged} judged, {tally.kept} kept",
        *_effects(tally),
        f"{_counted(tally.rows_freed, 'row')} freed",
        *([f"{_percent(tally.lost)} of the paths gone"] if tally.lost > 0.0 else []),
    ]
    return " · ".join(parts)


def decisions_line(decisions: Sequence[PruningDecision]) -> str:
    """Return what a log of decisions adds up to; it does not tell what was kept."""
    return " · ".join(_effects(PruningTally.of(decisions)))


def _effects(tally: PruningTally) -> list[str]:
    by_rule = ", ".join(f"{rule} {count}" for rule, count in sorted(tally.pruned.items()))
    others = [
        (tally.descendants, _counted(tally.descendants, "descendant")),
        (tally.weakened, f"{tally.weakened} weakened"),
        (tally.unattended, f"{tally.unattended} unattended"),
        (tally.positions_removed, f"{_counted(tally.positions_removed, 'position')} removed"),
    ]
    pruned = f"{sum(tally.pruned.values())} pruned" + (f" ({by_rule})" if by_rule else "")
    return [pruned, *(said for count, said in others if count)]


def _counted(count: int, name: str) -> str:
    return f"{count} {name}{'s' * (count != 1)}"


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"
