"""From settings to the typed objects of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tempo.application.decoding.request import GenerationRequest
from tempo.application.settings.conditions import refuse_contradictions, refuse_ineffective
from tempo.application.settings.decoding_specs import AUTO_BASIS
from tempo.application.settings.pruning_rules import retroactive_of, strategy_of
from tempo.application.settings.search_rules import search_of
from tempo.application.settings.threshold_curves import schedule_of
from tempo.domain.layout import PositionScheme
from tempo.domain.readout import Readout
from tempo.domain.row_rules import RowRules
from tempo.domain.schedule import SELECTION, ConstantThreshold
from tempo.domain.selection import Selection, ThresholdBasis
from tempo.domain.stopping import StopOn, Stopping
from tempo.domain.superposition import Lineage, Marginal, Uniform, path_superposition
from tempo.domain.visibility import Visibility

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.application.settings.settings import Settings
    from tempo.domain.lattice import LatticeStep
    from tempo.domain.superposition import Superposition
    from tempo.domain.tokens import TokenId


def build_request(
    settings: Settings,
    prompt_ids: Sequence[TokenId],
    barred: Sequence[TokenId] = (),
    committed: tuple[LatticeStep, ...] = (),
) -> GenerationRequest:
    """Turn the flat names into the typed objects of a run, which may go on from committed steps.

    Raises:
        ContradictionError: for settings that exclude each other.
        IneffectiveSettingError: for a value that could change nothing.
        InvalidValueError: for a value outside its range.
    """
    refuse_contradictions(settings)
    refuse_ineffective(settings)
    return GenerationRequest(
        prompt_ids=tuple(prompt_ids),
        max_steps=settings.max_steps,
        selection=_selection(settings),
        superposition=_superposition(settings),
        readout=Readout(settings.readout),
        visibility=Visibility(settings.visibility),
        positions=PositionScheme(settings.positions),
        rules=_row_rules(settings),
        stopping=Stopping(
            stop_on=StopOn(settings.stop_on),
            stop_mass=settings.stop_mass,
            min_steps=settings.min_steps,
            stop=settings.stop,
        ),
        barred=tuple(barred),
        committed=committed,
        strategy=strategy_of(settings),
        retroactive=retroactive_of(settings),
        search=search_of(settings),
        max_cache_tokens=settings.max_cache_tokens,
    )


def _selection(settings: Settings) -> Selection:
    if settings.default_mode:
        return Selection(ConstantThreshold(0.0), max_width=1, considered=settings.considered)
    return Selection(
        threshold=schedule_of(settings, SELECTION),
        max_width=settings.max_width,
        considered=settings.considered,
        basis=_basis(settings),
    )


def _basis(settings: Settings) -> ThresholdBasis:
    """Return what the threshold is a share of; `path` is for the n-best texts, so for rivals."""
    if settings.threshold_basis != AUTO_BASIS:
        return ThresholdBasis(settings.threshold_basis)
    return ThresholdBasis.LEADER if settings.superposition == "path" else ThresholdBasis.TOTAL


def _superposition(settings: Settings) -> Superposition:
    if settings.use_mcts:
        return path_superposition()  # each node of the tree sees its own path alone
    match settings.superposition:
        case "lineage":
            return Lineage(settings.sharpness, settings.window)
        case "path":
            return path_superposition()
        case "marginal":
            return Marginal()
        case _:
            return Uniform()


def _row_rules(settings: Settings) -> RowRules:
    return RowRules(
        temperature=settings.temperature,
        top_k=settings.top_k or None,
        top_p=settings.top_p,
        min_p=settings.min_p,
        repetition_penalty=settings.repetition_penalty,
    )
