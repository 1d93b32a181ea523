"""A script with two ways whose answers are known, and the study over it."""

from tempo.application.studies.ambiguity.pairs import Pair
from tempo.application.studies.ambiguity.plan import AmbiguityPlan
from tempo.application.studies.ambiguity.report import AmbiguityReport
from tempo.application.studies.ambiguity.study import AmbiguityStudy
from tempo.application.studies.fidelity.rule import read_rule
from tempo.application.studies.tasks.item import TaskItem
from tempo.infrastructure.scripted.backend import ScriptedBackend
from tempo.infrastructure.scripted.script import Script
from tempo.infrastructure.scripted.tokenizer import ScriptedTokenizer
from tests.fakes.mixed_inputs import ScriptedInputs

TWO_WAYS = Script.of(
    {
        "": {"P": 0.5, "Q": 0.5},
        "P": {" a": 0.6, " b": 0.3, " e": 0.05, " f": 0.05},
        "Q": {" e": 0.6, " f": 0.3, " a": 0.05, " b": 0.05},
        " a": {" c": 0.7, " d": 0.2, " s": 0.1},
        " b": {" c": 0.2, " d": 0.4, " s": 0.4},
        " e": {" c": 0.3, " d": 0.3, " s": 0.4},
        " f": {" c": 0.3, " d": 0.3, " s": 0.4},
        " s": {" a": 1.0},
        (" a", " c"): {" x": 0.9, " y": 0.1},
        (" b", " d"): {" x": 0.2, " y": 0.8},
        (" a", " d"): {" x": 0.5, " y": 0.5},
        (" b", " c"): {" x": 0.5, " y": 0.5},
        (" a", " s"): {" a": 0.8, " b": 0.1, " x": 0.1},
        (" b", " s"): {" a": 0.1, " b": 0.8, " x": 0.1},
        (" e", " s"): {" e": 0.8, " f": 0.1, " x": 0.1},
        (" f", " s"): {" e": 0.1, " f": 0.8, " x": 0.1},
    }
)
"""After P: `a c` (then mostly x) or `b d` (then mostly y), or either word, s, and it again."""

WORDS = ScriptedTokenizer(TWO_WAYS)


def tokens(text):
    return WORDS.encode(text)


def pair(text="P", one=" a c", other=" b d", shared=" s"):
    return Pair(text, tokens(text), (tokens(one), tokens(other)), tokens(shared))


PAIRS = (pair(), pair("Q", " e c", " f d"))


def item(text="P", one=" a c", other=" b d", shared=" s"):
    """The same as a task holds it."""
    facts = {"continuations": (one, other), "weights": (0.5, 0.5), "shared": shared}
    return TaskItem(text, (one[:2], other[:2]), facts)


ITEMS = (item(), item("Q", " e c", " f d"))


def study(backend=None):
    return AmbiguityStudy(backend or ScriptedBackend(TWO_WAYS), WORDS, ScriptedInputs(TWO_WAYS))


def report(*rules, pairs=PAIRS, **plan):
    chosen = {"rules": tuple(map(read_rule, rules))} if rules else {}
    asked = AmbiguityPlan(**chosen, **plan)
    return AmbiguityReport(asked, tuple(study().contexts(asked, pairs)), len(pairs))
