import pytest

from tempo.application.studies.fidelity.plan import StudyPrompt
from tempo.application.studies.pruning.findings import Cell
from tempo.application.studies.pruning.plan import PruningPlan, TextPlan, rules_of
from tempo.application.studies.pruning.scores import RULES, SCORES
from tempo.domain.errors import InvalidValueError, NonFiniteLogitsError, PromptError
from tempo.domain.tokens import TokenId
from tempo.infrastructure.scripted.backend import ScriptedBackend
from tempo.infrastructure.scripted.script import Script
from tests.application.studies.pruning.contexts import MET, prompt, random_prompts, report, study
from tests.fakes.backends import BreaksDown, CountingBackend

SCRIPT = Script.random(4, tokens=6, order=2)


def test_every_set_of_several_candidates_is_judged_at_every_lag():
    """Sets of MET: a b, c e d, then x alone."""
    (found,) = report(MET, [prompt(MET)], "path", lags=(2, 3), sets=4).contexts
    assert found.sets == {
        ("path", 2, "2+"): 2,
        ("path", 2, "3"): 1,
        ("path", 3, "2+"): 1,
    }
    assert found.left_out == {}
    three = found.rankings[Cell("path", 2, "3", "posterior")]
    both = found.rankings[Cell("path", 2, "2+", "posterior")]
    assert three["best"] == both["best"] == 1.0
    attention = found.rankings[Cell("path", 2, "2+", "attention")]
    assert attention["best"] == pytest.approx(
        (0.0 + found.rankings[Cell("path", 2, "3", "attention")]["best"]) / 2
    )


def test_all_scores_are_ranked_and_rules_alone_drop():
    (found,) = report(MET, [prompt(MET)], "path", lags=(2,), sets=3).contexts
    assert [cell.score for cell in found.rankings if cell.size == "2+"] == list(SCORES)
    judging = {cell.score for cell, named in found.rankings.items() if named["dropped"] >= 0}
    assert judging == set(RULES)


def test_judgements_past_the_budget_are_counted_and_left_out():
    (found,) = report(MET, [prompt(MET)], "path", lags=(2, 3), sets=4, budget=5).contexts
    assert found.left_out == {("path", 2): 1 + 1, ("path", 3): 1}
    assert found.rankings == {}
    (found,) = report(MET, [prompt(MET)], "path", lags=(2, 3), sets=4, budget=6).contexts
    assert found.left_out == {}


def test_runs_that_keep_the_same_sets_share_their_paths():
    """Four runs of 3 sets feed 2 each; then two beginnings of length 1 and six of length 2."""
    backend = CountingBackend(ScriptedBackend(MET))
    report(MET, [prompt(MET)], backend=backend, lags=(2,), sets=3)
    assert backend.nodes == 4 * (2 + 3) + 2 + 6


def test_a_report_means_over_contexts_what_they_have():
    found = report(SCRIPT, random_prompts(5), "lineage", lags=(2, 3), sets=4)
    for cell in found.cells:
        held = [one.rankings[cell]["best"] for one in found.contexts if cell in one.rankings]
        estimate = found.rankings[cell]["best"]
        assert estimate.contexts == len(held)
        if held:
            assert estimate.value == pytest.approx(sum(held) / len(held))
    assert found.sets("lineage", 2, "2+") == sum(
        one.sets.get(("lineage", 2, "2+"), 0) for one in found.contexts
    )


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ({"lags": (1, 3)}, "lag is 1; it must be 2 or more"),
        ({"lags": (3,), "sets": 3}, "sets is 3; it must be more than the largest lag, 3"),
        ({"lags": ()}, "no lags"),
        ({"rules": ()}, "no rules"),
        ({"budget": 0}, "budget is 0"),
        ({"threshold": 2.0}, "selection_threshold is 2.0"),
        ({"width": 0}, "max_width is 0"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(plan, said):
    with pytest.raises(InvalidValueError, match=said):
        PruningPlan(**plan)


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ({"steps": 1}, "text steps are 1"),
        ({"count": 0}, "text count is 0"),
        ({"prompts": 0}, "text prompts are 0"),
    ],
)
def test_texts_that_cannot_be_are_refused(texts, said):
    with pytest.raises(InvalidValueError, match=said):
        TextPlan(**texts)


def test_an_unknown_superposition_is_refused():
    with pytest.raises(InvalidValueError, match="superposition is 'tree'"):
        rules_of(("tree",))


@pytest.mark.parametrize(
    ("prompts", "said"),
    [
        ([], "no prompts"),
        ([StudyPrompt("long", (TokenId(1),) * 7)], "'long' needs 11 positions with 4 steps"),
        ([StudyPrompt("", ())], "has no tokens"),
    ],
)
def test_prompts_that_leave_no_room_are_refused_before_anything_is_measured(prompts, said):
    plan = PruningPlan(lags=(2,), sets=3, texts=TextPlan(steps=4))
    with pytest.raises(PromptError, match=said):
        study(MET, ScriptedBackend(MET, context=10)).contexts(plan, prompts)


def test_a_model_that_breaks_down_is_told():
    with pytest.raises(NonFiniteLogitsError):
        report(MET, [prompt(MET)], backend=BreaksDown(ScriptedBackend(MET), 1))
