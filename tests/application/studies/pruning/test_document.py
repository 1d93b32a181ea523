import json

from tempo.application.studies.pruning.document import pruning_document
from tempo.application.studies.pruning.plan import TextPlan
from tempo.infrastructure.scripted.script import Script
from tests.application.studies.pruning.contexts import random_prompts, report

SCRIPT = Script.random(4, tokens=6, order=2)


def found():
    plan = {"lags": (2, 3), "sets": 4, "budget": 250, "texts": TextPlan(steps=4, prompts=1)}
    return report(SCRIPT, random_prompts(2), "path", "uniform", **plan)


def test_the_document_is_json_that_a_rerun_repeats():
    texts = [
        json.dumps(pruning_document(one, {"command": "tempo experiment pruning"}), allow_nan=False)
        for one in (found(), found())
    ]
    assert texts[0] == texts[1]
    document = json.loads(texts[0])
    assert document["command"] == "tempo experiment pruning"
    settings = document["settings"]
    assert set(settings["rules"]) == {"path", "uniform"}
    assert (settings["lags"], settings["budget"], settings["prompts"]) == ([2, 3], 250, 2)
    assert settings["variants"][2] == {
        "superposition": "lineage",
        "strength": "posterior, default",
        "settings": {"retroactive_pruning": "posterior"},
    }
    held = found()
    assert len(document["rankings"]) == len(held.cells)
    assert [one["left_out"] for one in document["judged"]] == [
        held.left_out(rule.name, lag) for rule in held.plan.rules for lag in (2, 3)
    ]
    assert sum(one["left_out"] for one in document["judged"]) > 0
    assert [len(context["texts"]) for context in document["contexts"]] == [14, 0]


def test_undefined_figures_are_null():
    contexts = pruning_document(found(), {})["contexts"]
    rankings = [one for context in contexts for one in context["rankings"]]
    chance = next(one for one in rankings if one["score"] == "chance")
    assert chance["spearman"] is None
    assert chance["keeps_best"] is None
