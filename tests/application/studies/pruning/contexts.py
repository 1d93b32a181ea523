"""Scripts, prompts and reports of the study of pruning."""

from tempo.application.studies.fidelity.plan import StudyPrompt
from tempo.application.studies.fidelity.rule import rule_of
from tempo.application.studies.pruning.plan import PruningPlan, TextPlan, rules_of
from tempo.application.studies.pruning.scores import LAYERS
from tempo.application.studies.pruning.study import PruningStudy
from tempo.application.studies.pruning.watching import watch
from tempo.domain.tokens import TokenId
from tempo.infrastructure.scripted.backend import ScriptedBackend
from tempo.infrastructure.scripted.script import Script
from tempo.infrastructure.scripted.tokenizer import ScriptedTokenizer

START = (TokenId(2), TokenId(1))
END = (TokenId(0),)

MET = Script.of(
    {
        "": {"P": 1.0},
        "P": {"a": 0.6, "b": 0.4},
        "a": {"c": 0.3, "d": 0.2, "e": 0.5},
        "b": {"c": 0.6, "d": 0.4},
        "c": {"x": 1.0},
        "d": {"x": 1.0},
        "e": {"x": 1.0},
        "x": {"x": 1.0},
    }
)
"""After P comes a with 0.6, but the best chains to c (0.42) and d (0.28) come from b, those to e
(0.3) from a: who goes by best chains takes b for the better one."""

NO_TEXTS = TextPlan(steps=0)


def prompt(script, text="P"):
    return StudyPrompt(text, ScriptedTokenizer(script).encode(text))


def random_prompts(count):
    return [StudyPrompt(f"{one}", (TokenId(one), TokenId(2))) for one in range(1, count + 1)]


def study(script, backend=None):
    return PruningStudy(backend or ScriptedBackend(script), ScriptedTokenizer(script))


def report(script, prompts, *superpositions, backend=None, **plan):
    rules = {"rules": rules_of(superpositions)} if superpositions else {}
    plan = {"texts": NO_TEXTS} | rules | plan
    return study(script, backend).run(PruningPlan(**plan), prompts)


def watched(script, superposition, sets, *, start=START, threshold=0.1, width=3):
    request = rule_of({"superposition": superposition}).request(start, END, threshold, width, sets)
    return watch(ScriptedBackend(script), ScriptedTokenizer(script), request, LAYERS)
