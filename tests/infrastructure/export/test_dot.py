import numpy as np
import pydot
import pytest
from hypothesis import given, settings

from tempo.domain.lattice import Lattice
from tempo.domain.spelling import unspelled
from tempo.domain.tokens import CandidateState
from tempo.infrastructure.export.dot import BEST, dot
from tests.infrastructure.export.readings import assert_same_paths, tokens_of
from tests.oracles import passing_shares
from tests.strategies import candidate, contents, lattice_step, lattices, with_gaps

# pydot calls pyparsing by names that it no longer likes.
pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated:DeprecationWarning:pydot")

NUMBERS = {
    **dict.fromkeys(("step", "member", "token_id"), int),
    **dict.fromkeys(("posterior", "share", "probability", "attention"), float),
    **dict.fromkeys(("log_probability", "plain_log_probability", "log_share"), float),
}


def plain(value):
    """A DOT value without its quotes: there, only the quote itself is escaped."""
    if value.startswith('"'):
        return value[1:-1].replace('\\"', '"')
    return value


def read(text):
    """The graph as pydot reads it, in networkx's hands."""
    import networkx as nx

    (parsed,) = pydot.graph_from_dot_data(text)
    graph = nx.DiGraph()
    for node in parsed.get_nodes():
        if node.get_name() not in {"node", "edge", "graph"}:
            graph.add_node(int(node.get_name()), **values(node))
    for edge in parsed.get_edges():
        graph.add_edge(int(edge.get_source()), int(edge.get_destination()), **values(edge))
    return graph


def values(element):
    return {
        name: NUMBERS.get(name, str)(plain(value))
        for name, value in element.get_attributes().items()
    }


@settings(max_examples=50)
@given(with_gaps(lattices(max_steps=3, content=contents, impossible=True)))
def test_paths_scores_and_posteriors_survive(lattice):
    graph = read(dot(lattice))
    assert_same_paths(lattice, graph, 0, max(graph.nodes))
    for _, data, one in tokens_of(lattice, graph):
        assert unspelled(data["text"]) == one.content
        assert (data["token_id"], data["state"]) == (one.token_id, one.state.value)
        assert data["attention"] == one.attention
        expected = passing_shares(lattice, lattice.index_of(data["step"]))[data["member"]]
        assert data["posterior"] == pytest.approx(expected, abs=1e-9)


def of(*members):
    shares = np.full((1, len(members)), -np.log(len(members)))
    return Lattice((1,), (lattice_step(0, members, shares),))


@pytest.mark.parametrize(
    ("content", "label"),
    [
        (b" park", r"␣park\n1.00"),
        (b"a\\b", r"a\\\\b\n1.00"),
        (b"a\nb", r"a\\nb\n1.00"),
        (b'say "x"', r"say␣\"x\"\n1.00"),
        (b"<b>", r"<b>\n1.00"),
        (b"&lt;", r"&amp;lt;\n1.00"),
        (b"\xe2", r"\\xe2\n1.00"),
        (b"", r"<7>\n1.00"),
    ],
)
def test_a_label_shows_the_token_as_it_is_spelled(content, label):
    assert f'label="{label}"' in dot(of(candidate(7, content, rank=0)))


def test_an_end_token_is_labelled_so():
    ended = candidate(0, b"", CandidateState.FINISHED)
    assert r'label="<end>\n1.00"' in dot(of(ended))


def test_text_that_looks_like_html_is_text():
    graph = read(dot(of(candidate(1, b"<b>"))))
    assert graph.nodes[1]["text"] == "<b>"
    assert 'text="<b>"' in dot(of(candidate(1, b"<b>")))


def test_the_best_path_is_drawn_in_its_colour():
    two = candidate(0), candidate(1)
    assert BEST not in dot(of(*two))
    graph = read(dot(of(*two), (1,)))
    assert [graph.nodes[number].get("color") for number in (1, 2)] == [None, BEST]


def test_a_member_that_no_later_token_sees_is_dashed():
    graph = read(dot(of(candidate(0, attention=0.0), candidate(1, attention=0.25), candidate(2))))
    styles = [graph.nodes[number].get("style") for number in (1, 2, 3)]
    assert styles == ["rounded,dashed", None, None]


def test_the_best_path_goes_on_after_a_step_that_was_removed():
    first, second = of(candidate(0), candidate(1)).steps[0], lattice_step
    steps = (first, second(2, [candidate(0), candidate(1)], np.log([[0.5, 0.5]] * 2)))
    graph = read(dot(Lattice((1,), steps), (1, 0)))
    coloured = [data for _, data in graph.nodes(data=True) if data.get("color") == BEST]
    assert [(data["step"], data["member"]) for data in coloured] == [(0, 1), (2, 0)]


def test_an_arc_shows_its_probability_where_there_is_a_choice():
    choice = read(dot(of(candidate(0), candidate(1))))
    assert choice.edges[0, 1]["label"] == "0.50"
    assert "label" not in choice.edges[1, 3]


def test_a_lattice_without_steps_is_drawn_too():
    assert list(read(dot(Lattice((1,), ()))).edges) == [(0, 1)]
