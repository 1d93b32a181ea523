"""The study's figures, by hand and against brute force."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tempo.application.studies.fidelity.figures import Cell
from tempo.application.studies.fidelity.plan import StudyPlan, StudyPrompt
from tempo.application.studies.fidelity.rule import read_rule, rule_grid
from tempo.domain.errors import NonFiniteLogitsError, PromptError
from tempo.domain.tokens import TokenId
from tempo.infrastructure.scripted.backend import ScriptedBackend
from tempo.infrastructure.scripted.script import END, Script
from tests.application.studies.fidelity.contexts import CROSSED, prompt, report, study
from tests.fakes.backends import BreaksDown, CountingBackend
from tests.strategies import drawn_script, seeds

PLAIN = "superposition=lineage,sharpness=1,window=inf"


def only(found, rule, depth, threshold=0.1):
    (context,) = found.contexts
    return context.figures[Cell(rule, threshold, depth)]


def kl(p, q):
    return p * math.log(p / q) + (1 - p) * math.log((1 - p) / (1 - q))


X = 0.86 * 0.9 + 0.14 * 0.2


@pytest.mark.parametrize(
    ("rule", "name", "readout"),
    [
        pytest.param(PLAIN, "lineage, sharpness 1, window inf", X, id="plain lineage is exact"),
        # c descends from a, d from b: both rows say 0.9
        pytest.param("superposition=path", "path", 0.9, id="path"),
        # c sees a at 0.6 and b at 0.4, and so does d; c has weight 0.62
        pytest.param("superposition=marginal", "marginal", 0.62 * 0.62 + 0.38 * 0.48, id="marg"),
        # c sees both alike
        pytest.param("superposition=uniform", "uniform", 0.55, id="uniform"),
        # the row of c, under sharpness 2: a at 0.54^2 / (0.54^2 + 0.08^2)
        pytest.param(
            "readout=best",
            "lineage, best",
            (0.9 * 0.54**2 + 0.2 * 0.08**2) / (0.54**2 + 0.08**2),
            id="best",
        ),
        # b's row says d before c, so that the row of c is the last one here
        pytest.param(
            "readout=last",
            "lineage, last",
            (0.9 * 0.54**2 + 0.2 * 0.08**2) / (0.54**2 + 0.08**2),
            id="last",
        ),
    ],
)
def test_divergence_and_variation_are_those_computed_by_hand(rule, name, readout):
    figures = only(report(CROSSED, [prompt(CROSSED)], rule, depths=(2,)), name, 2)
    assert figures.kl == pytest.approx(kl(X, readout), abs=1e-9)
    assert figures.tv == pytest.approx(abs(X - readout), abs=1e-9)


def test_baselines_masses_and_counts_are_those_computed_by_hand():
    """The beam holds ac and bd, the greedy path is ac: both say 0.9."""
    figures = only(
        report(CROSSED, [prompt(CROSSED)], "superposition=uniform", depths=(2,)), "uniform", 2
    )
    assert (figures.beam_kl, figures.single_kl) == pytest.approx((kl(X, 0.9), kl(X, 0.9)))
    assert (figures.beam_tv, figures.single_tv) == pytest.approx((abs(X - 0.9), abs(X - 0.9)))
    assert (figures.width, figures.paths) == (2, 4)
    assert (figures.kept_mass, figures.exact_mass) == pytest.approx((1.0, 1.0))


def test_the_mass_of_a_cut_set_is_that_of_its_paths():
    """At 0.3, S_0 holds a and b and S_1 c (0.62) and d (0.38); at 0.5 only a, then c."""
    found = report(CROSSED, [prompt(CROSSED)], "superposition=path", thresholds=(0.5,), depths=(2,))
    figures = only(found, "path", 2, threshold=0.5)
    assert (figures.exact_mass, figures.kept_mass) == pytest.approx((0.54, 0.54))
    assert (figures.kl, figures.tv, figures.paths) == (0.0, 0.0, 1)
    assert math.isnan(figures.spearman)


CLIMBING = Script.of(
    {
        "": {"P": 1.0},
        "P": {"a": 0.55, "b": 0.45},
        "a": {"c": 0.5, "d": 0.5},
        "b": {"c": 0.5, "d": 0.5},
        ("a", "c"): {"x": 0.5, "y": 0.5},
        ("a", "d"): {"x": 0.5, "y": 0.5},
        ("b", "c"): {"x": 0.9, "y": 0.1},
        ("b", "d"): {"x": 0.5, "y": 0.5},
    }
)
"""The best path of three is bcx (0.2025); ahead of it in the lattice are those through a."""


def test_a_best_path_that_the_lattice_does_not_see_is_counted_by_its_place():
    """Under path c and d descend from a, so that bcx is taken for 0.45 * 0.5 * 0.5.

    acx, acy, adx, ady come first (0.1375 each), then the four through b (0.1125 each).
    """
    found = report(CLIMBING, [prompt(CLIMBING)], "superposition=path", depths=(3,))
    figures = only(found, "path", 3)
    assert (figures.best_first, figures.best_in_5, figures.best_in_10) == (0.0, 1.0, 1.0)
    assert figures.paths == 8
    exact = [0.1375] * 4 + [0.2025, 0.0225, 0.1125, 0.1125]
    estimated = [0.1375] * 4 + [0.1125] * 4
    ranks = [np.argsort(np.argsort(values)) for values in (exact, estimated)]
    assert ranks[0].tolist() != ranks[1].tolist()
    # ranks with ties averaged: exact 5.5 x4, 8, 1, 2.5, 2.5; estimated 6.5 x4, 2.5 x4
    by_hand = np.corrcoef([5.5] * 4 + [8, 1, 2.5, 2.5], [6.5] * 4 + [2.5] * 4)[0, 1]
    assert figures.spearman == pytest.approx(by_hand)


@given(seeds, st.sampled_from([0.02, 0.1, 0.2]))
@settings(max_examples=10)
def test_figures_are_in_their_ranges_and_the_first_set_is_exact(seed, threshold):
    script = Script.random(seed, tokens=5, order=3)
    found = report(
        script,
        [StudyPrompt("", (TokenId(2), TokenId(1)))],
        *(f"superposition={name}" for name in ("lineage", "path", "marginal", "uniform")),
        "readout=product",
        "visibility=visible",
        "positions=consecutive",
        thresholds=(threshold,),
        depths=(1, 2, 3),
    )
    (context,) = found.contexts
    assert len(context.figures) == 7 * 3
    for cell, figures in context.figures.items():
        assert figures.kl >= 0.0
        assert 0.0 <= figures.tv <= 1.0
        assert figures.best_first <= figures.best_in_5 <= figures.best_in_10 <= 1.0
        assert math.isnan(figures.spearman) or -1.0 - 1e-9 <= figures.spearman <= 1.0 + 1e-9
        assert 0.0 < figures.exact_mass <= 1.0 + 1e-9
        if cell.depth == 1 and not {"product", "visible"} & set(cell.rule.split(", ")):
            assert figures.kl < 1e-9
            assert figures.beam_kl < 1e-9
            assert figures.kept_mass == pytest.approx(figures.exact_mass)


@given(seeds)
@settings(max_examples=10)
def test_plain_lineage_is_exact_where_two_tokens_decide(seed):
    """Each row's last token is its own, and the one before is weighed by its exact posterior."""
    script = drawn_script((END, "a", "b", "c", "d"), 2, seed, end_weight=0.0)
    found = report(script, [StudyPrompt("", (TokenId(2), TokenId(1)))], PLAIN, depths=(1, 2, 3, 4))
    (context,) = found.contexts
    assert max(figures.kl for figures in context.figures.values()) < 1e-9


@given(seeds)
@settings(max_examples=10)
def test_every_superposition_is_exact_where_one_token_decides(seed):
    script = Script.random(seed, tokens=5, order=1)
    found = report(script, [StudyPrompt("", (TokenId(2),))], depths=(1, 2, 3, 4))
    (context,) = found.contexts
    assert len(context.figures) == 16
    assert max(figures.kl for figures in context.figures.values()) < 1e-9
    assert {figures.best_first for figures in context.figures.values()} == {1.0}


def test_an_end_token_is_barred_on_both_sides():
    script = Script.of({"": {"a": 0.3, "b": 0.3, END: 0.4}})
    found = report(script, [StudyPrompt("", (TokenId(1),))], "superposition=path", depths=(1, 3))
    for depth in (1, 3):
        figures = only(found, "path", depth)
        assert (figures.paths, figures.width) == (2**depth, 2)
        assert figures.kl < 1e-9
        assert figures.exact_mass == pytest.approx(1.0)


def test_an_enumeration_past_the_budget_is_left_out_for_all_rules_and_named():
    """path keeps one token of two at depth 2 under a basis of the leader: only uniform passes."""
    found = report(
        CROSSED,
        [prompt(CROSSED)],
        "superposition=uniform",
        "superposition=path,threshold_basis=leader",
        thresholds=(0.39, 0.5),
        depths=(1, 2, 3),
        budget=3,
    )
    (context,) = found.contexts
    sizes = {
        (over.cell.rule, over.cell.threshold, over.cell.depth): over.paths
        for over in context.overruns
    }
    assert sizes
    assert all(paths > 3 for paths in sizes.values())
    left_out = {(threshold, depth) for _, threshold, depth in sizes}
    for threshold in (0.39, 0.5):
        for depth in (1, 2, 3):
            rules = {
                cell.rule
                for cell in context.figures
                if (cell.threshold, cell.depth) == (threshold, depth)
            }
            assert len(rules) == (0 if (threshold, depth) in left_out else 2)
            named = found.left_out(threshold, depth)
            assert named == ((context,) if (threshold, depth) in left_out else ())


def test_a_budget_that_just_holds_is_enough():
    found = report(CROSSED, [prompt(CROSSED)], "superposition=path", depths=(2,), budget=4)
    assert only(found, "path", 2).paths == 4
    found = report(CROSSED, [prompt(CROSSED)], "superposition=path", depths=(2,), budget=3)
    (context,) = found.contexts
    assert context.figures == {}
    assert [(over.cell, over.paths) for over in context.overruns] == [(Cell("path", 0.1, 2), 4)]


def test_the_prompt_goes_through_the_model_once_for_all_rules_and_no_run_goes_too_deep():
    """Four rules at two thresholds feed two sets each; then all paths, then the beams."""
    backend = CountingBackend(ScriptedBackend(CROSSED))
    report(CROSSED, [prompt(CROSSED)], backend=backend, thresholds=(0.1, 0.3), depths=(2,))
    assert backend.opened == 1
    assert backend.passes == 4 * 2 * 2 + 2


def test_a_rule_decides_as_it_does_in_a_run_of_its_own():
    """The recorder considers the whole vocabulary; the run must not notice."""
    script = Script.random(11, tokens=30, order=2)
    start = (TokenId(2), TokenId(1))
    found = report(script, [StudyPrompt("", start)], "superposition=path", depths=(1,), width=3)
    figures = only(found, "path", 1)
    reached = [
        p for p in np.sort(script.next(start)[1:] / script.next(start)[1:].sum())[::-1] if p >= 0.1
    ][:3]
    assert figures.width == len(reached)
    assert figures.exact_mass == pytest.approx(sum(reached))


def test_contexts_come_one_by_one():
    backend = CountingBackend(ScriptedBackend(CROSSED))
    plan = StudyPlan(rules=rule_grid({}), depths=(2,))
    stream = study(CROSSED, backend).contexts(plan, [prompt(CROSSED)] * 3)
    assert next(iter(stream)).number == 0
    assert backend.opened == 1


@pytest.mark.parametrize(
    ("prompts", "rules", "said"),
    [
        ([], [], "no prompts"),
        ([StudyPrompt("long", (TokenId(1),) * 8)], [], "'long' needs 11 positions with depth 3"),
        ([StudyPrompt("", ())], [], "has no tokens"),
        ([StudyPrompt("", (TokenId(1),))], ["positions=consecutive"], "needs 25 positions"),
    ],
)
def test_prompts_that_leave_no_room_are_refused_before_anything_is_measured(prompts, rules, said):
    backend = ScriptedBackend(CROSSED, context=10)
    plan = StudyPlan(rules=tuple(map(read_rule, rules)) or rule_grid({}), depths=(3,))
    with pytest.raises(PromptError, match=said):
        study(CROSSED, backend).contexts(plan, prompts)


def test_a_model_that_breaks_down_is_told():
    with pytest.raises(NonFiniteLogitsError):
        report(CROSSED, [prompt(CROSSED)], backend=BreaksDown(ScriptedBackend(CROSSED), 1))
