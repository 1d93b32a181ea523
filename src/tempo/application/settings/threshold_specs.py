"""The settings of thresholds that move over the run, as users meet them."""

from tempo.application.settings.specs import Group, SettingSpec

SHAPES = ("bezier", "bezier_absolute", "linear", "relu", "lci", "constant")
PRESETS = ("slow-start", "linear", "fast-start", "s-curve")
TARGETS = ("auto", "selection", "retroactive", "coherence")

DYNAMIC = SettingSpec(bool, "true or false", "Move a threshold over the run.", Group.THRESHOLD)
FINAL = SettingSpec(
    float,
    "from 0 to 1",
    "The threshold of the last step; it may be below the first.",
    Group.THRESHOLD,
)
SHAPE = SettingSpec(
    str,
    "a rule",
    "The way from the first threshold to the final one: bezier bends by two inner points that are "
    "shares of the way, bezier_absolute by two that are thresholds, relu waits and then goes "
    "straight, lci goes fast and then slowly.",
    Group.THRESHOLD,
    SHAPES,
)
PRESET = SettingSpec(
    str,
    "a rule",
    "A Bezier curve by name, in place of its inner points.",
    Group.THRESHOLD,
    PRESETS,
    optional=True,
)
FIRST_POINT = SettingSpec(float, "from 0 to 1", "First inner point of the curve.", Group.THRESHOLD)
SECOND_POINT = SettingSpec(
    float, "from 0 to 1", "Second inner point of the curve.", Group.THRESHOLD
)
RELU = SettingSpec(
    bool, "true or false", "Hold the threshold, then move it on a straight line.", Group.THRESHOLD
)
ACTIVATION = SettingSpec(
    float, "from 0 to 1", "The share of the run before the line.", Group.THRESHOLD
)
TARGET = SettingSpec(
    str,
    "a threshold",
    "Which threshold moves: that of selection, of retroactive pruning or of coherence; auto takes "
    "that of retroactive pruning where it is on, and selection's otherwise.",
    Group.THRESHOLD,
    TARGETS,
)
