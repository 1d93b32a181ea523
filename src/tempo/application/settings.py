"""The one flat set of names that users meet."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass, field

from tempo.application import threshold_specs as curve
from tempo.application.setting_specs import Group, SettingSpec, setting, spec_of
from tempo.domain.layout import PositionScheme
from tempo.domain.readout import Readout
from tempo.domain.selection import ThresholdBasis
from tempo.domain.stopping import StopOn
from tempo.domain.visibility import Visibility

AUTO_BASIS = "auto"
"""The `threshold_basis` that follows the superposition."""

SUPERPOSITIONS = ("lineage", "path", "marginal", "uniform")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every setting with its default; design section 8.

    Values are judged when a request is built from them; `named` holds the names that a user gave
    although their values may be the defaults.
    """

    selection_threshold: float = setting(
        0.1,
        SettingSpec(
            float,
            "from 0 to 1; 0 means the width cap alone",
            "Keep every token whose probability reaches this; lower keeps more.",
            Group.SELECTION,
        ),
    )
    threshold_basis: str = setting(
        AUTO_BASIS,
        SettingSpec(
            str,
            "a rule",
            "Whether the threshold is a share of all hypotheses' probability together, or of the "
            "leading one's, so that rivals are not cut for being many; auto takes the leader's "
            "under superposition path and the total otherwise.",
            Group.SELECTION,
            (AUTO_BASIS, *ThresholdBasis),
        ),
    )
    max_width: int = setting(
        8,
        SettingSpec(int, "from 1 to 64", "Keep at most so many tokens a step.", Group.SELECTION),
    )
    considered: int = setting(
        16,
        SettingSpec(
            int,
            "at least max_width",
            "Look at and report so many candidates a step, kept or not.",
            Group.SELECTION,
        ),
    )
    max_steps: int = setting(
        100, SettingSpec(int, "1 or more", "Decode at most so many steps.", Group.STOPPING)
    )
    superposition: str = setting(
        "lineage",
        SettingSpec(
            str,
            "a rule",
            "How later tokens weigh the candidates of earlier steps: by probable ancestry, by the "
            "best chain alone, by forward weight, or all alike.",
            Group.ATTENTION,
            SUPERPOSITIONS,
        ),
    )
    sharpness: float = setting(
        2.0,
        SettingSpec(
            float,
            "above 0",
            "Parent posteriors are raised to this power before they enter the lineage.",
            Group.ATTENTION,
        ),
    )
    window: float = setting(
        1,
        SettingSpec(
            float,
            "0, 1, 2, ... or inf",
            "So many steps back weights are soft; older steps are the best chain alone.",
            Group.ATTENTION,
        ),
    )
    visibility: str = setting(
        "isolated",
        SettingSpec(
            str,
            "a rule",
            "Whether the tokens of one step see each other.",
            Group.ATTENTION,
            tuple(Visibility),
        ),
    )
    positions: str = setting(
        "shared",
        SettingSpec(
            str,
            "a scheme",
            "Whether the tokens of one step share a position; consecutive is a control.",
            Group.EXPERT,
            tuple(PositionScheme),
        ),
    )
    readout: str = setting(
        "mixture",
        SettingSpec(
            str,
            "a rule",
            "How the rows of a step become one next-token distribution.",
            Group.EXPERT,
            tuple(Readout),
        ),
    )
    temperature: float = setting(
        1.0,
        SettingSpec(float, "above 0", "Divide the logits of each row by this.", Group.SAMPLING),
    )
    top_k: int | None = setting(
        None,
        SettingSpec(
            int,
            "1 or more; 0 is off",
            "Keep so many tokens of each row.",
            Group.SAMPLING,
            optional=True,
        ),
    )
    top_p: float | None = setting(
        None,
        SettingSpec(
            float,
            "above 0, at most 1; 1 is off",
            "Keep the smallest set of tokens of each row with this mass.",
            Group.SAMPLING,
            optional=True,
        ),
    )
    min_p: float | None = setting(
        None,
        SettingSpec(
            float,
            "from 0 to 1; 0 is off",
            "Keep the tokens of each row with at least this share of its best.",
            Group.SAMPLING,
            optional=True,
        ),
    )
    repetition_penalty: float = setting(
        1.0,
        SettingSpec(
            float,
            "above 0; 1 is off",
            "Divide the scores of tokens that the row's best path holds already.",
            Group.SAMPLING,
        ),
    )
    min_steps: int = setting(
        0, SettingSpec(int, "0 or more", "Bar end tokens before this step.", Group.STOPPING)
    )
    stop: tuple[str, ...] = setting(
        (),
        SettingSpec(
            list,
            "one or more strings",
            "End a path where it spells this; the text ends before it. May be repeated.",
            Group.STOPPING,
        ),
    )
    stop_on: str = setting(
        "mass",
        SettingSpec(
            str,
            "a rule",
            "End the run when finished hypotheses have enough mass, when there is any, when the "
            "best path is finished, or when all are.",
            Group.STOPPING,
            tuple(StopOn),
        ),
    )
    stop_mass: float = setting(
        0.5,
        SettingSpec(
            float,
            "above 0, at most 1",
            "The share of finished hypotheses that ends the run under stop_on mass.",
            Group.STOPPING,
        ),
    )
    dynamic_threshold: bool = setting(default=False, spec=curve.DYNAMIC)
    final_threshold: float = setting(1.0, curve.FINAL)
    bezier_p1: float = setting(0.2, curve.FIRST_POINT)
    bezier_p2: float = setting(0.8, curve.SECOND_POINT)
    use_relu: bool = setting(default=False, spec=curve.RELU)
    relu_activation_point: float = setting(0.5, curve.ACTIVATION)
    default_mode: bool = setting(
        default=False,
        spec=SettingSpec(
            bool, "true or false", "Plain greedy decoding, one token a step.", Group.EXPERT
        ),
    )
    seed: int = setting(
        42,
        SettingSpec(int, "any whole number", "Seed of whatever is drawn.", Group.EXPERT),
    )
    named: frozenset[str] = field(default=frozenset(), repr=False, compare=False)

    def names(self, name: str) -> bool:
        """Whether a setting was given, or differs from its default."""
        return name in self.named or getattr(self, name) != DEFAULTS[name]

    def departs(self, name: str) -> bool:
        """Whether a setting differs from its default."""
        return bool(getattr(self, name) != DEFAULTS[name])

    def as_mapping(self) -> dict[str, object]:
        """Return every setting by name, as JSON holds it."""
        values = {name: getattr(self, name) for name in SPECS}
        values["stop"] = list(self.stop)
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
