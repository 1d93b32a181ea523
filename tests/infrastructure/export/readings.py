"""What a lattice must still say after another tool has read it."""

import math
from itertools import pairwise

import pytest

from tests.oracles import complete_paths


def assert_same_paths(lattice, graph, beginning, end):
    """A networkx graph's ways are the lattice's paths, with tokens, scores and shares."""
    import networkx as nx

    found = {}
    for way in nx.all_simple_paths(graph, beginning, end):
        arcs = [graph.edges[pair] for pair in pairwise(way)]
        tokens = tuple(
            (graph.nodes[node]["step"], graph.nodes[node]["member"]) for node in way[1:-1]
        )
        found[tuple(member for _, member in tokens)] = arcs
        assert [step for step, _ in tokens] == [step.step for step in lattice.steps[: len(tokens)]]
    expected = {path.members: path for path in complete_paths(lattice) if path.share > 0}
    assert set(found) == set(expected)
    for name, path in expected.items():
        totals = {
            figure: sum(arc[figure] for arc in found[name])
            for figure in ("log_probability", "plain_log_probability", "log_share")
        }
        assert totals == pytest.approx(
            {
                "log_probability": math.log(path.probability),
                "plain_log_probability": path.plain_score,
                "log_share": math.log(path.share),
            }
        )


def tokens_of(lattice, graph):
    """The nodes of a graph that hold tokens, each with the candidate that it must show."""
    for node, data in graph.nodes(data=True):
        if data["kind"] == "token":
            step, member = int(data["step"]), int(data["member"])
            yield node, data, lattice.step(step).token_set.members[member]
