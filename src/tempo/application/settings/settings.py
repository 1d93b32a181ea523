"""The one flat set of names that users meet."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass, field

from tempo.application.settings import decoding_specs as decoding
from tempo.application.settings import pruning_specs as pruning
from tempo.application.settings import search_specs as search
from tempo.application.settings import threshold_specs as curve
from tempo.application.settings.specs import SettingSpec, setting, spec_of

OFF = "off"
POSTERIOR_RULE = "posterior"
ATTENTION_RULE = "attention"

ATTENTION = (
    "attention_threshold",
    "relative_threshold",
    "relative_attention",
    "multi_scale_attention",
    "num_layers_to_use",
    "sigmoid_threshold",
    "sigmoid_steepness",
    "attention_decay",
)
"""Naming one of these makes attention the rule of retroactive pruning that is just `on`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every setting with its default; design section 8.

    Values are judged when a request is built from them; `named` holds the names that a user gave
    although their values may be the defaults.

    Examples:
        >>> import tempo
        >>> settings = tempo.Settings(selection_threshold=0.05, superposition="path")
        >>> settings.max_width, settings.superposition
        (8, 'path')
        >>> tempo.load().generate("The old king", settings=settings, max_steps=3).settings.max_steps
        3
    """

    selection_threshold: float = setting(0.1, decoding.THRESHOLD)
    threshold_basis: str = setting("auto", decoding.BASIS)
    max_width: int = setting(8, decoding.WIDTH)
    considered: int = setting(16, decoding.CONSIDERED)
    max_steps: int = setting(100, decoding.STEPS)
    superposition: str = setting("lineage", decoding.SUPERPOSITION)
    sharpness: float = setting(2.0, decoding.SHARPNESS)
    window: float = setting(1, decoding.WINDOW)
    visibility: str = setting("isolated", decoding.VISIBILITY)
    positions: str = setting("shared", decoding.POSITIONS)
    readout: str = setting("mixture", decoding.READOUT)
    temperature: float = setting(1.0, decoding.TEMPERATURE)
    top_k: int | None = setting(None, decoding.TOP_K)
    top_p: float | None = setting(None, decoding.TOP_P)
    min_p: float | None = setting(None, decoding.MIN_P)
    repetition_penalty: float = setting(1.0, decoding.PENALTY)
    min_steps: int = setting(0, decoding.MIN_STEPS)
    stop: tuple[str, ...] = setting((), decoding.STOP)
    stop_on: str = setting("mass", decoding.STOP_ON)
    stop_mass: float = setting(0.5, decoding.STOP_MASS)
    max_cache_tokens: int | None = setting(None, decoding.CACHE_TOKENS)
    pruning_strategy: str = setting("none", pruning.STRATEGY)
    coherence_definition: str = setting("attention", pruning.DEFINITION)
    coherence_threshold: float = setting(0.3, pruning.COHERENCE)
    diversity_clusters: int = setting(3, pruning.CLUSTERS)
    diversity_steps: int = setting(5, pruning.DIVERSITY_STEPS)
    retroactive_pruning: str = setting("off", pruning.RETROACTIVE)
    posterior_mass: float = setting(0.98, pruning.MASS)
    posterior_floor: float = setting(0.02, pruning.FLOOR)
    attention_threshold: float = setting(0.01, pruning.ATTENTION)
    relative_threshold: float = setting(0.5, pruning.RELATIVE)
    relative_attention: bool = setting(default=True, spec=pruning.RELATIVE_ON)
    multi_scale_attention: bool = setting(default=True, spec=pruning.MULTI_SCALE)
    num_layers_to_use: int | None = setting(None, pruning.LAYERS)
    sigmoid_threshold: bool = setting(default=True, spec=pruning.SIGMOID)
    sigmoid_steepness: float = setting(10.0, pruning.STEEPNESS)
    attention_decay: float = setting(1.0, pruning.DECAY)
    complete_pruning_mode: str = setting("keep_token", pruning.COMPLETE)
    pruning_lag: int = setting(3, pruning.LAG)
    comprehensive_pruning: bool = setting(default=False, spec=pruning.COMPREHENSIVE)
    monotone_pruning: bool = setting(default=True, spec=pruning.MONOTONE)
    after_pruning: str = setting("keep", pruning.AFTER)
    dynamic_threshold: bool = setting(default=False, spec=curve.DYNAMIC)
    final_threshold: float = setting(1.0, curve.FINAL)
    threshold_curve: str = setting("bezier", curve.SHAPE)
    threshold_preset: str | None = setting(None, curve.PRESET)
    bezier_p1: float = setting(0.2, curve.FIRST_POINT)
    bezier_p2: float = setting(0.8, curve.SECOND_POINT)
    use_relu: bool = setting(default=False, spec=curve.RELU)
    relu_activation_point: float = setting(0.5, curve.ACTIVATION)
    dynamic_target: str = setting("auto", curve.TARGET)
    use_mcts: bool = setting(default=False, spec=search.SEARCH)
    mcts_simulations: int = setting(10, search.SIMULATIONS)
    mcts_c_puct: float = setting(1.0, search.C_PUCT)
    mcts_depth: int = setting(5, search.DEPTH)
    mcts_words: tuple[str, ...] = setting((), search.WORDS)
    mcts_pattern: tuple[str, ...] = setting((), search.PATTERN)
    mcts_rollout: str = setting("sampled", search.ROLLOUT)
    mcts_batch: int = setting(8, search.BATCH)
    mcts_rows: int | None = setting(None, search.ROWS)
    default_mode: bool = setting(default=False, spec=decoding.GREEDY)
    seed: int = setting(42, decoding.SEED)
    named: frozenset[str] = field(default=frozenset(), repr=False, compare=False)

    def names(self, name: str) -> bool:
        """Whether a setting was given, or differs from its default."""
        return name in self.named or getattr(self, name) != DEFAULTS[name]

    def departs(self, name: str) -> bool:
        """Whether a setting differs from its default."""
        return bool(getattr(self, name) != DEFAULTS[name])

    @property
    def retroactive_rule(self) -> str:
        """The rule of retroactive pruning, or `off`."""
        if self.retroactive_pruning != "on":
            return self.retroactive_pruning
        return ATTENTION_RULE if any(map(self.names, ATTENTION)) else POSTERIOR_RULE

    def as_mapping(self) -> dict[str, object]:
        """Return every setting by name, as JSON holds it."""
        # Who reads it back names every setting, so that `on` would no longer mean what it means.
        values = {name: getattr(self, name) for name in SPECS}
        values |= {name: list(value) for name, value in values.items() if isinstance(value, tuple)}
        values |= {"retroactive_pruning": self.retroactive_rule}
        infinite = [name for name, value in values.items() if value == math.inf]
        return values | dict.fromkeys(infinite, "inf")


SPECS: dict[str, SettingSpec] = {
    entry.name: spec_of(entry) for entry in dataclasses.fields(Settings) if entry.name != "named"
}
"""Every setting's spec, in the order of the help pages."""

DEFAULTS: dict[str, object] = {
    entry.name: entry.default for entry in dataclasses.fields(Settings) if entry.name != "named"
}
"""Every setting's default."""
