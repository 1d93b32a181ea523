"""Which settings exclude each other, and what a setting needs to have an effect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tempo.application.settings.settings import ATTENTION, ATTENTION_RULE, OFF, POSTERIOR_RULE
from tempo.application.settings.threshold_curves import CURVE, highest, shape_of
from tempo.domain.errors import ContradictionError, IneffectiveSettingError
from tempo.domain.pruning.attention import Sigmoid
from tempo.domain.pruning.retroactive import CompleteMode
from tempo.domain.stopping import StopOn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tempo.application.settings.settings import Settings

Condition = tuple[str, bool, str]
"""A setting, whether it can have an effect, and what it needs."""

STRATEGY = ("coherence_definition", "coherence_threshold", "diversity_clusters", "diversity_steps")
POSTERIOR = ("posterior_mass", "posterior_floor")
RETROACTIVE = (
    *POSTERIOR,
    *ATTENTION,
    "complete_pruning_mode",
    "pruning_lag",
    "comprehensive_pruning",
    "monotone_pruning",
    "after_pruning",
)
"""What needs retroactive pruning."""

MULTIPATH = (
    "selection_threshold",
    "threshold_basis",
    "max_width",
    "superposition",
    "sharpness",
    "window",
    "visibility",
    "positions",
    "readout",
    "pruning_strategy",
    *STRATEGY,
    "retroactive_pruning",
    *RETROACTIVE,
    *CURVE,
    "use_relu",
    "dynamic_threshold",
)
"""Settings that plain greedy decoding excludes."""

SEARCH = (
    "mcts_simulations",
    "mcts_c_puct",
    "mcts_depth",
    "mcts_words",
    "mcts_pattern",
    "mcts_rollout",
    "mcts_batch",
    "mcts_rows",
)
"""What needs tree search."""

UNSEARCHED = (
    "threshold_basis",
    "superposition",
    "sharpness",
    "window",
    "visibility",
    "positions",
    "readout",
    "repetition_penalty",
    "stop_on",
    "stop_mass",
    "pruning_strategy",
    *STRATEGY,
    "retroactive_pruning",
    *RETROACTIVE,
)
"""Settings of several hypotheses at once, or of what a tree has no rows for: a search excludes
them."""

FURTHEST = -0.5
"""The absolute score of a token that received no attention at all (see `AttentionPruning`)."""


def refuse_contradictions(settings: Settings) -> None:
    """Refuse settings that exclude each other.

    Raises:
        ContradictionError: naming both.
    """
    for _, message in contradictions(settings):
        raise ContradictionError(message)


def contradictions(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield each setting that another excludes, with the sentence that names both."""
    if settings.default_mode:
        for name in filter(settings.departs, MULTIPATH):
            yield name, f"default_mode decodes one path greedily; leave out {name}"
    if settings.use_mcts:
        for name in filter(settings.departs, ("default_mode", *UNSEARCHED)):
            yield name, f"use_mcts searches for one path of rows of its own; leave out {name}"
    if settings.min_steps > settings.max_steps:
        message = (
            f"min_steps is {settings.min_steps} and max_steps {settings.max_steps}; "
            "min_steps must not be larger"
        )
        yield "min_steps", message
    curve = settings.threshold_curve
    if settings.use_relu and settings.departs("threshold_curve") and curve != "relu":
        message = f"use_relu and threshold_curve {curve} exclude each other; leave one of them out"
        yield "threshold_curve", message


def refuse_ineffective(settings: Settings) -> None:
    """Refuse a value that could change nothing; one that is its setting's default never is.

    Raises:
        IneffectiveSettingError: naming the setting and what it needs.
    """
    for name, needs in ineffective(settings):
        raise IneffectiveSettingError(ineffective_message(settings, name, needs))


def ineffective_message(settings: Settings, name: str, needs: str) -> str:
    """Return the sentence that refuses a value which could change nothing."""
    return f"{name} {getattr(settings, name)} would have no effect: it needs {needs}"


def ineffective(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield each setting whose value could change nothing, and what it needs."""
    for name, needs in (*unmet(settings), *_unmet_by_value(settings)):
        if settings.departs(name):
            yield name, needs


def unmet(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield each setting that could change nothing whatever its value, and what it needs.

    One that stands at its default is among them; one with several needs comes once for each.
    """
    conditions = (_decoding, _strategy, _retroactive, _choice, _completeness, _curve, _search)
    return _failing(found for part in conditions for found in part(settings))


def _unmet_by_value(settings: Settings) -> Iterator[tuple[str, str]]:
    """Yield each setting that could change nothing at its value, though it could at another."""
    conditions = (_lag, _thresholds, _targets)
    return _failing(found for part in conditions for found in part(settings))


def _failing(conditions: Iterable[Condition]) -> Iterator[tuple[str, str]]:
    return ((name, needs) for name, holds, needs in conditions if not holds)


def _decoding(settings: Settings) -> Iterator[Condition]:
    lineage = settings.superposition == "lineage"
    soft = lineage and settings.window > 0
    yield "sharpness", soft, "superposition lineage and a window above 0"
    yield "window", lineage, "superposition lineage"
    yield "stop_mass", settings.stop_on == StopOn.MASS, "stop_on mass"


def _strategy(settings: Settings) -> Iterator[Condition]:
    strategy = settings.pruning_strategy
    hybrid, coherent = strategy == "hybrid", strategy in {"coherence", "hybrid"}
    for name in ("coherence_definition", "coherence_threshold"):
        yield name, coherent, "pruning_strategy coherence or hybrid"
    diverse = strategy == "diversity" or (hybrid and settings.diversity_steps > 0)
    needs = "pruning_strategy diversity, or hybrid with diversity_steps above 0"
    yield "diversity_clusters", diverse, needs
    yield "diversity_steps", hybrid, "pruning_strategy hybrid"


def _retroactive(settings: Settings) -> Iterator[Condition]:
    rule = settings.retroactive_rule
    for name in RETROACTIVE:
        yield name, rule != OFF, "retroactive_pruning"
    for name in POSTERIOR:
        yield name, rule == POSTERIOR_RULE, "retroactive_pruning posterior"
    for name in ATTENTION:
        yield name, rule == ATTENTION_RULE, "retroactive_pruning attention"
    yield "relative_threshold", settings.relative_attention, "relative_attention"
    yield "num_layers_to_use", settings.multi_scale_attention, "multi_scale_attention"
    yield "sigmoid_steepness", settings.sigmoid_threshold, "sigmoid_threshold"


def _choice(settings: Settings) -> Iterator[Condition]:
    """Yield what leaves pruning something to choose from."""
    needs = "a max_width above 1, so that a step has tokens to choose from"
    for name in ("pruning_strategy", "retroactive_pruning"):
        yield name, settings.max_width != 1, needs


def _lag(settings: Settings) -> Iterator[Condition]:
    """Yield what leaves the time to judge a step."""
    lag = settings.pruning_lag
    yield "pruning_lag", settings.max_steps > lag, f"a max_steps above {lag}, to judge any step"


def _thresholds(settings: Settings) -> Iterator[Condition]:
    """Yield what leaves the attention rule a threshold that a token can fail."""
    absolute = settings.retroactive_rule != ATTENTION_RULE
    absolute = absolute or highest(settings, "attention_threshold") > 0.0
    needs = "an attention_threshold above 0, since no threshold is left without both"
    yield "relative_attention", absolute, needs
    soft = settings.relative_threshold > 0.0 or settings.sigmoid_threshold
    needs = "an attention_threshold above 0, or a sigmoid_threshold"
    yield "relative_threshold", absolute or soft, needs


def _completeness(settings: Settings) -> Iterator[Condition]:
    """Yield what lets a whole step fall, and what lets a token come back.

    Under the posterior rule the best of k tokens has at least 1/k of the live paths, so that it
    falls only under a floor above that. Under the attention rule the best of a set is never far
    from itself, so that it falls only by the absolute threshold, and under a sigmoid only where
    that is steep enough to drop a token which received nothing.
    """
    falls, needs = True, ""
    if settings.retroactive_rule == POSTERIOR_RULE:
        width = settings.max_width
        falls = highest(settings, "posterior_floor") * width > 1.0
        needs = (
            f"retroactive_pruning attention, or a posterior_floor above 1/{width}, which the best "
            f"of max_width {width} tokens has in any case"
        )
    elif settings.retroactive_rule == ATTENTION_RULE:
        falls = highest(settings, "attention_threshold") > 0.0 and _drops(settings)
        needs = (
            "an attention_threshold above 0, and no sigmoid_threshold or one with a "
            "sigmoid_steepness above 5.9"
        )
    yield "complete_pruning_mode", falls, needs
    unseen = settings.complete_pruning_mode == CompleteMode.KEEP_UNATTENDED
    weakens = settings.retroactive_rule == ATTENTION_RULE and settings.sigmoid_threshold
    needs = (
        "comprehensive_pruning, and a sigmoid_threshold or complete_pruning_mode keep_unattended"
    )
    yield "monotone_pruning", settings.comprehensive_pruning and (unseen or weakens), needs


def _drops(settings: Settings) -> bool:
    """Whether the attention rule can drop a token for what it received, not only weaken it."""
    if not settings.sigmoid_threshold:
        return True
    return Sigmoid(settings.sigmoid_steepness).weight(FURTHEST) == 0.0


def _curve(settings: Settings) -> Iterator[Condition]:
    shape, preset = shape_of(settings), settings.threshold_preset
    moving = "a threshold_curve other than constant"
    yield "final_threshold", shape != "constant", moving
    yield "dynamic_target", shape != "constant", moving
    yield "relu_activation_point", shape == "relu", "use_relu or threshold_curve relu"
    named = not settings.use_relu and settings.threshold_curve == "bezier"
    yield "threshold_preset", named, f"threshold_curve bezier{_without_relu(settings)}"
    bent = shape in {"bezier", "bezier_absolute"} and preset is None
    needs = f"threshold_curve bezier or bezier_absolute{_without_relu(settings)}"
    for name in ("bezier_p1", "bezier_p2"):
        yield name, bent, needs if preset is None else f"{needs}; leave out threshold_preset"


def _search(settings: Settings) -> Iterator[Condition]:
    for name in SEARCH:
        yield name, settings.use_mcts, "use_mcts"


def _targets(settings: Settings) -> Iterator[Condition]:
    """Yield what the threshold that is to move belongs to."""
    target = settings.dynamic_target
    retroactive = target != "retroactive" or settings.retroactive_rule != OFF
    yield "dynamic_target", retroactive, "retroactive_pruning"
    coherent = target != "coherence" or settings.pruning_strategy in {"coherence", "hybrid"}
    yield "dynamic_target", coherent, "pruning_strategy coherence or hybrid"


def _without_relu(settings: Settings) -> str:
    return "; leave out use_relu" if settings.use_relu else ""
