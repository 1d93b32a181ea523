"""A lattice as a graph of networkx, and as GraphML, which that library writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tempo.domain.graph import BEGINNING, lattice_graph
from tempo.domain.spelling import spelled

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import networkx as nx

    from tempo.domain.graph import GraphNode
    from tempo.domain.lattice import Lattice
    from tempo.domain.tokens import LogicalStep

    Address = tuple[LogicalStep, int]


def digraph(lattice: Lattice, best: Sequence[int] = ()) -> nx.DiGraph[int]:
    """Return a graph with a node for each member, between node 0 and node `graph["end"]`.

    Nodes carry `kind` (beginning, token or end) and, for a token, what `token_attributes` says;
    arcs carry the four figures of `tempo.domain.graph.Arc`.
    """
    import networkx as nx  # noqa: PLC0415 - takes half a second, which only exports need

    graph, shown = lattice_graph(lattice.steps), shown_members(lattice, best)
    found: nx.DiGraph[int] = nx.DiGraph(beginning=BEGINNING, end=graph.end)
    found.add_node(BEGINNING, kind="beginning")
    for node in graph.nodes:
        found.add_node(node.number, kind="token", **token_attributes(node, shown))
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


def shown_members(lattice: Lattice, best: Sequence[int]) -> Collection[Address]:
    """Return the members on a path of one member index a step; steps may be missing before one."""
    return {(step.step, member) for step, member in zip(lattice.steps, best, strict=False)}


def token_attributes(node: GraphNode, shown: Collection[Address]) -> dict[str, Any]:
    """Return what is known of a member in plain types; `best` only where a best path is shown.

    `text` is spelled on one line, see `tempo.domain.spelling`; `attention` is how much of the
    member's weight later tokens see, 0 where they see none of it.
    """
    attributes: dict[str, Any] = {
        "step": int(node.step),
        "member": node.member,
        "token_id": int(node.candidate.token_id),
        "text": spelled(node.candidate.content),
        "state": node.candidate.state.value,
        "probability": node.candidate.probability,
        "attention": node.candidate.attention,
        "posterior": node.posterior,
        "share": node.share,
    }
    if shown:
        attributes["best"] = (node.step, node.member) in shown
    return attributes


def graphml(lattice: Lattice, best: Sequence[int] = ()) -> str:
    """Return the same graph as a GraphML document."""
    import networkx as nx  # noqa: PLC0415 - as above

    lines = nx.generate_graphml(digraph(lattice, best))
    return "\n".join(['<?xml version="1.0" encoding="utf-8"?>', *lines, ""])
