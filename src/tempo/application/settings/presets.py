"""Settings that go well together, under a name each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tempo.application.settings.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Preset:
    """Settings for one purpose; all that it does not name stand at their defaults.

    Attributes:
        name: one word or more with hyphens, for programs.
        label: a short name, for people.
        meaning: one sentence: what it is for.
        settings: the settings by name.
    """

    name: str
    label: str
    meaning: str
    settings: Mapping[str, Any] = field(default_factory=dict)

    def within(self, bounds: Mapping[str, int]) -> dict[str, Any]:
        """Return the settings with what is over a bound lowered to it, defaults among them.

        Greedy decoding has the width 1, whatever the setting says.
        """
        default = Settings()
        asked = {name: self.settings.get(name, getattr(default, name)) for name in bounds}
        lowered = {name: bounds[name] for name, value in asked.items() if value > bounds[name]}
        if self.settings.get("default_mode"):
            lowered.pop("max_width", None)
        return {**self.settings, **lowered}


PRESETS = (
    Preset("default", "Default", "What suits most prompts: rivals above a tenth, by lineage."),
    Preset(
        "explore",
        "Explore",
        "See what else could be said: many rivals at every step, weighed against the leading one.",
        {"selection_threshold": 0.05, "threshold_basis": "leader", "max_width": 16},
    ),
    Preset(
        "precise",
        "Precise",
        "Texts with exact scores: each path sees itself alone.",
        {"superposition": "path", "readout": "survivors", "selection_threshold": 0.05},
    ),
    Preset(
        "decisive",
        "Decisive",
        "Begin with many rivals, and soon drop what the later steps made improbable.",
        {
            "selection_threshold": 0.03,
            "retroactive_pruning": "posterior",
            "posterior_floor": 0.1,
            "pruning_lag": 2,
        },
    ),
    Preset(
        "long-view",
        "Long view",
        "Wait with each judgement until eight later steps are there, then take back what they "
        "made improbable.",
        {
            "selection_threshold": 0.03,
            "retroactive_pruning": "posterior",
            "posterior_floor": 0.05,
            "pruning_lag": 8,
        },
    ),
    Preset(
        "attention",
        "Attention",
        "Drop what later tokens hardly look at.",
        {
            "selection_threshold": 0.05,
            "retroactive_pruning": "attention",
            "sigmoid_threshold": False,
            "relative_threshold": 0.3,
        },
    ),
    Preset(
        "narrowing",
        "Narrowing",
        "Open at the beginning, on a single path at the end.",
        {"selection_threshold": 0.02, "threshold_preset": "s-curve", "final_threshold": 1.0},
    ),
    Preset(
        "diverse",
        "Diverse",
        "Of each step one alternative of each kind, so that they differ.",
        {
            "selection_threshold": 0.03,
            "pruning_strategy": "diversity",
            "diversity_clusters": 3,
        },
    ),
    Preset(
        "uniform",
        "Uniform attention",
        "To compare with: every token sees all earlier rivals alike, whatever their probability.",
        {"superposition": "uniform"},
    ),
    Preset(
        "greedy",
        "Greedy",
        "To compare with: one path, the most probable token at every step.",
        {"default_mode": True},
    ),
)
"""In the order in which a menu shows them."""
