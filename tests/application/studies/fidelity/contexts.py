"""Scripts whose exact answers are known, and the study over them."""

import itertools

import numpy as np

from tempo.application.studies.fidelity.plan import StudyPlan, StudyPrompt
from tempo.application.studies.fidelity.rule import read_rule
from tempo.application.studies.fidelity.study import FidelityStudy
from tempo.infrastructure.scripted.backend import ScriptedBackend
from tempo.infrastructure.scripted.script import Script
from tempo.infrastructure.scripted.tokenizer import ScriptedTokenizer
from tests.oracles import teacher_forced

CROSSED = Script.of(
    {
        "": {"P": 1.0},
        "P": {"a": 0.6, "b": 0.4},
        "a": {"c": 0.9, "d": 0.1},
        "b": {"c": 0.2, "d": 0.8},
        ("a", "c"): {"x": 0.9, "y": 0.1},
        ("b", "d"): {"x": 0.9, "y": 0.1},
        ("a", "d"): {"x": 0.2, "y": 0.8},
        ("b", "c"): {"x": 0.2, "y": 0.8},
    }
)
"""Paths after P: ac 0.54, bd 0.32 (then mostly x), bc 0.08, ad 0.06 (then mostly y).

After both sets x has 0.86 * 0.9 + 0.14 * 0.2 = 0.802.
"""


def study(script, backend=None):
    return FidelityStudy(backend or ScriptedBackend(script), ScriptedTokenizer(script))


def prompt(script, text="P"):
    return StudyPrompt(text, ScriptedTokenizer(script).encode(text))


def report(script, prompts, *rules, backend=None, **plan):
    chosen = {"rules": tuple(map(read_rule, rules))} if rules else {}
    return study(script, backend).run(StudyPlan(**chosen, **plan), prompts)


def unended(script, tokens):
    """[v] the script's answer with the end token barred."""
    row = np.array(script.next(tokens), dtype=float)
    row[0] = 0.0
    return row / row.sum()


def brute_force(script, start, sets):
    """[v] the next-token distribution given a path in the product, every path written down."""
    mixed = np.zeros(len(script.vocabulary))
    for path in itertools.product(*sets):
        probability = 1.0
        for length, token in enumerate(path):
            probability *= unended(script, (*start, *path[:length]))[token]
        mixed += probability * unended(script, (*start, *path))
    return mixed / mixed.sum()


def path_probabilities(script, start, sets, *, barred=True):
    """[paths] probability of each path of the product, in its order."""
    if not barred:
        return np.exp([teacher_forced(script, start, path) for path in itertools.product(*sets)])
    return np.array(
        [
            np.prod([unended(script, (*start, *path[:at]))[token] for at, token in enumerate(path)])
            for path in itertools.product(*sets)
        ]
    )
