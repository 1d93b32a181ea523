"""Text output, whole, as literals; and the laws of bytes."""

import itertools
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.domain.text import bracketed_text, cut_at_stop, decoded, escaped, raw_text
from tempo.domain.tokens import CandidateState
from tests.strategies import candidate, contents, lattice_step, pieces, texts_in_brackets

KEPT, FINISHED, PRUNED = CandidateState.KEPT, CandidateState.FINISHED, CandidateState.PRUNED
END = (b"", FINISHED)


def steps_of(*steps):
    """Each step as its alternatives by rank: bytes, or (bytes, state)."""
    made = []
    for number, step in enumerate(steps):
        ranked = [
            candidate(rank, *(one if isinstance(one, tuple) else (one,)))
            for rank, one in enumerate(step)
        ]
        members = [one for one in ranked if one.state.is_member]
        others = [one for one in ranked if not one.state.is_member]
        rows = np.zeros((1, len(members)))
        made.append(lattice_step(number, members, rows, others=others))
    return made


CASES = {
    "single tokens run on": ([[b"Once"], [b" upon"], [b" a"]], "Once upon a"),
    "a shared space stands before the bracket": (
        [[b"the"], [b" park", b" garden"], [b"."]],
        "the [park/garden].",
    ),
    "a space that not all share stays inside": ([[b" a", b"b"]], "[ a/b]"),
    "only one space is shared": ([[b"  a", b" b"]], " [ a/b]"),
    "no space at all": ([[b"a", b"b"]], "[a/b]"),
    "the end does not count for the space": ([[b" a", END]], " [a/<end>]"),
    "an end alone shows nothing": ([[b"a"], [END]], "a"),
    "literal brackets are escaped": ([[b"[a]"], [b"[", b"]"]], r"\[a\][\[/\]]"),
    "literal slashes only between brackets": ([[b"a/b"], [b"/", b"c"]], r"a/b[\//c]"),
    "a backslash everywhere": ([[b"\\"], [b"\\", b"c"]], r"\\[\\/c]"),
    "a pruned alternative is marked": (
        [[b" a", (b" b", PRUNED)], [b"c", (b" d", PRUNED)]],
        " [a/~b][c/ ~d]",
    ),
    "what fell below the threshold is not shown": (
        [[b" a", (b" b", CandidateState.BELOW_THRESHOLD), (b" c", CandidateState.OVER_CAP)]],
        " a",
    ),
    "bytes that are no utf-8 alone": ([[b" \xe2\x82", b" \xff"]], r" [\xe2\x82/\xff]"),
    "bytes that join over single tokens": ([[b"\xe2"], [b"\x82\xac"], [b"!"]], "€!"),
    "bytes that a bracket divides": ([[b"\xe2"], [b"\x82", b"a"]], r"\xe2[\x82/a]"),
    "a line break stays outside brackets": ([[b"a\n"], [b"\tb"]], "a\n\tb"),
    "a line break between brackets is spelled": ([[b"\n", b"a\t", b"\\n"]], r"[\n/a\t/\\n]"),
}


@pytest.mark.parametrize(("steps", "text"), CASES.values(), ids=CASES.keys())
def test_bracketed(steps, text):
    assert bracketed_text(steps_of(*steps)) == text


def test_bracketed_survivors_leave_out_what_was_pruned():
    steps = steps_of([b"a"], [b" b", (b" c", PRUNED)], [b" d", b" e", (b"f", PRUNED)])
    assert bracketed_text(steps, pruned=False) == "a b [d/e]"
    assert bracketed_text(steps) == "a [b/~c][ d/ e/~f]"


def test_a_member_below_a_pruned_candidate_stands_in_the_order_of_ranks():
    steps = steps_of([(b" b", PRUNED), b" a"])
    assert bracketed_text(steps) == " [~b/a]"


def test_raw_joins_siblings_one_after_another():
    steps = steps_of([b"a"], [b" b", b" c", (b" d", PRUNED)], [b"\xe2\x82", b"\xac", END])
    assert raw_text(steps) == "a b c€"


def expanded(text):
    """Every text that a bracketed one stands for, read back by the rules of its writing."""
    pieces, place = [], 0
    for match in re.finditer(r"(?<!\\)\[((?:[^\\\]]|\\.)*)\]", text):
        pieces.append([text[place : match.start()]])
        pieces.append(re.split(r"(?<!\\)/", match[1]))
        place = match.end()
    pieces.append([text[place:]])
    return {re.sub(r"\\(.)", r"\1", "".join(way)) for way in itertools.product(*pieces)}


@given(texts_in_brackets(st.text(alphabet="ab []/", min_size=1, max_size=3).map(str.encode)))
def test_bracketed_text_can_be_read_back(steps):
    ways = itertools.product(
        *([member.content for member in step.token_set.members] for step in steps)
    )
    expected = {b"".join(way).decode() for way in ways}
    assert expanded(bracketed_text(steps)) == expected


@given(st.lists(contents, max_size=6))
def test_steps_of_one_token_read_as_their_bytes(tokens):
    text = b"".join(tokens)
    plain = bracketed_text(steps_of(*([token] for token in tokens)))
    assert plain == escaped(text, "[]")
    assert raw_text(steps_of(*([token] for token in tokens))) == decoded(text)


@given(st.text(), st.data())
def test_a_character_that_tokens_divide_is_whole_in_the_text(text, data):
    content = text.encode()
    cuts = data.draw(st.lists(st.integers(0, len(content)), max_size=5).map(sorted))
    edges = zip([0, *cuts], [*cuts, len(content)], strict=True)
    tokens = [[content[start:end]] for start, end in edges]
    assert raw_text(steps_of(*tokens)) == text


def unescaped(text):
    """The bytes that an escaped text was made of."""
    return re.sub(
        rb"\\x([0-9a-f]{2})|\\(.)",
        lambda found: bytes.fromhex(found[1].decode()) if found[1] else found[2],
        text.encode(),
        flags=re.DOTALL,
    )


@given(contents | st.binary() | st.text(alphabet="\\x[]/e2").map(str.encode))
def test_escaped_text_can_be_read_back_to_the_byte(content):
    assert unescaped(escaped(content, "[]/")) == content


@given(st.lists(pieces, max_size=4), st.lists(pieces, max_size=2))
def test_text_is_cut_before_the_first_stop_string(parts, stops):
    content = "".join(parts).encode()
    ends = tuple(stop.encode() for stop in stops)
    cut = cut_at_stop(content, ends)
    assert content.startswith(cut)
    assert not any(stop in cut for stop in ends)
    if cut != content:
        assert any(content[len(cut) :].startswith(stop) for stop in ends)
