"""What a run is asked to do."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tempo.domain.errors import CacheBoundError, ContradictionError, InvalidValueError
from tempo.domain.exact_paths import Histories
from tempo.domain.layout import PositionScheme
from tempo.domain.pruning.retroactive import AfterPruning, CompleteMode
from tempo.domain.readout import Readout
from tempo.domain.row_rules import RowRules
from tempo.domain.selection import Selection
from tempo.domain.stopping import Stopping
from tempo.domain.superposition import Lineage
from tempo.domain.visibility import Visibility

if TYPE_CHECKING:
    from tempo.domain.lattice import LatticeStep
    from tempo.domain.pruning.candidates import CandidateStrategy
    from tempo.domain.pruning.retroactive import RetroactivePruning
    from tempo.domain.search.plan import TreeSearch
    from tempo.domain.superposition import Superposition
    from tempo.domain.tokens import TokenId


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """A prompt and the rules of one run; the defaults are those of the settings users meet.

    Attributes:
        prompt_ids: at least one token.
        max_steps: at least 1; the model's context may allow fewer.
        selection: which candidates are kept.
        superposition: how later tokens weigh earlier candidates.
        readout: how a step's rows become one distribution.
        visibility: whether siblings see each other.
        positions: how positions are given out.
        rules: the logits processors.
        stopping: what ends the run.
        barred: tokens that are never proposed.
        release: whether rows that no later row can see leave the cache.
        committed: steps of one member each that the run goes on from.
        strategy: what refines a set before it is kept; None for nothing.
        retroactive: what refines earlier sets by what came later; None for nothing.
        search: how each token is searched for; None to decode several hypotheses at once.
        max_cache_tokens: rows that its cache holds at most, the prompt's among them; at least as
            many as it begins with; None for no bound.
    """

    prompt_ids: tuple[TokenId, ...]
    max_steps: int = 100
    selection: Selection = field(default_factory=Selection)
    superposition: Superposition = field(default_factory=Lineage)
    readout: Readout = Readout.MIXTURE
    visibility: Visibility = Visibility.ISOLATED
    positions: PositionScheme = PositionScheme.SHARED
    rules: RowRules = field(default_factory=RowRules)
    stopping: Stopping = field(default_factory=Stopping)
    barred: tuple[TokenId, ...] = ()
    release: bool = True
    committed: tuple[LatticeStep, ...] = ()
    strategy: CandidateStrategy | None = None
    retroactive: RetroactivePruning | None = None
    search: TreeSearch | None = None
    max_cache_tokens: int | None = None

    def __post_init__(self) -> None:
        if self.max_steps < 1:
            message = f"max_steps is {self.max_steps}; it must be 1 or more"
            raise InvalidValueError(message)
        if self.max_steps <= len(self.committed):
            message = (
                f"max_steps is {self.max_steps} and {len(self.committed)} steps are committed; "
                "raise max_steps to go on"
            )
            raise InvalidValueError(message)
        if self.retroactive is not None:
            self.retroactive.require_window(self.superposition.window)
        if self.search is not None:
            self._require_searchable(self.search)
        if self.max_cache_tokens is not None:
            self._require_beginning(self.max_cache_tokens)

    def _require_beginning(self, bound: int) -> None:
        """Refuse a bound that the beginning alone exceeds.

        Raises:
            InvalidValueError: naming the bound and what the beginning takes.
        """
        if bound < 1:
            message = f"max_cache_tokens is {bound}; it must be 1 or more"
            raise InvalidValueError(message)
        chain = max(0, len(self.committed) - 1)
        if len(self.prompt_ids) + chain > bound:
            committed = f" and what is committed {chain}" if chain else ""
            message = (
                f"the prompt takes {len(self.prompt_ids)} cache rows{committed}, and "
                f"max_cache_tokens is {bound}; raise it or shorten the prompt"
            )
            raise InvalidValueError(message)

    def require_rows(self, rows: int, more: int) -> None:
        """Refuse a pass whose rows the cache may not hold beside those that it has.

        Raises:
            CacheBoundError: naming both and the bound.
        """
        bound = self.max_cache_tokens
        if bound is not None and rows + more > bound:
            raise CacheBoundError(rows, more, bound)

    def _require_searchable(self, search: TreeSearch) -> None:
        """Refuse what a search has no rows for.

        Raises:
            ContradictionError: naming both settings.
        """
        if search.rows is not None and search.rows < self.max_steps - 1:
            message = (
                f"mcts_rows is {search.rows} and max_steps {self.max_steps}; a text of so many "
                f"tokens takes {self.max_steps - 1} rows: raise mcts_rows or lower max_steps"
            )
            raise ContradictionError(message)
        if self.rules.looks_at_paths:
            message = (
                f"{self.rules.path_readers} under a tree search, whose rows follow many paths; "
                "leave it out"
            )
            raise ContradictionError(message)

    @property
    def histories(self) -> Histories:
        """What rows see of earlier steps: their best chains as plain text, or something else."""
        alone = self.superposition.window == 0 and self.visibility is Visibility.ISOLATED
        plain = alone and self.positions is PositionScheme.SHARED
        return Histories.CHAINS if plain else Histories.MIXED

    @property
    def session_rules(self) -> RowRules:
        """The row rules with all that the rules of pruning have to be shown."""
        capture = self.rules.capture
        if self.strategy is not None:
            capture |= self.strategy.capture
        if self.retroactive is not None:
            capture |= self.retroactive.rule.capture
        return replace(self.rules, capture=capture)

    @property
    def goes_back(self) -> bool:
        """Whether the run goes back to decode on without what was pruned."""
        pruning = self.retroactive
        return pruning is not None and pruning.after is AfterPruning.RECOMPUTE

    @property
    def rewrites_text(self) -> bool:
        """Whether pruning may change a text that all live hypotheses share."""
        pruning = self.retroactive
        removes = pruning is not None and pruning.complete_mode is CompleteMode.REMOVE_POSITION
        return self.goes_back or removes

    def barred_at(self, step: int, end_tokens: frozenset[TokenId]) -> tuple[TokenId, ...]:
        """Return the tokens that a step may not propose: end tokens before `min_steps` too."""
        if step >= self.stopping.min_steps:
            return self.barred
        return self.barred + tuple(sorted(end_tokens.difference(self.barred)))
