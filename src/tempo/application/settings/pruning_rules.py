"""From the settings of pruning to its rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tempo.application.settings.settings import ATTENTION_RULE, OFF
from tempo.application.settings.threshold_curves import schedule_of
from tempo.domain.capture import LayerWeights
from tempo.domain.errors import InvalidValueError
from tempo.domain.pruning.attention import AttentionPruning, Sigmoid
from tempo.domain.pruning.coherence import CoherenceDefinition, CoherencePruning
from tempo.domain.pruning.diversity import DiversityPruning
from tempo.domain.pruning.hybrid import HybridPruning
from tempo.domain.pruning.posterior import PosteriorPruning
from tempo.domain.pruning.retroactive import AfterPruning, CompleteMode, RetroactivePruning

if TYPE_CHECKING:
    from tempo.application.settings.settings import Settings
    from tempo.domain.pruning.candidates import CandidateStrategy
    from tempo.domain.pruning.retroactive import RetroactiveRule


def strategy_of(settings: Settings) -> CandidateStrategy | None:
    """Return what refines a set before it is kept, None for nothing.

    Raises:
        InvalidValueError: for a value outside its range.
    """
    match settings.pruning_strategy:
        case "coherence":
            return _coherence(settings)
        case "diversity":
            return DiversityPruning(settings.diversity_clusters)
        case "hybrid":
            return HybridPruning(
                diversity=DiversityPruning(settings.diversity_clusters),
                coherence=_coherence(settings),
                steps=settings.diversity_steps,
            )
        case _:
            return None


def retroactive_of(settings: Settings) -> RetroactivePruning | None:
    """Return what refines earlier sets, None for nothing.

    Raises:
        InvalidValueError: for a value outside its range.
    """
    if settings.retroactive_rule == OFF:
        return None
    return RetroactivePruning(
        rule=_rule(settings),
        complete_mode=CompleteMode(settings.complete_pruning_mode),
        lag=settings.pruning_lag,
        comprehensive=settings.comprehensive_pruning,
        monotone=settings.monotone_pruning,
        after=AfterPruning(settings.after_pruning),
    )


def _coherence(settings: Settings) -> CoherencePruning:
    return CoherencePruning(
        threshold=schedule_of(settings, "coherence_threshold"),
        definition=CoherenceDefinition(settings.coherence_definition),
    )


def _rule(settings: Settings) -> RetroactiveRule:
    if settings.retroactive_rule == ATTENTION_RULE:
        return AttentionPruning(
            absolute=schedule_of(settings, "attention_threshold"),
            relative=settings.relative_threshold if settings.relative_attention else None,
            sigmoid=Sigmoid(settings.sigmoid_steepness) if settings.sigmoid_threshold else None,
            layers=LayerWeights(settings.multi_scale_attention, settings.num_layers_to_use),
            decay=settings.attention_decay,
        )
    if not 0.0 < settings.posterior_floor <= 1.0:
        message = f"posterior_floor is {settings.posterior_floor}; it must be in (0, 1]"
        raise InvalidValueError(message)
    return PosteriorPruning(settings.posterior_mass, schedule_of(settings, "posterior_floor"))
