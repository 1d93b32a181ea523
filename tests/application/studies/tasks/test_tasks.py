"""Task sets: the same for a seed, readable as prompt files, and right by their own account."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.application.studies.prompt_lines import PromptLine, read_lines
from tempo.application.studies.tasks.catalogue import TASKS, Task, task_of
from tempo.application.studies.tasks.item import TaskItem
from tempo.application.studies.tasks.next_sentence import NEEDS
from tempo.domain.errors import InvalidValueError
from tests.strategies import seeds

names = st.sampled_from(sorted(TASKS))


@given(names, seeds, st.integers(1, 8), st.integers(1, 8))
def test_a_smaller_count_of_the_same_seed_gives_the_first_items(name, seed, one, other):
    few, many = sorted((one, other))
    assert TASKS[name].items(many, seed)[:few] == TASKS[name].items(few, seed)


@given(names, seeds)
def test_no_prompt_comes_twice(name, seed):
    items = TASKS[name].items(60, seed)
    assert len({item.prompt for item in items}) == 60


@given(names, seeds)
def test_an_item_as_json_is_a_line_of_a_prompt_file(name, seed):
    for item in TASKS[name].items(3, seed):
        (line,) = read_lines(json.dumps(item.document()).encode(), json_lines=True)
        assert line == PromptLine(item.prompt, item.references)


@pytest.mark.parametrize("name", TASKS)
def test_another_seed_gives_other_items(name):
    assert TASKS[name].items(5, 1) != TASKS[name].items(5, 2)


@given(seeds)
def test_sums_are_right(seed):
    for item in TASKS["arithmetic"].items(3, seed):
        solved = (item.prompt + item.references[0]).splitlines()
        assert len(solved) == 4
        for line in solved:
            one, sign, other, result = re.fullmatch(r"(\d+) ([+-]) (\d+) = (\d+)", line).groups()
            assert int(result) == int(one) + int(f"{sign}{other}")


@given(seeds)
def test_copies_are_copies(seed):
    for item in TASKS["copying"].items(3, seed):
        for block in (item.prompt + item.references[0]).split("\n\n"):
            listed, copied = block.splitlines()
            assert listed.removeprefix("List: ") == copied.removeprefix("Copy: ")
            words = copied.removeprefix("Copy: ").split(", ")
            assert 3 <= len(set(words)) == len(words) <= 6


@given(seeds)
def test_a_cloze_word_was_said_before(seed):
    for item in TASKS["cloze"].items(5, seed):
        assert item.references[0] in item.prompt


SWAPPED = re.compile(r"(\w+) had a (\w+) and (\w+) had a (\w+)\. .* Now \3 had the", flags=re.ASCII)


def test_who_was_given_a_thing_has_it():
    found = [
        (match[2], item.references)
        for item in TASKS["cloze"].items(60, 5)
        if (match := SWAPPED.fullmatch(item.prompt))
    ]
    assert len(found) > 5
    assert all(references == (f" {thing}",) for thing, references in found)


@given(seeds)
def test_only_one_of_the_next_sentences_meets_the_need(seed):
    for item in TASKS["next-sentence"].items(5, seed):
        choices, answer = item.facts["choices"], item.facts["answer"]
        assert (choices[answer],) == item.references
        assert len(set(choices)) == 4
        (need,) = [one for one in NEEDS if f" {one.need}. " in item.prompt]
        done = need.ending.split("{thing}")[0]
        assert [done in choice for choice in choices].count(True) == 1
        assert done in choices[answer]


@given(seeds)
def test_two_ways_differ_at_every_word_and_start_with_the_answers(seed):
    for item in TASKS["ambiguity"].items(5, seed):
        one, other = (text.split() for text in item.facts["continuations"])
        assert all(a != b for a, b in zip(one, other, strict=False))
        assert item.references == (f" {one[0]}", f" {other[0]}")
        assert sum(item.facts["weights"]) == pytest.approx(1)
        shared = item.facts["shared"]
        assert shared.startswith(".")
        assert not shared[-1].isspace()
        assert "{" not in item.prompt + shared


def test_a_task_says_where_its_prompts_end():
    narrow = Task("narrow", "", lambda draw: TaskItem(draw.one("ab"), (" x",)))
    assert len(narrow.items(2, 0)) == 2
    with pytest.raises(InvalidValueError, match=r"count is 3; the task narrow has no more than"):
        narrow.items(3, 0)


def test_a_count_under_one_is_refused():
    with pytest.raises(InvalidValueError, match="count is 0; it must be 1 or more"):
        TASKS["cloze"].items(0, 0)


def test_an_unknown_task_is_refused_with_those_there_are():
    with pytest.raises(InvalidValueError, match=r"no task 'x'; choose one of cloze, ambiguity"):
        task_of("x")


@pytest.mark.parametrize(
    ("prompt", "references"),
    [("", (" a",)), ("P ", (" a",)), ("P", ()), ("P", ("a",)), ("P", (" ",)), ("P", (" a", ""))],
)
def test_an_item_that_does_not_join_its_answer_cannot_be(prompt, references):
    with pytest.raises(InvalidValueError):
        TaskItem(prompt, references)
