import math

import numpy as np
import pytest
from hypothesis import given

from tempo.domain.graph import BEGINNING, lattice_graph
from tempo.domain.lattice import Lattice
from tests.oracles import complete_paths, passing_everything, passing_shares
from tests.strategies import candidate, lattice_step, lattices


def ways(graph):
    """Each way from the beginning to the end as the arcs that it takes."""
    found, open_ways = [], [()]
    while open_ways:
        way = open_ways.pop()
        at = way[-1].target if way else BEGINNING
        if at == graph.end:
            found.append(way)
        else:
            open_ways += [(*way, arc) for arc in graph.arcs if arc.source == at]
    return found


def members(graph, way):
    named = {node.number: node for node in graph.nodes}
    return tuple(named[arc.target].member for arc in way[:-1])


@given(lattices(max_steps=3, impossible=True))
def test_the_ways_through_the_graph_are_the_paths_of_the_lattice_with_their_scores(lattice):
    graph = lattice_graph(lattice.steps)
    found = {members(graph, way): way for way in ways(graph)}
    expected = {path.members: path for path in complete_paths(lattice) if path.share > 0}
    assert set(found) == set(expected)
    for name, path in expected.items():
        way = found[name]
        log_probability = sum(arc.log_probability for arc in way)
        assert log_probability == pytest.approx(math.log(path.probability))
        assert sum(arc.plain_log_probability for arc in way) == pytest.approx(path.plain_score)
        assert sum(arc.log_share for arc in way) == pytest.approx(math.log(path.share))


@given(lattices(impossible=True))
def test_nodes_know_their_shares_and_what_flows_in_flows_out(lattice):
    graph = lattice_graph(lattice.steps)
    for node in graph.nodes:
        everything = passing_everything(lattice, node.step)[node.member]
        assert node.share == pytest.approx(everything, abs=1e-9)
        assert node.posterior == pytest.approx(
            passing_shares(lattice, node.step)[node.member], abs=1e-9
        )
        for flow in (
            [arc.share for arc in graph.arcs if arc.target == node.number],
            [arc.share for arc in graph.arcs if arc.source == node.number],
        ):
            assert sum(flow) == pytest.approx(node.share, abs=1e-9)


@given(lattices(impossible=True))
def test_every_node_lies_on_a_way_and_arcs_lead_to_larger_numbers(lattice):
    graph = lattice_graph(lattice.steps)
    sources = {arc.source for arc in graph.arcs}
    targets = {arc.target for arc in graph.arcs}
    numbers = {node.number for node in graph.nodes}
    assert numbers == sources - {BEGINNING} == targets - {graph.end}
    assert sorted(numbers) == list(range(1, graph.end))
    assert all(arc.source < arc.target for arc in graph.arcs)


def test_what_no_way_leads_through_is_left_out():
    """Member 1 of step 0 has nowhere to go, member 1 of step 1 no way to be reached."""
    two = [candidate(0), candidate(1)]
    with np.errstate(divide="ignore"):
        steps = (
            lattice_step(0, two, np.log([[0.5, 0.5]])),
            lattice_step(1, two, np.log([[0.5, 0.0], [0.0, 0.0]])),
        )
    graph = lattice_graph(steps)
    assert [(node.step, node.member) for node in graph.nodes] == [(0, 0), (1, 0)]
    assert [(arc.source, arc.target) for arc in graph.arcs] == [(0, 1), (1, 2), (2, 3)]


def test_a_lattice_without_steps_leads_straight_to_the_end():
    graph = lattice_graph(Lattice((1,), ()).steps)
    assert (graph.nodes, graph.end) == ((), 1)
    assert [(arc.source, arc.target, arc.share) for arc in graph.arcs] == [(0, 1, 1.0)]
