"""Search, samples and a beam at equal rows, over scripts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.application.decoding.rescoring import Rescore
from tempo.application.studies.search.brackets import Balanced, bracket_texts, matches
from tempo.application.studies.search.document import search_document
from tempo.application.studies.search.figures import Cell, ItemFigures, Trial
from tempo.application.studies.search.item import SearchItem
from tempo.application.studies.search.plan import Method, SearchPlan, offering
from tempo.application.studies.search.report import AHEAD, SHARED, SUCCESS, SearchStudyReport
from tempo.application.studies.search.rivals import beamed, drawn
from tempo.application.studies.search.stories import ASKED, WORDS, stories
from tempo.application.studies.search.study import SearchStudy
from tempo.domain.errors import InvalidValueError
from tempo.domain.ports.verifier import Attempt
from tempo.infrastructure.scripted.backend import ScriptedBackend
from tempo.infrastructure.scripted.brackets import bracket_model
from tempo.infrastructure.scripted.script import END, Script
from tempo.infrastructure.scripted.tokenizer import ScriptedTokenizer
from tests.fakes.backends import CountingBackend
from tests.fakes.verifiers import Remembering, Wanting

SMALL = SearchPlan(steps=8, budgets=(20, 50), simulations=6, depth=8)


def task(script, number=0, verifier=None):
    backend, tokenizer = CountingBackend(ScriptedBackend(script)), ScriptedTokenizer(script)
    return SearchItem(number, "", "a", (1,), verifier or Remembering(), backend, tokenizer)


FLIP = Script.of({"": {"a": 0.6, "b": 0.4}})
NEVER = Script.of({"": {"a": 0.5, "b": 0.3, END: 0.2}})


# Brackets -----------------------------------------------------------------------------------------


@given(st.text("()a", max_size=30))
def test_matched_pairs_are_those_that_can_be_taken_out_one_by_one(text):
    left, matched = text.replace("a", ""), 0
    while "()" in left:
        left, matched = left.replace("()", "", 1), matched + 1
    assert matches(text) == (matched, text.count("(") + text.count(")"))


@pytest.mark.parametrize(
    ("text", "finished", "value"),
    [
        ("()()a())()", True, 1.0),
        ("()()a())()", False, 0.9),
        ("()()())", True, pytest.approx(0.9 * 4 / 5)),
        ("", True, 0.0),
        (")(((((", True, pytest.approx(0.9 * 0.2 * 2 / 7)),
    ],
)
def test_a_text_of_brackets_is_worth_what_matches(text, finished, value):
    assert Balanced().value(Attempt(text, 9, -1.0, finished)) == value


def test_each_text_of_brackets_has_a_script_of_its_own():
    items = bracket_texts(3, 5, bracket_model)
    assert [item.number for item in items] == [0, 1, 2]
    assert len({item.backend.description.fingerprint for item in items}) == 3
    assert items[1].backend.description == bracket_model(6)[0].description


# Stories ------------------------------------------------------------------------------------------


def test_stories_are_drawn_with_three_words_each_and_repeat():
    script = Script.of({"": {"Once": 0.5, "There": 0.5}})
    backend, tokenizer = ScriptedBackend(script), ScriptedTokenizer(script)
    drawn_twice = [stories(("Once", "There"), 2, 3, backend, tokenizer) for _ in range(2)]
    one, other = drawn_twice
    assert {item.prompt for item in one} == {"Once", "There"}
    assert [item.asked for item in one] == [item.asked for item in other]
    for item in one:
        words = item.asked.split(", ")
        assert len(set(words)) == ASKED
        assert set(words) <= set(WORDS)
        assert item.verifier.value(Attempt(" ".join(words), 3, -1.0, finished=False)) == 1.0


@pytest.mark.parametrize("count", [0, 3])
def test_a_count_of_stories_that_there_are_not_is_refused(count):
    backend, tokenizer = bracket_model(0)
    with pytest.raises(InvalidValueError, match=f"count is {count}; it must be from 1 to 2"):
        stories(("(", "(("), count, 3, backend, tokenizer)


def test_no_text_of_brackets_is_refused():
    with pytest.raises(InvalidValueError, match="count is 0"):
        bracket_texts(0, 1, bracket_model)


# Methods ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", Method)
@pytest.mark.parametrize("budget", [8, 20, 57])
def test_no_method_feeds_more_rows_than_it_has(method, budget):
    plan = SearchPlan(steps=8, budgets=(budget,), simulations=6, depth=5)
    item = task(FLIP)
    trial = SearchStudy(plan)._trial(method, item, budget)
    assert 0 < trial.rows == item.backend.nodes <= budget
    assert trial.texts >= 1


@pytest.mark.parametrize("method", [Method.MCTS, Method.SAMPLES, Method.KEPT_SAMPLES])
def test_what_is_drawn_stops_at_the_first_text_as_asked(method):
    item = task(FLIP, verifier=Remembering(1.0))
    trial = SearchStudy(SMALL)._trial(method, item, 50)
    assert trial.success == 1.0
    assert trial.texts < 50 // 7 + 1


def test_a_beam_as_wide_as_all_texts_finds_the_most_probable():
    plan = SearchPlan(steps=3, budgets=(20,))
    _, found = beamed(plan, task(NEVER), offering(3), 27)
    scores = {one.token_ids: one.log_probability for one in found}
    assert len(scores) == 15  # 8 of three tokens, 4 + 2 + 1 that end
    paths = list(scores)
    exact = Rescore(ScriptedBackend(NEVER)).run((1,), paths)
    assert [scores[path] for path in paths] == pytest.approx(exact, abs=1e-6)


def test_a_narrow_beam_keeps_the_most_probable_beginnings():
    plan = SearchPlan(steps=3, budgets=(20,))
    _, found = beamed(plan, task(FLIP), offering(2), 1)
    assert [one.text for one in found] == ["aaa"]


def test_texts_are_drawn_in_proportion_to_their_probability():
    plan = SearchPlan(steps=2, budgets=(400,))
    verifier = Remembering()
    counts = {}
    for number in range(300):
        item = task(FLIP, number, verifier)
        _, found = drawn(SearchPlan(steps=2, budgets=(2,)), item, plan.kept, 1)
        counts[found[0].text] = counts.get(found[0].text, 0) + 1
    assert counts["aa"] / 300 == pytest.approx(0.36, abs=0.1)
    assert counts["bb"] / 300 == pytest.approx(0.16, abs=0.08)


def test_drawing_ends_where_there_is_but_one_text():
    only = Script.of({"": {"a": 1.0}, "a": {END: 1.0}})
    texts, found = drawn(SMALL, task(only), SMALL.kept, 50)
    assert [one.text for one in found] == [""]
    assert texts.rows.fed == 0


# The study ----------------------------------------------------------------------------------------


def test_a_study_tries_every_method_at_every_budget_and_repeats():
    def found():
        items = [task(FLIP, number, Wanting("b")) for number in range(2)]
        return list(SearchStudy(SMALL).items(items))

    first, second = found()
    assert (first.number, second.number) == (0, 1)
    assert set(first.trials) == {
        Cell(method.value, budget) for method in Method for budget in (20, 50)
    }
    assert [one.trials for one in found()] == [first.trials, second.trials]
    assert all(
        trial.simulations == 0 for cell, trial in first.trials.items() if cell.method != "mcts"
    )


def trial(value, rows=10, **search):
    return Trial(value=value, log_probability=-1.0, rows=rows, texts=3, **search)


def reported(*successes):
    """A report over items of which each method is or is not successful: (mcts, others)."""
    items = tuple(
        ItemFigures(
            number,
            "a",
            "b",
            {
                Cell(method.value, 20): trial(mine, simulations=5, unshared=100)
                if method is Method.MCTS
                else trial(other)
                for method in Method
            },
        )
        for number, (mine, other) in enumerate(successes)
    )
    return SearchStudyReport("stories", SearchPlan(steps=8, budgets=(20,)), items, len(items))


def test_the_search_is_ahead_by_what_it_alone_found():
    report = reported((1.0, 0.5), (1.0, 1.0), (0.2, 1.0), (1.0, 0.0))
    search, beam = (report.estimates[Cell(name, 20)] for name in ("mcts", "beam"))
    assert search[SUCCESS].value == 0.75
    assert beam[SUCCESS].value == 0.5
    assert beam[AHEAD].value == 0.25
    assert beam[AHEAD].low < 0.25 < beam[AHEAD].high
    assert AHEAD not in search
    assert search[SHARED].value == pytest.approx(0.1)
    assert SHARED not in beam


def test_the_document_holds_every_trial_and_repeats():
    report = reported((1.0, 0.5), (0.0, 1.0))
    document = search_document(report, {"command": "x"})
    assert document == search_document(report, {"command": "x"})
    assert (document["items"], document["asked_for"], document["task"]) == (2, 2, "stories")
    assert len(document["estimates"]) == len(Method)
    assert document["trials"][1]["trials"][0] == {
        "method": "mcts",
        "budget": 20,
        "value": 0.0,
        "text": "",
    }


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"steps": 1}, "steps is 1; it must be 2 or more"),
        ({"budgets": ()}, "the study has no budget"),
        ({"budgets": (39,)}, "budget is 39; it must be 40 or more"),
        ({"threshold": 1.5}, "threshold is 1.5"),
        ({"simulations": 0}, "simulations is 0; it must be 1 or more"),
        ({"c_puct": -1.0}, "c_puct is -1.0; it must be 0 or more"),
    ],
)
def test_a_wrong_plan_is_refused_by_value_and_range(wrong, said):
    with pytest.raises(InvalidValueError, match=said):
        SearchPlan(**wrong)
