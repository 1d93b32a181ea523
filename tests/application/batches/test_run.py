"""A batch: each line is that of its prompt alone, and nothing is decoded twice or lost."""

from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.application.batches.items import BatchItem
from tempo.application.batches.plan import BatchPlan, Chat
from tempo.application.n_best import Ranking
from tempo.application.studies.keeping import InMemory
from tempo.application.studies.prompt_lines import BrokenLine, PromptLine
from tempo.infrastructure.scripted.backend import ScriptedBackend
from tests.fakes.backends import BreaksDown, CountingBackend
from tests.interfaces.scripted_engine import FOREVER, STORY, scripted_engine

LETTERS = FOREVER.vocabulary[1:]


def items(*prompts, **fields):
    return tuple(
        BatchItem(PromptLine(prompt), line=line, **fields) for line, prompt in enumerate(prompts, 1)
    )


def lines_of(engine, plan, asked, kept=None, shelf=None):
    kept = InMemory() if kept is None else kept
    run = engine.container.batch_run()
    return [line for batch in run.run(plan, plan.jobs(asked), kept, shelf) for line in batch]


def test_a_line_holds_all_of_a_result():
    plan = BatchPlan(thresholds=(0.1, 0.5), samples=2)
    asked = (BatchItem(PromptLine("Once", ("x",)), "n", {"seed": 3}, 1),)
    narrow = {"index": 0, "line": 1, "id": "n", "prompt": "Once", "references": ["x"]}
    wide, alone = lines_of(scripted_engine(), plan, asked)
    assert {name: wide[name] for name in narrow} == narrow
    assert (wide["threshold"], alone["threshold"]) == (0.1, 0.5)
    assert (wide["text"], wide["bracketed"]) == (" upon a park.", " upon a [park/garden].")
    assert (wide["finished"], wide["finish_reason"]) == (True, "end_of_text")
    assert wide["log_probability"] == pytest.approx(-0.5108, abs=1e-4)
    assert (wide["steps"], wide["mean_width"], alone["mean_width"]) == (5, 1.2, 1.0)
    assert [one["text"] for one in wide["n_best"]] == [" upon a park.", " upon a garden."]
    assert [one["text"] for one in alone["n_best"]] == [" upon a park."]
    assert len(wide["samples"]) == 2
    assert set(wide["samples"]) <= {" upon a park.", " upon a garden."}
    assert wide["cost"].keys() == alone["cost"].keys()
    assert wide["cost"]["peak_cache_rows"] > alone["cost"]["peak_cache_rows"]
    assert "milliseconds" not in wide["cost"]


@given(st.lists(st.sampled_from(LETTERS), min_size=1, max_size=6), st.integers(1, 4))
def test_each_line_is_what_the_prompt_gives_alone(prompts, together):
    engine = scripted_engine(FOREVER)
    plan = BatchPlan({"max_steps": 4}, texts=2, together=together)
    for prompt, line in zip(prompts, lines_of(engine, plan, items(*prompts)), strict=True):
        alone = engine.generate(prompt, max_steps=4)
        assert (line["text"], line["bracketed"]) == (alone.text, alone.bracketed)
        assert [one["text"] for one in line["n_best"]] == [one.text for one in alone.n_best(2)]
        assert line["cost"]["token_rows"] == alone.cost.token_rows


@given(st.integers(1, 7), st.integers(1, 4), st.lists(st.integers(0, 4), max_size=3))
def test_a_batch_broken_off_decodes_each_prompt_once_and_ends_as_an_unbroken_one(
    count, together, stops
):
    backend = CountingBackend(ScriptedBackend(STORY))
    engine, plan = scripted_engine(backend=backend), BatchPlan(texts=1, together=together)
    jobs, kept = plan.jobs(items(*["Once"] * count)), InMemory()
    for stop in stops:
        list(islice(engine.container.batch_run().run(plan, jobs, kept), stop))
    assert len(kept.held) == min(count, together * max(stops, default=0))
    broken = lines_of(engine, plan, items(*["Once"] * count), kept)
    taken = backend.opened
    backend.opened = 0
    assert broken == lines_of(engine, plan, items(*["Once"] * count))
    assert taken == backend.opened


def test_a_batch_of_which_a_part_was_kept_goes_through_the_model_in_the_same_company():
    opened = []
    for held in ({}, {0: {"text": "kept"}}):
        backend = CountingBackend(ScriptedBackend(STORY))
        kept = InMemory()
        kept.held |= held
        plan = BatchPlan(texts=1, together=2)
        lines = lines_of(scripted_engine(backend=backend), plan, items("Once", "Once"), kept)
        opened.append(backend.opened)
    assert lines[0] == {"text": "kept"}
    assert lines[1]["text"] == " upon a park."
    assert opened[0] == opened[1]


def test_what_fails_has_its_reason_in_its_place_and_the_rest_is_decoded():
    asked = (
        *items("Once"),
        BrokenLine(2, "it is no JSON"),
        *items("Once", settings={"max_steps": 0}),
        *items("Once upon a park. upon a park."),
        *items("Once"),
    )
    lines = lines_of(scripted_engine(context=8), BatchPlan(together=2), asked)
    assert [line.get("text") for line in lines] == [
        " upon a park.", None, None, None, " upon a park."
    ]  # fmt: skip
    assert [line["error"] for line in lines[1:4]] == [
        "it is no JSON",
        "max_steps is 0; it must be 1 or more",
        lines[3]["error"],
    ]
    assert "context" in lines[3]["error"]
    assert lines[1] == {"index": 1, "line": 2, "error": "it is no JSON"}


def test_logits_that_are_not_finite_are_the_reason_of_their_prompt():
    backend = BreaksDown(ScriptedBackend(STORY), healthy=2)
    (line,) = lines_of(scripted_engine(backend=backend), BatchPlan(), items("Once"))
    assert "not finite" in line["error"]


def test_a_prompt_that_cannot_be_a_chat_says_so():
    (line,) = lines_of(scripted_engine(), BatchPlan(chat=Chat(chat=True)), items("Once"))
    assert "chat template" in line["error"]


def test_a_search_gives_the_texts_that_it_tried_and_refuses_another_ranking():
    plan = BatchPlan({"use_mcts": True, "max_steps": 5}, texts=1)
    (line,) = lines_of(scripted_engine(), plan, items("Once"))
    assert line["n_best"][0]["value"] is not None
    ranked = BatchPlan({"use_mcts": True}, ranking=Ranking(1.0))
    (line,) = lines_of(scripted_engine(), ranked, items("Once"))
    assert "a search ranks texts by value" in line["error"]


class Shelf:
    def __init__(self):
        self.put_there = []

    def put(self, asked, outcome):
        self.put_there.append((asked.job.index, outcome.text, asked.settings.max_steps))
        return asked.job.file_name


def test_lattices_of_what_went_well_are_put_on_the_shelf_and_named():
    shelf = Shelf()
    asked = (*items("Once"), BrokenLine(2, "why"))
    lines = lines_of(scripted_engine(), BatchPlan({"max_steps": 7}), asked, shelf=shelf)
    assert shelf.put_there == [(0, " upon a park.", 7)]
    assert [line.get("lattice") for line in lines] == ["000000.json", None]
