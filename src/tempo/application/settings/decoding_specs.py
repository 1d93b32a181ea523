"""The settings of plain decoding, as users meet them."""

from tempo.application.settings.specs import Group, SettingSpec, Slider
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
    label="Threshold",
    advice="Lower keeps more tokens a step and costs more; higher keeps fewer, and 1 comes "
    "down to one path. Try 0.02 to 0.2.",
    slider=Slider(0.01),
)
BASIS = SettingSpec(
    str,
    "a rule",
    "Whether the threshold is a share of all hypotheses' probability together, or of the "
    "leading one's, so that rivals are not cut for being many; auto takes the leader's "
    "under superposition path and the total otherwise.",
    Group.SELECTION,
    (AUTO_BASIS, *ThresholdBasis),
    label="Threshold is a share of",
    advice="Take leader where many rivals share the probability and total would cut them: "
    "it keeps more.",
)
WIDTH = SettingSpec(
    int,
    "from 1 to 64",
    "Keep at most so many tokens a step.",
    Group.SELECTION,
    label="Width",
    advice="Higher keeps more rivals a step and costs more; 1 decodes a single path.",
    slider=Slider(1),
)
CONSIDERED = SettingSpec(
    int,
    "at least max_width",
    "Look at and report so many candidates a step, kept or not.",
    Group.SELECTION,
    label="Candidates shown",
    advice="Higher shows more of the tokens that were not kept, to look at or to go on "
    "from; lower makes events shorter.",
    slider=Slider(1, low=1, high=64),
)
STEPS = SettingSpec(
    int,
    "1 or more",
    "Decode at most so many steps.",
    Group.STOPPING,
    label="Steps",
    advice="Higher allows a longer text, and takes more time and cache rows; lower ends it "
    "earlier.",
    slider=Slider(1, low=1, high=400),
)
SUPERPOSITION = SettingSpec(
    str,
    "a rule",
    "How later tokens weigh the candidates of earlier steps: by probable ancestry, by the "
    "best chain alone, by forward weight, or all alike.",
    Group.ATTENTION,
    SUPERPOSITIONS,
    label="Superposition",
    advice="Start with lineage; path is exact along each text and suits the n best, "
    "marginal and uniform are for comparison.",
)
SHARPNESS = SettingSpec(
    float,
    "above 0",
    "Parent posteriors are raised to this power before they enter the lineage.",
    Group.ATTENTION,
    label="Sharpness",
    advice="Higher trusts each token's likeliest parent more; 1 takes the probabilities as "
    "they are, lower evens them out.",
    slider=Slider(0.25, low=0.25, high=8),
)
WINDOW = SettingSpec(
    float,
    "0, 1, 2, ... or inf",
    "So many steps back weights are soft; older steps are the best chain alone.",
    Group.ATTENTION,
    label="Soft window",
    advice="Higher lets a token see several histories further back, and holds their rows "
    "longer; 0 sees the best chain alone, as path does.",
    slider=Slider(1, low=0, high=8),
)
VISIBILITY = SettingSpec(
    str,
    "a rule",
    "Whether the tokens of one step see each other.",
    Group.ATTENTION,
    tuple(Visibility),
    label="Siblings",
    advice="Keep isolated, so that alternatives do not read each other; visible is for comparison.",
)
POSITIONS = SettingSpec(
    str,
    "a scheme",
    "Whether the tokens of one step share a position; consecutive is a control.",
    Group.EXPERT,
    tuple(PositionScheme),
    label="Positions",
    advice="Keep shared; consecutive counts alternatives as if they followed each other, "
    "and is for comparison.",
)
READOUT = SettingSpec(
    str,
    "a rule",
    "How the rows of a step become one next-token distribution.",
    Group.EXPERT,
    tuple(Readout),
    label="Readout",
    advice="Start with mixture; survivors goes with superposition path, product asks for "
    "what all rows agree on, best and last read one row alone.",
)
TEMPERATURE = SettingSpec(
    float,
    "above 0",
    "Divide the logits of each row by this.",
    Group.SAMPLING,
    label="Temperature",
    advice="Lower sharpens each row, so that fewer tokens reach the threshold; higher "
    "flattens it, so that rivals come closer. Try 0.7 to 1.3.",
    slider=Slider(0.05, low=0.1, high=2),
)
TOP_K = SettingSpec(
    int,
    "1 or more; 0 is off",
    "Keep so many tokens of each row.",
    Group.SAMPLING,
    optional=True,
    label="Top-k",
    advice="Lower leaves each row fewer tokens to propose; try 40, or leave it off.",
    slider=Slider(1, low=1, high=200),
)
TOP_P = SettingSpec(
    float,
    "above 0, at most 1; 1 is off",
    "Keep the smallest set of tokens of each row with this mass.",
    Group.SAMPLING,
    optional=True,
    label="Top-p",
    advice="Lower cuts more of each row's tail; try 0.95, or leave it off.",
    slider=Slider(0.01, low=0.01),
)
MIN_P = SettingSpec(
    float,
    "from 0 to 1; 0 is off",
    "Keep the tokens of each row with at least this share of its best.",
    Group.SAMPLING,
    optional=True,
    label="Min-p",
    advice="Higher cuts more of each row; try 0.05, or leave it off.",
    slider=Slider(0.01),
)
PENALTY = SettingSpec(
    float,
    "above 0; 1 is off",
    "Divide the scores of tokens that the row's best path holds already.",
    Group.SAMPLING,
    label="Repetition penalty",
    advice="Above 1 a path repeats itself less, and 1.1 is gentle; below 1 it repeats itself more.",
    slider=Slider(0.05, low=0.5, high=2),
)
MIN_STEPS = SettingSpec(
    int,
    "0 or more",
    "Bar end tokens before this step.",
    Group.STOPPING,
    label="Fewest steps",
    advice="Higher keeps a text from ending early; it must not be above max_steps.",
    slider=Slider(1, low=0, high=400),
)
STOP = SettingSpec(
    list,
    "one or more strings",
    "End a path where it spells this; the text ends before it. May be repeated.",
    Group.STOPPING,
    label="Stop strings",
    advice="Name what should end the text, such as a full stop or a blank line.",
)
STOP_ON = SettingSpec(
    str,
    "a rule",
    "End the run when finished hypotheses have enough mass, when there is any, when the "
    "best path is finished, or when all are.",
    Group.STOPPING,
    tuple(StopOn),
    label="Stop when",
    advice="any ends soonest; all goes on until every path has ended, and lets late texts win.",
)
STOP_MASS = SettingSpec(
    float,
    "above 0, at most 1",
    "The share of finished hypotheses that ends the run under stop_on mass.",
    Group.STOPPING,
    label="Finished share",
    advice="Lower ends the run once few of the paths have finished; 1 waits for all of them.",
    slider=Slider(0.05, low=0.05),
)
CACHE_TOKENS = SettingSpec(
    int,
    "1 or more; the prompt must fit",
    "End the run before its cache holds more rows than this, the prompt's among them.",
    Group.STOPPING,
    optional=True,
    label="Cache rows",
    advice="Lower bounds the memory of a run; at the bound it ends with what it has. Narrower sets "
    "and path superposition reach further within it.",
    slider=Slider(64, low=64, high=4096),
)
GREEDY = SettingSpec(
    bool,
    "true or false",
    "Plain greedy decoding, one token a step.",
    Group.EXPERT,
    label="Greedy",
    advice="On decodes one path, to compare with; settings of several paths must then be "
    "left at their defaults.",
)
SEED = SettingSpec(
    int,
    "any whole number",
    "Seed of whatever is drawn.",
    Group.EXPERT,
    label="Seed",
    advice="Another number draws other samples; the run itself draws nothing, and stays the same.",
)
