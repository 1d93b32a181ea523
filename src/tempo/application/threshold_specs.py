"""The settings of thresholds that move over the run, as users meet them."""

from tempo.application.setting_specs import Group, SettingSpec

DYNAMIC = SettingSpec(bool, "true or false", "Move the threshold over the run.", Group.THRESHOLD)
FINAL = SettingSpec(float, "from 0 to 1", "The threshold of the last step.", Group.THRESHOLD)
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
