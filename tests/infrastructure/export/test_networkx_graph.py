import io
import re

import networkx as nx
import numpy as np
import pytest
from hypothesis import given

from tempo.domain.lattice import Lattice
from tempo.domain.spelling import unspelled
from tempo.infrastructure.export.networkx_graph import digraph, graphml
from tests.infrastructure.export.readings import assert_same_paths, tokens_of
from tests.oracles import passing_everything, passing_shares
from tests.strategies import candidate, contents, lattice_step, lattices, with_gaps

any_lattice = with_gaps(lattices(max_steps=3, content=contents, impossible=True))


def reread(lattice, best=()):
    return nx.read_graphml(io.BytesIO(graphml(lattice, best).encode()), node_type=int)


@pytest.mark.parametrize("written", [digraph, reread])
@given(lattice=any_lattice)
def test_paths_scores_and_posteriors_survive(written, lattice):
    graph = written(lattice)
    assert nx.is_directed_acyclic_graph(graph)
    assert_same_paths(lattice, graph, graph.graph.get("beginning", 0), max(graph.nodes))
    for node, data, one in tokens_of(lattice, graph):
        step, member = lattice.index_of(data["step"]), data["member"]
        assert data["token_id"] == one.token_id
        assert data["attention"] == one.attention
        assert unspelled(data["text"]) == one.content
        assert (data["state"], data["probability"]) == (one.state.value, one.probability)
        assert data["posterior"] == pytest.approx(passing_shares(lattice, step)[member], abs=1e-9)
        share = passing_everything(lattice, step)[member]
        assert data["share"] == pytest.approx(share, abs=1e-9)
        into = sum(data["share"] for *_, data in graph.in_edges(node, data=True))
        assert into == pytest.approx(share, abs=1e-9)


@given(any_lattice)
def test_a_graphml_document_says_exactly_what_the_graph_says(lattice):
    graph, again = digraph(lattice, (0,)), reread(lattice, (0,))
    assert dict(again.nodes(data=True)) == dict(graph.nodes(data=True))
    assert {(one, other): data for one, other, data in again.edges(data=True)} == {
        (one, other): data for one, other, data in graph.edges(data=True)
    }


@given(lattices())
def test_the_cheapest_way_is_the_best_path(lattice):
    graph = digraph(lattice)
    way = nx.dijkstra_path(
        graph, 0, graph.graph["end"], weight=lambda _a, _b, arc: -arc["plain_log_probability"]
    )
    (best,) = lattice.k_best(1)
    assert tuple(graph.nodes[node]["member"] for node in way[1:-1]) == best.members


@given(any_lattice)
def test_the_best_path_is_marked_where_it_is_known(lattice):
    assert not any("best" in data for _, data in digraph(lattice).nodes(data=True))
    best = lattice.k_best(1)[0].members
    graph = digraph(lattice, best)
    marked = [
        (data["step"], data["member"]) for _, data in graph.nodes(data=True) if data.get("best")
    ]
    shown = {(step.step, one) for step, one in zip(lattice.steps, best, strict=False)}
    there = {(data["step"], data["member"]) for _, data, _ in tokens_of(lattice, graph)}
    assert set(marked) == shown & there
    assert all("best" in data for _, data, _ in tokens_of(lattice, graph))


def test_the_keys_of_a_document_are_unique():
    step = lattice_step(0, [candidate(0)], np.zeros((1, 1)))
    names = re.findall('<key id="(.*?)"', graphml(Lattice((1,), (step,)), (0,)))
    assert len(names) == len(set(names)) == 2 + 1 + 10 + 4  # of the graph, nodes, arcs


def test_a_lattice_without_steps_is_one_arc():
    assert list(digraph(Lattice((1,), ())).edges) == list(reread(Lattice((1,), ())).edges)
