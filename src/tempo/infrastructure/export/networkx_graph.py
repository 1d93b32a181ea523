"""A lattice as a graph of networkx, and as GraphML, which that library writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tempo.domain.graph import BEGINNING, lattice_graph
from tempo.domain.spelling import spelled

if TYPE_CHECKING:
    from collections.abc import Sequence

    import networkx as nx

    from tempo.domain.graph import GraphNode
    from tempo.domain.lattice import Lattice


def digraph(lattice: Lattice, best: Sequence[int] = ()) -> nx.DiGraph[int]:
    """Return a graph with a node for each member, between node 0 and node `graph["end"]`.

    Nodes carry `kind` (beginning, token or end) and, for a token, what `token_attributes` says;
    arcs carry the four figures of `tempo.domain.graph.Arc`.
    """
    import networkx as nx  # noqa: PLC0415 - takes half a second, which only exports need

    graph = lattice_graph(lattice.steps)
    found: nx.DiGraph[int] = nx.DiGraph(beginning=BEGINNING, end=graph.end)
    found.add_node(BEGINNING, kind="beginning")
    for node in graph.nodes:
        found.add_node(node.number, kind="token", **token_attributes(node, best))
    found.add_node(graph.end, kind="end")
    for arc in graph.arcs:
        found.add_edge(
            arc.source,
            arc.target,
            log_probability=arc.log_probability,
            plain_log_probability=arc.plain_log_probability,
            log_share=arc.log_share,
            share=arc.share,
        )
    return found


def token_attributes(node: GraphNode, best: Sequence[int]) -> dict[str, Any]:
    """Return what is known of a member in plain types; `best` only where the best path is.

    `text` is spelled on one line, see `tempo.domain.spelling`.
    """
    attributes: dict[str, Any] = {
        "step": int(node.step),
        "member": node.member,
        "token_id": int(node.candidate.token_id),
        "text": spelled(node.candidate.content),
        "state": node.candidate.state.value,
        "probability": node.candidate.probability,
        "posterior": node.posterior,
        "share": node.share,
    }
    if best:
        attributes["best"] = node.step < len(best) and best[node.step] == node.member
    return attributes


def graphml(lattice: Lattice, best: Sequence[int] = ()) -> str:
    """Return the same graph as a GraphML document."""
    import networkx as nx  # noqa: PLC0415 - as above

    lines = nx.generate_graphml(digraph(lattice, best))
    return "\n".join(['<?xml version="1.0" encoding="utf-8"?>', *lines, ""])
