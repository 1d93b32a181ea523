"""The settings of plain decoding, as users meet them."""

from tempo.application.settings.specs import Group, SettingSpec
from tempo.domain.layout import PositionScheme
from tempo.domain.readout import Readout
from tempo.domain.selection import ThresholdBasis
from tempo.domain.stopping import StopOn
from tempo.domain.visibility import Visibility

AUTO_BASIS = "auto"
"""The `threshold_basis` that follows the superposition."""

SUPERPOSITIONS = ("lineage", "path", "marginal", "uniform")

THRESHOLD = SettingSpec(
    float,
    "from 0 to 1; 0 means the width cap alone",
    "Keep every token whose probability reaches this; lower keeps more.",
    Group.SELECTION,
)
BASIS = SettingSpec(
    str,
    "a rule",
    "Whether the threshold is a share of all hypotheses' probability together, or of the "
    "leading one's, so that rivals are not cut for being many; auto takes the leader's "
    "under superposition path and the total otherwise.",
    Group.SELECTION,
    (AUTO_BASIS, *ThresholdBasis),
)
WIDTH = SettingSpec(int, "from 1 to 64", "Keep at most so many tokens a step.", Group.SELECTION)
CONSIDERED = SettingSpec(
    int,
    "at least max_width",
    "Look at and report so many candidates a step, kept or not.",
    Group.SELECTION,
)
STEPS = SettingSpec(int, "1 or more", "Decode at most so many steps.", Group.STOPPING)
SUPERPOSITION = SettingSpec(
    str,
    "a rule",
    "How later tokens weigh the candidates of earlier steps: by probable ancestry, by the "
    "best chain alone, by forward weight, or all alike.",
    Group.ATTENTION,
    SUPERPOSITIONS,
)
SHARPNESS = SettingSpec(
    float,
    "above 0",
    "Parent posteriors are raised to this power before they enter the lineage.",
    Group.ATTENTION,
)
WINDOW = SettingSpec(
    float,
    "0, 1, 2, ... or inf",
    "So many steps back weights are soft; older steps are the best chain alone.",
    Group.ATTENTION,
)
VISIBILITY = SettingSpec(
    str,
    "a rule",
    "Whether the tokens of one step see each other.",
    Group.ATTENTION,
    tuple(Visibility),
)
POSITIONS = SettingSpec(
    str,
    "a scheme",
    "Whether the tokens of one step share a position; consecutive is a control.",
    Group.EXPERT,
    tuple(PositionScheme),
)
READOUT = SettingSpec(
    str,
    "a rule",
    "How the rows of a step become one next-token distribution.",
    Group.EXPERT,
    tuple(Readout),
)
TEMPERATURE = SettingSpec(
    float, "above 0", "Divide the logits of each row by this.", Group.SAMPLING
)
TOP_K = SettingSpec(
    int,
    "1 or more; 0 is off",
    "Keep so many tokens of each row.",
    Group.SAMPLING,
    optional=True,
)
TOP_P = SettingSpec(
    float,
    "above 0, at most 1; 1 is off",
    "Keep the smallest set of tokens of each row with this mass.",
    Group.SAMPLING,
    optional=True,
)
MIN_P = SettingSpec(
    float,
    "from 0 to 1; 0 is off",
    "Keep the tokens of each row with at least this share of its best.",
    Group.SAMPLING,
    optional=True,
)
PENALTY = SettingSpec(
    float,
    "above 0; 1 is off",
    "Divide the scores of tokens that the row's best path holds already.",
    Group.SAMPLING,
)
MIN_STEPS = SettingSpec(int, "0 or more", "Bar end tokens before this step.", Group.STOPPING)
STOP = SettingSpec(
    list,
    "one or more strings",
    "End a path where it spells this; the text ends before it. May be repeated.",
    Group.STOPPING,
)
STOP_ON = SettingSpec(
    str,
    "a rule",
    "End the run when finished hypotheses have enough mass, when there is any, when the "
    "best path is finished, or when all are.",
    Group.STOPPING,
    tuple(StopOn),
)
STOP_MASS = SettingSpec(
    float,
    "above 0, at most 1",
    "The share of finished hypotheses that ends the run under stop_on mass.",
    Group.STOPPING,
)
GREEDY = SettingSpec(
    bool, "true or false", "Plain greedy decoding, one token a step.", Group.EXPERT
)
SEED = SettingSpec(int, "any whole number", "Seed of whatever is drawn.", Group.EXPERT)
