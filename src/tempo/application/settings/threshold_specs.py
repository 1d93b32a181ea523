"""The settings of thresholds that move over the run, as users meet them."""

from tempo.application.settings.specs import Group, SettingSpec, Slider

SHAPES = ("bezier", "bezier_absolute", "linear", "relu", "lci", "constant")
PRESETS = ("slow-start", "linear", "fast-start", "s-curve")
TARGETS = ("auto", "selection", "retroactive", "coherence")

DYNAMIC = SettingSpec(
    bool,
    "true or false",
    "Move a threshold over the run.",
    Group.THRESHOLD,
    label="Moving threshold",
    advice="On takes the threshold to final_threshold over the run; with a final one of 1 "
    "it ends on a single path.",
)
FINAL = SettingSpec(
    float,
    "from 0 to 1",
    "The threshold of the last step; it may be below the first.",
    Group.THRESHOLD,
    label="Final threshold",
    advice="Higher than the first narrows the run down; lower opens it up.",
    slider=Slider(0.01),
)
SHAPE = SettingSpec(
    str,
    "a rule",
    "The way from the first threshold to the final one: bezier bends by two inner points that are "
    "shares of the way, bezier_absolute by two that are thresholds, relu waits and then goes "
    "straight, lci goes fast and then slowly.",
    Group.THRESHOLD,
    SHAPES,
    label="Curve",
    advice="bezier is smooth, relu waits first, lci goes most of the way in the first half; "
    "constant moves nothing.",
)
PRESET = SettingSpec(
    str,
    "a rule",
    "A Bezier curve by name, in place of its inner points.",
    Group.THRESHOLD,
    PRESETS,
    optional=True,
    label="Curve by name",
    advice="Try s-curve to stay near the first threshold for most of the run, or slow-start "
    "for gentle ends; the preview draws it.",
)
FIRST_POINT = SettingSpec(
    float,
    "from 0 to 1",
    "First inner point of the curve.",
    Group.THRESHOLD,
    label="First inner point",
    advice="Lower keeps the curve near its first value for longer; higher leaves it sooner.",
    slider=Slider(0.05),
)
SECOND_POINT = SettingSpec(
    float,
    "from 0 to 1",
    "Second inner point of the curve.",
    Group.THRESHOLD,
    label="Second inner point",
    advice="Higher brings the curve near its final value sooner; lower leaves more of the "
    "way to the end.",
    slider=Slider(0.05),
)
RELU = SettingSpec(
    bool,
    "true or false",
    "Hold the threshold, then move it on a straight line.",
    Group.THRESHOLD,
    label="Wait, then move",
    advice="On holds the first threshold until relu_activation_point, and then goes "
    "straight to the final one.",
)
ACTIVATION = SettingSpec(
    float,
    "from 0 to 1",
    "The share of the run before the line.",
    Group.THRESHOLD,
    label="Wait until",
    advice="Higher waits longer before the threshold moves; 0 moves it from the first step on.",
    slider=Slider(0.05),
)
TARGET = SettingSpec(
    str,
    "a threshold",
    "Which threshold moves: that of selection, of retroactive pruning or of coherence; auto takes "
    "that of retroactive pruning where it is on, and selection's otherwise.",
    Group.THRESHOLD,
    TARGETS,
    label="What moves",
    advice="Keep auto; take selection to narrow what is kept while retroactive pruning is on.",
)
