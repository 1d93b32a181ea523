import math
from itertools import pairwise

import pytest

from tempo.application.decoding.generate import Generate
from tempo.application.studies.pruning.plan import PruningPlan, TextPlan
from tempo.application.studies.pruning.variants import NONE, STRENGTHS, Variant, variants
from tempo.domain.pruning.attention import AttentionPruning
from tempo.domain.pruning.posterior import PosteriorPruning
from tempo.infrastructure.scripted.backend import ScriptedBackend
from tempo.infrastructure.scripted.script import Script
from tempo.infrastructure.scripted.tokenizer import ScriptedTokenizer
from tests.application.studies.pruning.contexts import END, random_prompts, report

SCRIPT = Script.random(4, tokens=6, order=2)
STEPS = 8


def plan(**texts):
    return PruningPlan(lags=(2,), sets=3, texts=TextPlan(steps=STEPS, **texts))


@pytest.fixture(scope="module")
def found():
    return report(SCRIPT, random_prompts(3), "path", lags=(2,), sets=3, texts=plan().texts)


def test_no_pruning_comes_first_and_each_rule_grows_stronger():
    assert next(iter(STRENGTHS)) == NONE
    posterior = [STRENGTHS[f"posterior, {how}"] for how in ("mild", "strong")]
    rules = [
        Variant("path", name).request((1,), END, plan()).retroactive
        for name in STRENGTHS
        if name != NONE
    ]
    posterior, attention = [one.rule for one in rules[:3]], [one.rule for one in rules[3:]]
    assert posterior[1] == PosteriorPruning()
    assert attention[1] == AttentionPruning()
    for weaker, stronger in pairwise(posterior):
        assert weaker.mass > stronger.mass
        assert weaker.floor.at(0, 1) < stronger.floor.at(0, 1)
    for weaker, stronger in pairwise(attention):
        assert weaker.relative < stronger.relative
        assert weaker.absolute.at(0, 1) < stronger.absolute.at(0, 1)


def test_every_context_has_every_variant_and_no_pruning_frees_nothing(found):
    asked = (*variants("lineage"), *variants("path"))
    for context in found.contexts:
        assert tuple(context.texts) == asked
        for variant, figures in context.texts.items():
            if variant.strength == NONE:
                assert (figures.freed_rows, figures.pruned, figures.lost) == (0.0, 0.0, 0.0)
    assert any(figures.pruned for context in found.contexts for figures in context.texts.values())


def test_figures_are_those_of_the_run_by_itself(found):
    prompt, context = random_prompts(3)[0], found.contexts[0]
    for variant, figures in context.texts.items():
        request = variant.request(prompt.token_ids, END, found.plan)
        outcome = Generate(ScriptedBackend(SCRIPT), ScriptedTokenizer(SCRIPT)).run(request)
        best = max(
            sum(
                math.log(SCRIPT.next((*prompt.token_ids, *path[:at]))[token])
                for at, token in enumerate(path)
            )
            for path in map(outcome.lattice.token_ids, outcome.lattice.k_best(8))
        )
        assert figures.log_probability == pytest.approx(best / STEPS)
        assert figures.token_rows == outcome.cost.token_rows - len(prompt.token_ids)
        assert figures.peak_rows == outcome.cost.peak_cache_rows - len(prompt.token_ids)
        assert figures.live_rows <= figures.peak_rows


def test_live_rows_are_those_after_each_step_and_its_pruning():
    """Of two sets of two rows each, and a last one that is not fed, pruning leaves fewer."""
    script = Script.of({"": {"a": 0.97, "b": 0.03}})
    texts = TextPlan(superpositions=("uniform",), steps=5, threshold=0.01, count=1)
    found = report(script, random_prompts(1), "path", lags=(2,), sets=3, texts=texts)
    figures = found.contexts[0].texts
    whole = figures[Variant("uniform", NONE)]
    # rows after each step: 0 (the first set is not fed yet), 2, 4, 6, 8
    assert (whole.live_rows, whole.peak_rows, whole.token_rows) == (4.0, 8.0, 8.0)
    pruned = figures[Variant("uniform", "posterior, strong")]
    # b falls of step 0 when step 3 is decoded, of step 1 with step 4: rows 0, 2, 4, 5, 6
    assert (pruned.live_rows, pruned.freed_rows) == (pytest.approx(17 / 5), 2.0)
    assert pruned.log_probability == whole.log_probability


def test_differences_are_to_the_run_without_pruning_of_the_same_context(found):
    variant, first = Variant("path", "attention, strong"), Variant("path", NONE)
    expected = [one.texts[variant].live_rows - one.texts[first].live_rows for one in found.contexts]
    named = found.texts[variant]
    assert named["live_rows_minus_none"].value == pytest.approx(sum(expected) / 3)
    assert found.texts[first]["log_probability_minus_none"].value == 0.0


def test_some_first_prompts_alone_are_continued():
    found = report(
        SCRIPT, random_prompts(3), "path", lags=(2,), sets=3, texts=TextPlan(steps=3, prompts=2)
    )
    assert [bool(context.texts) for context in found.contexts] == [True, True, False]
    named = found.texts[Variant("path", NONE)]
    assert named["log_probability"].contexts == 2
