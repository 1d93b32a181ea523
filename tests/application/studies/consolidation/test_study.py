"""The consolidation study over a model whose memory is known."""

import json
import math

import numpy as np
import pytest

from tempo.application.studies.consolidation.consolidation import Consolidation
from tempo.application.studies.consolidation.document import consolidation_document
from tempo.application.studies.consolidation.eviction import ByAttention, ByRecency, Protection
from tempo.application.studies.consolidation.figures import Part, recall_figures, repeated
from tempo.application.studies.consolidation.passages import beginning, drawn, passages
from tempo.application.studies.consolidation.plan import ConsolidationPlan, Rate
from tempo.application.studies.consolidation.planted import FACTS, planted_facts
from tempo.application.studies.consolidation.report import ConsolidationReport, verdict
from tempo.application.studies.consolidation.update import Matrix
from tempo.application.studies.intervals import Estimate
from tempo.domain.errors import InvalidValueError
from tests.application.studies.consolidation.echoes import (
    small_plan,
    small_report,
    small_study,
)
from tests.fakes.consolidating_model import VOCABULARY, EchoingModel
from tests.fakes.word_tokenizer import WordTokenizer


@pytest.fixture(scope="module")
def found():
    return small_report()


def test_facts_are_recalled_from_the_full_context_and_from_the_bank_alone(found):
    recall = found.estimates["recall"]
    for name in ("full context", "bank, top 8"):
        assert recall[name]["share"].contexts == 24
    assert recall["full context"]["right"].value == 1
    assert recall["recency"]["share"].value == pytest.approx(1 / 6)
    assert (
        small_report(top_k=(None,), rates=(), prompts=0)
        .estimates["recall"]["bank, all"]["right"]
        .value
        == 1
    )


def test_what_leaves_is_told_apart_from_what_stays(found):
    """An update of the echoing model weighs what left, so that some of the fact comes back."""
    difference = next(
        named
        for comparison, named in found.differences["recall"].items()
        if comparison == ("kv 0.5", "attention")
    )
    assert verdict(difference["share"]) == "higher"
    own = found.differences["recall"]
    assert {one.one for one in own} >= {"kv 0.5 shuffled", "kv 0.5 random", "v 0.5"}
    assert "v 0.5 shuffled" not in {one.one for one in own}


def test_reading_by_hand(found):
    """The score of a token is that of the echo, over what is live when its turn comes."""
    plan = small_plan()
    study, material = small_study(plan)
    text = material.passages[0].tolist()
    expected = []
    for place in range(16, 39):
        count = text[: place + 1].count(text[place + 1])
        expected.append(-math.log(0.5 / VOCABULARY + 0.5 * count / (place + 1)))
    first = next(part for part in study.parts(plan, material) if part.measure == "reading")
    assert (first.variant, first.documents) == ("full context", (0, 1, 2, 3))
    assert first.figures["nll"][0] == pytest.approx(np.mean(expected))
    assert found.values["reading"]["full context"]["nll"][0] == pytest.approx(np.mean(expected))


def test_the_difference_is_paired_over_documents(found):
    values = found.values["reading"]
    one, other = values["recency"]["nll"], values["attention"]["nll"]
    named = found.differences["reading"][("recency", "attention")]
    expected = np.mean([one[document] - other[document] for document in range(4)])
    assert named["nll"].value == pytest.approx(expected)
    assert named["nll"].contexts == 4
    assert "changed" not in named


def test_written_texts_are_scored_by_the_plain_model():
    plan = small_plan(rates=())
    study, material = small_study(plan)
    part = next(one for one in study.parts(plan, material) if one.measure == "writing")
    run = Consolidation(EchoingModel(), plan.variants[0].token_by_token(), range(3))
    written, _ = run.write(material.passages[:3, :8], 12)
    whole = [*material.passages[0, :8].tolist(), *written[0].tolist()]
    expected = [
        -math.log(0.5 / VOCABULARY + 0.5 * whole[:place].count(whole[place]) / place)
        for place in range(8, 20)
    ]
    assert part.figures["nll"][0] == pytest.approx(np.mean(expected))
    assert part.figures["repeated"] == repeated(written)


def test_the_documents_own_condition_is_one_text_a_side(found):
    once = found.once()
    assert list(once) == ["window 24, alpha 0", "window 24, alpha 0.01"]
    study, material = small_study(found.plan)
    spelled = study._tokenizer.content
    assert b"".join(map(spelled, material.once[0].tolist())) == b"Once upon a time"
    for variant in found.plan.documents_condition(5):
        assert (variant.window, variant.protection) == (24, Protection(5))
        figures, text = once[variant.name]
        run = Consolidation(EchoingModel(), variant, (0,))
        written, entropies = run.write(material.once, 50)
        assert figures["entropy"] == pytest.approx(entropies.mean())
        assert figures["changed"] == pytest.approx(run.changed()[0])
        assert text == b"".join(map(spelled, written[0].tolist())).decode()
    assert "window 24, alpha 0" in found.estimates["reading"]
    assert small_report(own=False, rates=(), facts=0).once() == {}


def test_a_study_goes_on_from_what_is_kept():
    class Shelf:
        def __init__(self):
            self.held = {}

        def add(self, number, part):
            self.held[number] = part

    plan, shelf = small_plan(rates=()), Shelf()
    model = EchoingModel()
    study, material = small_study(plan, model=model)
    parts = study.parts(plan, material, shelf)
    begun = [next(parts) for _ in range(5)]
    opened = model.opened
    whole = list(study.parts(plan, material, shelf))
    assert whole[:5] == begun
    anew = small_study(plan)
    assert [part.figures for part in whole] == [
        part.figures for part in anew[0].parts(plan, anew[1])
    ]
    assert model.opened > opened
    before = model.opened
    assert list(study.parts(plan, material, shelf)) == whole
    assert model.opened == before


def test_a_stopped_study_reports_the_documents_that_it_has():
    plan = small_plan()
    study, material = small_study(plan)
    parts = tuple(study.parts(plan, material))
    report = ConsolidationReport(plan, parts[:4], len(parts))
    assert list(report.estimates["reading"]) == ["full context", "attention"]
    assert list(report.differences["reading"]) == [("attention", "full context")]


def test_the_document_holds_the_settings_and_no_text_of_others(found):
    document = consolidation_document(found, {"command": "c"})
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    again = [consolidation_document(small_report(rates=(), facts=0), {}) for _ in range(2)]
    assert again[0] == again[1]
    assert document["estimates"]["reading"]["attention"]["nll"][3] == 4
    assert document["settings"]["window"] == 16
    assert {
        row["verdicts"]["nll"] for row in document["differences"] if "nll" in row["verdicts"]
    } <= {
        "no effect",
        "higher",
        "lower",
    }


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [(-1, 1, "no effect"), (0, 1, "no effect"), (-1, 0, "no effect"), (0, 0, "no effect"),
     (0.1, 1, "higher"), (-1, -0.1, "lower")],
)  # fmt: skip
def test_an_interval_that_contains_0_is_no_effect(low, high, said):
    assert verdict(Estimate((low + high) / 2, low, high, 9)) == said


def test_recall_by_hand():
    scores = np.log(np.array([[0.2, 0.6, 0.2], [0.5, 0.25, 0.25], [0.4, 0.4, 0.2]]))
    found = recall_figures(scores - 3, np.array([1, 2, 1]))
    assert found["right"] == [1, 0, 0]
    assert found["share"] == pytest.approx([0.6, 0.25, 0.4])


def test_repetition_by_hand():
    assert repeated(np.array([[1, 2, 3, 4, 5, 6, 7], [1, 1, 1, 1, 1, 1, 1]])) == [0, 0.75]


def test_passages_are_cut_from_the_start_and_all_begin_alike():
    tokenizer = WordTokenizer()
    found = passages(["a b c d e f g h i j", "a b"], tokenizer, 4, pieces=2)
    assert [tokenizer.content(token) for token in found[1]] == [b"", b" d", b" e", b" f"]
    assert len(found) == 2
    assert beginning(tokenizer) == (0,)
    assert sorted(map(tuple, drawn(found, 2, 1).tolist())) == sorted(found)
    with pytest.raises(InvalidValueError, match="count is 1; it must be 2 or more"):
        drawn(found, 1, 1)
    with pytest.raises(InvalidValueError, match="count is 3 and the texts give 2 passages"):
        drawn(found, 3, 1)


def test_a_planted_fact_is_farther_from_its_question_than_a_window():
    tokenizer = WordTokenizer()
    found = planted_facts(tokenizer, 6, 60, 1)
    assert found.tokens.shape == (6, 60 + 80)
    for number, tokens in enumerate(found.tokens.tolist()):
        fact = FACTS[number % 2]
        answer = found.choices[number, found.answers[number]]
        assert tokenizer.content(answer).decode().strip() in fact.choices
        places = [place for place, token in enumerate(tokens) if token == answer]
        assert len(places) == 2
        assert len(tokens) - 1 - places[-1] > 60
        assert not set(tokens) & (set(found.choices[number].tolist()) - {answer})
        text = b"".join(map(tokenizer.content, tokens)).decode()
        assert text.endswith(fact.asked)
        assert tokens[0] == 0


def test_answers_that_begin_alike_are_refused():
    class Letters(WordTokenizer):
        def encode(self, text):
            return tuple(map(ord, text))

    with pytest.raises(InvalidValueError, match="cannot be told apart by their first token"):
        planted_facts(Letters(), 2, 30, 1)
    assert planted_facts(Letters(), 0, 30, 1).tokens.shape == (0, 110)


def test_variants_are_named_by_what_they_do():
    plan = ConsolidationPlan(
        rates=(Rate(0.01), Rate(1e-5, normalised=False)), matrices=((Matrix.KEY,),), top_k=(2, None)
    )
    assert [variant.name for variant in plan.variants] == [
        "full context", "attention", "recency", "random",
        "k 0.01", "k 0.01 shuffled", "k 0.01 random",
        "k 1e-05 raw", "k 1e-05 raw shuffled", "k 1e-05 raw random",
        "bank, top 2", "bank, all",
    ]  # fmt: skip


def test_updates_and_banks_are_held_against_their_own_window():
    plan = small_plan(eviction="recency")
    assert {one.name: one.eviction for one in plan.variants}["kv 0.5"] == ByRecency()
    assert {one.name: one.eviction for one in plan.variants}["bank, top 8"] == ByRecency()
    assert {one.name: one.eviction for one in plan.variants}["attention"] == ByAttention()
    held = {(one.one, one.other) for one in plan.comparisons}
    assert {
        ("recency", "full context"), ("attention", "recency"), ("kv 0.5", "recency"),
        ("kv 0.5", "kv 0.5 random"), ("bank, top 8", "recency"), ("bank, top 8", "full context"),
    } <= held  # fmt: skip
    assert not {one for one in held if one[1] == "attention"}


def test_a_prompt_may_be_protected_while_a_text_is_written():
    plan = small_plan(keep_prompt=True)
    assert plan.written(plan.variants[1]).protection == Protection(first=8, recent=4)
    assert small_plan().written(plan.variants[1]).protection == Protection(first=2, recent=4)
    assert plan.written(plan.variants[0]).window is None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"window": 9}, "window is 9; it must be at least 10: 2 first and 4 recent tokens"),
        (
            {"length": 17},
            "length is 17; it must be 18 or more, so that tokens leave a window of 16",
        ),
        ({"prompt": 40}, "prompt is 40; it must be less than the length, 40"),
        ({"prompt": 0}, "prompt is 0; it must be 1 or more"),
        ({"eviction": "x"}, "eviction is 'x'; choose one of attention, recency, random"),
        ({"steps": 3}, "steps is 3; it must be 4 or more"),
        ({"facts": -1}, "facts is -1; it must be 0 or more"),
        ({"rates": (Rate(1), Rate(1))}, "two variants are the same"),
        ({"keep_prompt": True, "prompt": 12}, "window is 16; it must be at least 17: 12 first"),
    ],
)
def test_a_plan_that_cannot_be_run_is_refused(given, said):
    with pytest.raises(InvalidValueError, match=said):
        small_plan(**given)


@pytest.mark.parametrize(
    ("given", "model", "said"),
    [
        ({"layers": (1, 2)}, EchoingModel(), "layer 2 does not exist; this model has the layers 0"),
        ({}, EchoingModel(99), "the longest text has 100 tokens and the model 99 positions"),
    ],
)
def test_what_the_model_does_not_have_is_refused_before_the_run(given, model, said):
    with pytest.raises(InvalidValueError, match=said):
        small_study(small_plan(**given), model=model)
    assert model.opened == 0


def test_figures_are_one_for_each_document():
    with pytest.raises(InvalidValueError, match="nll has 1 values; give 2"):
        Part("reading", "v", (0, 1), {"nll": (1.0,)})
