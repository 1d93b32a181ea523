"""From the settings of tree search to its rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tempo.domain.search.demands import Demands
from tempo.domain.search.likelihood import Likelihood
from tempo.domain.search.plan import Rollout, TreeSearch
from tempo.domain.search.puct import Puct

if TYPE_CHECKING:
    from tempo.application.settings.settings import Settings
    from tempo.domain.ports.verifier import Verifier


def search_of(settings: Settings) -> TreeSearch | None:
    """Return how each token is searched for, None for no search.

    Raises:
        InvalidValueError: for a value outside its range.
    """
    if not settings.use_mcts:
        return None
    return TreeSearch(
        simulations=settings.mcts_simulations,
        depth=settings.mcts_depth,
        rule=Puct(settings.mcts_c_puct),
        rollout=Rollout(settings.mcts_rollout),
        batch=settings.mcts_batch,
        rows=settings.mcts_rows,
        seed=settings.seed,
        verifier=_verifier(settings),
    )


def _verifier(settings: Settings) -> Verifier:
    if settings.mcts_words or settings.mcts_pattern:
        return Demands.of(settings.mcts_words, settings.mcts_pattern)
    return Likelihood()
