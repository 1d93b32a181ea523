"""The lines of a batch's file: prompts with names and settings, or the reason why they are none."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.application.batches.items import BatchItem, read_items
from tempo.application.studies.prompt_lines import BrokenLine, PromptLine

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip)
NAMES = st.none() | st.integers() | TEXTS
SETTINGS = st.dictionaries(TEXTS, st.integers() | TEXTS, max_size=2)


@given(st.lists(st.tuples(TEXTS, NAMES, SETTINGS, st.lists(TEXTS, max_size=2)), max_size=4))
def test_what_is_written_is_read_with_the_number_of_its_line(written):
    lines = [
        json.dumps({"prompt": text, "id": name, "settings": settings, "references": references})
        for text, name, settings, references in written
    ]
    assert read_items("\n\n".join(lines).encode()) == tuple(
        BatchItem(PromptLine(text, tuple(references)), name, settings, 2 * place + 1)
        for place, (text, name, settings, references) in enumerate(written)
    )


def test_a_string_alone_is_a_prompt_and_other_keys_are_left_alone():
    assert read_items(b'"one"\n{"text": "two", "more": [1]}\n') == (
        BatchItem(PromptLine("one"), None, {}, 1),
        BatchItem(PromptLine("two"), None, {}, 2),
    )


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"prompt": "a", "id": true}', "its 'id' is true or false; it must be a string or a"),
        ('{"prompt": "a", "id": 1.5}', "its 'id' is a number; it must be a string or a whole"),
        ('{"prompt": "a", "settings": "b"}', "its 'settings' is a string; it must be an object"),
        ('{"prompt": "a", "settings": []}', "its 'settings' is a list; it must be an object"),
        ('{"prompt": " "}', "its prompt is blank"),
        ('{"id": 3}', "its object has neither 'prompt' nor 'text'"),
        ("{", "it is no JSON ("),
    ],
)
def test_a_broken_line_says_why_and_the_rest_is_read(line, reason):
    before, broken, after = read_items(f'"one"\n{line}\n"two"'.encode())
    assert isinstance(broken, BrokenLine)
    assert broken.number == 2
    assert broken.reason.startswith(reason)
    assert (before.prompt.text, after.prompt.text, after.line) == ("one", "two", 3)
