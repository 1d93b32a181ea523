"""The lines of a prompt file: what each holds, or why it holds nothing."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.application.studies.prompt_lines import BrokenLine, PromptLine, read_lines

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip)


def held(content, *, json_lines=True):
    return list(read_lines(content, json_lines=json_lines))


@given(st.lists(st.tuples(texts, st.lists(texts))), st.booleans())
def test_what_was_written_as_json_lines_is_read_back(prompts, plain):
    """U+2028 and its like stand in JSON strings as they are, and end no line."""
    lines = [
        json.dumps({"prompt": prompt, "references": references, "n": 1}, ensure_ascii=plain)
        for prompt, references in prompts
    ]
    assert held("\n".join(lines).encode()) == [
        PromptLine(prompt, tuple(references)) for prompt, references in prompts
    ]


@given(st.binary())
def test_any_bytes_are_prompts_or_reasons(content):
    for json_lines in (True, False):
        for line in held(content, json_lines=json_lines):
            assert line.text.strip() if isinstance(line, PromptLine) else line.reason


@given(st.lists(st.just(b'"P"') | st.just(b"{}") | st.just(b"  ")))
def test_broken_lines_carry_their_number_in_the_file(lines):
    broken = [line.number for line in held(b"\n".join(lines)) if isinstance(line, BrokenLine)]
    assert broken == [number for number, line in enumerate(lines, start=1) if line == b"{}"]


def test_a_plain_line_is_the_prompt_with_its_blanks():
    assert held(b" one \r\n\n\xe3\x80\x80\ntwo\rthree", json_lines=False) == [
        PromptLine(" one "),
        PromptLine("two"),
        PromptLine("three"),
    ]


def test_a_mark_at_the_files_beginning_is_no_text():
    assert held(b'\xef\xbb\xbf"P"') == [PromptLine("P")]


def test_one_reference_needs_no_list():
    assert held(b'{"text": "P", "references": "a"}') == [PromptLine("P", ("a",))]
    assert held(b'{"prompt": "P", "references": null}') == [PromptLine("P")]


FORM = "it must be a JSON string, or an object with 'prompt' or 'text'"
BROKEN = {
    b"P": f"it is no JSON (Expecting value: line 1 column 1 (char 0)); {FORM}",
    b"[" * 100_000: "it is nested too deeply",
    b"3": f"it holds a number; {FORM}",
    b"null": f"it holds null; {FORM}",
    b"true": f"it holds true or false; {FORM}",
    b'["P"]': f"it holds a list; {FORM}",
    b'{"question": "P"}': f"its object has neither 'prompt' nor 'text'; {FORM}",
    b'{"prompt": ["P"]}': "its 'prompt' is a list; it must be a string",
    b'{"prompt": " "}': "its prompt is blank",
    b'"\\ud800"': "it holds half of a surrogate pair, which is no character",
    b'{"prompt": "P", "references": "\\ud800"}': (
        "it holds half of a surrogate pair, which is no character"
    ),
    b'{"prompt": "P", "references": 3}': (
        "its 'references' is a number; it must be a string or a list of strings"
    ),
    b'{"prompt": "P", "references": ["a", {}]}': (
        "its 'references' holds an object; it must hold strings alone"
    ),
    b'"P\xff"': "it is not UTF-8 text: invalid start byte at byte 2 of the line",
}


@pytest.mark.parametrize(("line", "reason"), BROKEN.items(), ids=range(len(BROKEN)))
def test_a_broken_line_says_why(line, reason):
    assert held(line) == [BrokenLine(1, reason)]
