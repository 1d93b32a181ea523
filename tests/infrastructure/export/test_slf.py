import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given

from tempo.domain.lattice import Lattice
from tempo.domain.tokens import CandidateState
from tempo.infrastructure.export.slf import slf, word
from tests.infrastructure.export.slf_reader import read, unquoted
from tests.oracles import complete_paths, passing_everything
from tests.strategies import candidate, contents, lattice_step, lattices, with_gaps

any_lattice = with_gaps(lattices(max_steps=3, content=contents, impossible=True))


def members(lattice, found):
    """The step's place and the member of each node that holds a token, by its time and code."""
    return {
        number: (lattice.index_of(int(node.time) - 1), node.code)
        for number, node in enumerate(found.nodes)
        if node.code is not None
    }


def ways(found):
    open_ways = [(found.first,)]
    while open_ways:
        way = open_ways.pop()
        if way[-1] == found.last:
            yield way
        open_ways += [(*way, link.end) for link in found.links if link.start == way[-1]]


@given(any_lattice)
def test_paths_keep_their_scores_and_their_shares(lattice):
    found = read(slf(lattice))
    named = members(lattice, found)
    links = {(link.start, link.end): link for link in found.links}
    expected = {path.members: path for path in complete_paths(lattice) if path.share > 0}
    seen = set()
    for way in ways(found):
        path = expected[tuple(named[node][1] for node in way[1:-1])]
        seen.add(path.members)
        along = [links[pair] for pair in pairwise(way)]
        assert sum(link.language for link in along) == pytest.approx(path.plain_score)
        assert sum(map(found.score, along)) == pytest.approx(math.log(path.share))
    assert seen == set(expected)


@given(any_lattice)
def test_another_tools_forward_backward_finds_the_posteriors(lattice):
    found = read(slf(lattice))
    posteriors = [link.posterior for link in found.links]
    assert posteriors == pytest.approx(found.link_posteriors(), abs=1e-9)
    for number, (step, member) in members(lattice, found).items():
        into = sum(link.posterior for link in found.links if link.end == number)
        assert into == pytest.approx(passing_everything(lattice, step)[member], abs=1e-9)


@given(any_lattice)
def test_time_counts_positions_and_ends_with_the_last(lattice):
    times = [node.time for node in read(slf(lattice)).nodes]
    assert (times[0], times[-1]) == (0, lattice.steps[-1].step + 1)
    assert times == sorted(times)


@given(any_lattice)
def test_words_are_the_tokens_bytes(lattice):
    found = read(slf(lattice))
    for number, (step, member) in members(lattice, found).items():
        one, node = lattice.steps[step].token_set.members[member], found.nodes[number]
        if one.content:
            assert node.word == one.content
            assert node.raw not in {"!NULL", "</s>"}
        else:
            assert node.raw == ("!NULL" if one.state is CandidateState.KEPT else "</s>")


@pytest.mark.parametrize(
    ("content", "spelled"),
    [
        (b"park", "park"),
        (b" park", r"\040park"),
        (b"a b\n", r"a\040b\012"),
        (b'it\'s "x"', r"it\047s\040\042x\042"),
        (b"\\n", r"\134n"),
        (b"[a/b]=<x>#", "[a/b]=<x>#"),
        ("é".encode(), r"\303\251"),
        (b"\xe2\x82", r"\342\202"),
        (b"!NULL", r"\041NULL"),
        (b"</s>", r"\074/s>"),
        (b"\x00", r"\000"),
    ],
)
def test_a_word_is_printable_ascii_without_white_space(content, spelled):
    assert word(candidate(1, content)) == spelled
    assert unquoted(spelled) == content


def test_a_file_by_hand():
    steps = (
        lattice_step(
            0,
            [
                candidate(7, b" park", rank=0),
                candidate(0, b"", CandidateState.FINISHED, rank=1),
            ],
            np.log([[0.375, 0.125]]),
            np.log([[0.5, 0.25]]),
        ),
        lattice_step(1, [candidate(9, b".")], np.zeros((1, 1))),
    )
    lines = slf(Lattice((1,), steps)).splitlines()
    assert lines[:9] == [
        "VERSION=1.0",
        "UTTERANCE=tempo",
        "base=2.718281828459045",
        "lmscale=1.0 wdpenalty=0.0",
        "N=5 L=5",
        "I=0 t=0 W=!NULL",
        r"I=1 t=1 W=\040park code=7",
        "I=2 t=1 W=</s> code=0",
        "I=3 t=2 W=. code=9",
    ]
    found = read("\n".join([*lines, ""]))
    assert [(link.start, link.end) for link in found.links] == [
        (0, 1),
        (0, 2),
        (1, 3),
        (2, 4),
        (3, 4),
    ]
    first = found.links[0]
    assert (math.exp(first.language), first.posterior) == pytest.approx((0.5, 0.75))
    assert math.exp(first.acoustic + first.language) == pytest.approx(0.75)


def test_a_lattice_without_steps_is_a_file_too():
    found = read(slf(Lattice((1,), ())))
    assert [node.raw for node in found.nodes] == ["!NULL", "!NULL"]
    assert [link.posterior for link in found.links] == [1.0]
