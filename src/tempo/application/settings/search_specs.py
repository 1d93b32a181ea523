"""The settings of tree search, as users meet them."""

from tempo.application.settings.specs import Group, SettingSpec, Slider
from tempo.domain.search.plan import Rollout

SEARCH = SettingSpec(
    bool,
    "true or false",
    "Decide each token by a tree search (MCTS) over the tokens that reach the threshold.",
    Group.SEARCH,
    label="Tree search",
    advice="On looks ahead before each token and decodes one text; say what the text must hold, "
    "since likelihood alone gains little by it.",
)
SIMULATIONS = SettingSpec(
    int,
    "1 or more",
    "Look at so many branches before each token.",
    Group.SEARCH,
    label="Simulations",
    advice="Higher finds more and costs more; 1 takes each step's most probable token.",
    slider=Slider(1, low=1, high=100),
)
C_PUCT = SettingSpec(
    float,
    "0 or more",
    "How much the model's probabilities count against what simulations found.",
    Group.SEARCH,
    label="Exploration",
    advice="Higher looks at more branches, the probable ones first; lower stays with those that "
    "did well. Try 0.5 to 2.",
    slider=Slider(0.1, high=4),
)
DEPTH = SettingSpec(
    int,
    "1 or more",
    "Look at most so many tokens ahead.",
    Group.SEARCH,
    label="Depth",
    advice="Higher sees further and costs more; to judge whole texts, take as many as max_steps.",
    slider=Slider(1, low=1, high=60),
)
WORDS = SettingSpec(
    list,
    "one or more words",
    "Value a text by the share of these words that it holds, whole and in any case. May be "
    "repeated.",
    Group.SEARCH,
    label="Words to hold",
    advice="Name what the text must hold; without words and patterns, likelihood is the value.",
)
PATTERN = SettingSpec(
    list,
    "one or more regular expressions",
    "Value a text by the share of these regular expressions, of Python's re module, that are "
    "found in it. May be repeated.",
    Group.SEARCH,
    label="Patterns to hold",
    advice="Use it for what words cannot say; a service does not take it.",
)
ROLLOUT = SettingSpec(
    str,
    "a rule",
    "How a simulation goes on from a new branch: by tokens drawn from those that reach the "
    "threshold, or by the most probable one.",
    Group.SEARCH,
    tuple(Rollout),
    label="Rollout",
    advice="sampled finds what is rare; greedy costs fewer rows and draws nothing.",
)
BATCH = SettingSpec(
    int,
    "1 or more",
    "So many simulations share each pass of the model.",
    Group.SEARCH,
    label="Simulations a pass",
    advice="Higher is faster; lower lets each simulation know more of the others.",
    slider=Slider(1, low=1, high=32),
)
ROWS = SettingSpec(
    int,
    "1 or more",
    "Feed at most so many tokens beside the prompt's; then the best text that was tried will do.",
    Group.SEARCH,
    optional=True,
    label="Bound on rows",
    advice="Lower bounds the cost; it must leave a row for each of the steps.",
    slider=Slider(50, low=50, high=4000),
)
