"""The settings of pruning, as users meet them."""

from tempo.application.settings.specs import Group, SettingSpec
from tempo.domain.pruning.coherence import CoherenceDefinition
from tempo.domain.pruning.retroactive import AfterPruning, CompleteMode

SHARE = "from 0 to 1"
POSITIVE_SHARE = "above 0, at most 1"
SWITCH = "true or false"
RULE = "a rule"

STRATEGIES = ("none", "coherence", "diversity", "hybrid")
RETROACTIVE_RULES = ("off", "on", "posterior", "attention")

# Before a set is kept ----------------------------------------------------------------------------

STRATEGY = SettingSpec(
    str,
    RULE,
    "What refines a step's tokens before they are kept: coherence keeps those that hang together "
    "with the text, diversity one of each kind, hybrid does the second for the first sets and the "
    "first after them.",
    Group.PRUNING,
    STRATEGIES,
)
DEFINITION = SettingSpec(
    str,
    RULE,
    "What coherence is: the attention of the token's own row to the text, or the likeness of its "
    "embedding to the recent text's, which needs no row.",
    Group.PRUNING,
    tuple(CoherenceDefinition),
)
COHERENCE = SettingSpec(
    float,
    SHARE,
    "The coherence that a token needs, from 0 for the set's least to 1 for its best.",
    Group.PRUNING,
)
CLUSTERS = SettingSpec(
    int,
    "1 or more",
    "How many kinds of token diversity tells apart; of each the most probable stays.",
    Group.PRUNING,
)
DIVERSITY_STEPS = SettingSpec(
    int,
    "0 or more",
    "How many sets of several tokens the hybrid strategy leaves to diversity.",
    Group.PRUNING,
)

# After it ----------------------------------------------------------------------------------------

RETROACTIVE = SettingSpec(
    str,
    RULE,
    "What refines earlier sets by what came later: each token's share of the live paths, or the "
    "attention that later tokens gave it; on is attention where one of its settings is named, and "
    "posterior otherwise.",
    Group.PRUNING,
    RETROACTIVE_RULES,
    switchable=True,
)
MASS = SettingSpec(
    float,
    POSITIVE_SHARE,
    "Keep the most probable tokens of a set with this share of the live paths together.",
    Group.PRUNING,
)
FLOOR = SettingSpec(
    float, POSITIVE_SHARE, "Drop a token with a smaller share of the live paths.", Group.PRUNING
)
ATTENTION = SettingSpec(
    float,
    "from 0 to 1; 0 asks for none",
    "The mean share of later tokens' attention that a token needs.",
    Group.PRUNING,
)
RELATIVE = SettingSpec(
    float,
    SHARE,
    "The attention that a token needs, as a share of what the best of its set received.",
    Group.PRUNING,
)
RELATIVE_ON = SettingSpec(
    bool, SWITCH, "Hold a token's attention against the best of its set too.", Group.PRUNING
)
MULTI_SCALE = SettingSpec(
    bool,
    SWITCH,
    "Weigh layers from 0.2 at the first to 1 at the last; otherwise the last three alike.",
    Group.PRUNING,
)
LAYERS = SettingSpec(
    int,
    "1 or more, at most the model's layers",
    "Look at the attention of so many last layers; off is all of them.",
    Group.PRUNING,
    optional=True,
)
SIGMOID = SettingSpec(
    bool,
    SWITCH,
    "Weaken a token near a threshold instead of dropping it.",
    Group.PRUNING,
)
STEEPNESS = SettingSpec(
    float, "above 0", "How fast a token's weight falls around a threshold.", Group.PRUNING
)
DECAY = SettingSpec(
    float,
    SHARE,
    "How much of the attention received still counts one step later; 1 is the mean of all steps.",
    Group.PRUNING,
)
COMPLETE = SettingSpec(
    str,
    RULE,
    "What becomes of a step none of whose tokens passes: its best stays, it stays but later tokens "
    "do not see it, or the step leaves and its position stays a gap.",
    Group.PRUNING,
    tuple(CompleteMode),
)
LAG = SettingSpec(
    int, "1 or more", "Judge a step when so many later ones are decoded.", Group.PRUNING
)
COMPREHENSIVE = SettingSpec(
    bool, SWITCH, "Judge all earlier steps again at every step.", Group.PRUNING
)
MONOTONE = SettingSpec(
    bool,
    SWITCH,
    "A later judgement only takes away; otherwise what was weakened or not attended may return.",
    Group.PRUNING,
)
AFTER = SettingSpec(
    str,
    RULE,
    "Whether rows that had seen a dropped token stay as they are, or are decoded again without it.",
    Group.PRUNING,
    tuple(AfterPruning),
)
