"""The settings of pruning, as users meet them."""

from tempo.application.settings.specs import Group, SettingSpec, Slider
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
    label="Pruning before keeping",
    advice="Try diversity for alternatives that differ in kind, coherence to drop those "
    "that fit the text least.",
)
DEFINITION = SettingSpec(
    str,
    RULE,
    "What coherence is: the attention of the token's own row to the text, or the likeness of its "
    "embedding to the recent text's, which needs no row.",
    Group.PRUNING,
    tuple(CoherenceDefinition),
    label="Coherence by",
    advice="embedding is cheaper, since it reads no row first; attention sees how the token "
    "is read in the text.",
)
COHERENCE = SettingSpec(
    float,
    SHARE,
    "The coherence that a token needs, from 0 for the set's least to 1 for its best.",
    Group.PRUNING,
    label="Coherence threshold",
    advice="Lower keeps more tokens, and 0 all of them; 1 keeps the set's best alone.",
    slider=Slider(0.05),
)
CLUSTERS = SettingSpec(
    int,
    "1 or more",
    "How many kinds of token diversity tells apart; of each the most probable stays.",
    Group.PRUNING,
    label="Kinds of token",
    advice="Lower keeps fewer tokens of a step; as many as the step has tokens drops none.",
    slider=Slider(1, low=1, high=16),
)
DIVERSITY_STEPS = SettingSpec(
    int,
    "0 or more",
    "How many sets of several tokens the hybrid strategy leaves to diversity.",
    Group.PRUNING,
    label="Sets left to diversity",
    advice="Higher keeps differing tokens for longer before coherence takes over; 0 is "
    "coherence from the start.",
    slider=Slider(1, low=0, high=50),
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
    label="Pruning in retrospect",
    advice="Try posterior, which drops what later steps made improbable; attention drops "
    "what later tokens hardly look at.",
)
MASS = SettingSpec(
    float,
    POSITIVE_SHARE,
    "Keep the most probable tokens of a set with this share of the live paths together.",
    Group.PRUNING,
    label="Posterior mass",
    advice="Lower prunes more; 1 leaves it to the floor. Try 0.9 to 0.99.",
    slider=Slider(0.01, low=0.01),
)
FLOOR = SettingSpec(
    float,
    POSITIVE_SHARE,
    "Drop a token with a smaller share of the live paths.",
    Group.PRUNING,
    label="Posterior floor",
    advice="Lower keeps more tokens; higher prunes more. Try 0.01 to 0.1.",
    slider=Slider(0.01, low=0.01),
)
ATTENTION = SettingSpec(
    float,
    "from 0 to 1; 0 asks for none",
    "The mean share of later tokens' attention that a token needs.",
    Group.PRUNING,
    label="Attention threshold",
    advice="Lower keeps more tokens, and 0 asks for no attention in itself; a share shrinks "
    "as the text grows, so go in small steps.",
    slider=Slider(0.005),
)
RELATIVE = SettingSpec(
    float,
    SHARE,
    "The attention that a token needs, as a share of what the best of its set received.",
    Group.PRUNING,
    label="Relative threshold",
    advice="Lower keeps more tokens; higher asks each to come closer to the best of its set.",
    slider=Slider(0.05),
)
RELATIVE_ON = SettingSpec(
    bool,
    SWITCH,
    "Hold a token's attention against the best of its set too.",
    Group.PRUNING,
    label="Compare within the set",
    advice="Off leaves attention_threshold alone to decide, which keeps more tokens.",
)
MULTI_SCALE = SettingSpec(
    bool,
    SWITCH,
    "Weigh layers from 0.2 at the first to 1 at the last; otherwise the last three alike.",
    Group.PRUNING,
    label="All layers",
    advice="On counts early layers a little and late ones most; off looks at the last three alone.",
)
LAYERS = SettingSpec(
    int,
    "1 or more, at most the model's layers",
    "Look at the attention of so many last layers; off is all of them.",
    Group.PRUNING,
    optional=True,
    label="Last layers looked at",
    advice="Lower looks at the last layers alone; off looks at all of them.",
    slider=Slider(1, low=1, high=32),
)
SIGMOID = SettingSpec(
    bool,
    SWITCH,
    "Weaken a token near a threshold instead of dropping it.",
    Group.PRUNING,
    label="Soft cut",
    advice="Off drops every token below a threshold; on weakens those near it, and drops fewer.",
)
STEEPNESS = SettingSpec(
    float,
    "above 0",
    "How fast a token's weight falls around a threshold.",
    Group.PRUNING,
    label="Steepness of the cut",
    advice="Higher comes closer to a hard cut; lower weakens more tokens and drops fewer.",
    slider=Slider(1, low=1, high=50),
)
DECAY = SettingSpec(
    float,
    SHARE,
    "How much of the attention received still counts one step later; 1 is the mean of all steps.",
    Group.PRUNING,
    label="Memory of attention",
    advice="Lower counts the newest tokens' attention most, and 0 the last alone; 1 counts "
    "all alike.",
    slider=Slider(0.05),
)
COMPLETE = SettingSpec(
    str,
    RULE,
    "What becomes of a step none of whose tokens passes: its best stays, it stays but later tokens "
    "do not see it, or the step leaves and its position stays a gap.",
    Group.PRUNING,
    tuple(CompleteMode),
    label="When none passes",
    advice="keep_token is the safe choice; remove_position can take a word out of the text.",
)
LAG = SettingSpec(
    int,
    "1 or more",
    "Judge a step when so many later ones are decoded.",
    Group.PRUNING,
    label="Judge after",
    advice="Lower judges sooner, on less evidence; higher waits for more and holds rows longer.",
    slider=Slider(1, low=1, high=20),
)
COMPREHENSIVE = SettingSpec(
    bool,
    SWITCH,
    "Judge all earlier steps again at every step.",
    Group.PRUNING,
    label="Judge again",
    advice="On holds every earlier step against the rule at each step, which prunes more "
    "and takes longer.",
)
MONOTONE = SettingSpec(
    bool,
    SWITCH,
    "A later judgement only takes away; otherwise what was weakened or not attended may return.",
    Group.PRUNING,
    label="Only take away",
    advice="Off lets a weakened token come back when later tokens look at it again.",
)
AFTER = SettingSpec(
    str,
    RULE,
    "Whether rows that had seen a dropped token stay as they are, or are decoded again without it.",
    Group.PRUNING,
    tuple(AfterPruning),
    label="After pruning",
    advice="keep is fast; recompute decodes the steps since again, as if the token had "
    "never been kept.",
)
