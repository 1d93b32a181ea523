"""A lattice in DOT, the language of GraphViz."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import graphviz

from tempo.domain.graph import BEGINNING, lattice_graph
from tempo.domain.spelling import spelled
from tempo.domain.text import END_MARK, is_unattended
from tempo.domain.tokens import CandidateState
from tempo.infrastructure.export.networkx_graph import shown_members, token_attributes

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from tempo.domain.graph import Arc, GraphNode
    from tempo.domain.lattice import Lattice
    from tempo.domain.tokens import Candidate
    from tempo.infrastructure.export.networkx_graph import Address

BEST = "#0072b2"
"""As in the project's other pictures: colour-blind safe (Okabe and Ito)."""

CERTAIN = 0.995
"""An arc at least this probable shows no figure."""


def dot(lattice: Lattice, best: Sequence[int] = ()) -> str:
    """Return a drawing from left to right; `best` is the path to emphasise.

    Beside what is drawn, nodes and arcs carry the attributes of the networkx graph by the same
    names, in full precision. A dashed member is one that no later token sees.
    """
    graph, shown = lattice_graph(lattice.steps), shown_members(lattice, best)
    drawing = graphviz.Digraph(
        "lattice",
        graph_attr={"rankdir": "LR"},
        node_attr={"shape": "box", "style": "rounded", "fontname": "sans-serif"},
        edge_attr={"fontname": "sans-serif", "fontsize": "9", "color": "#666666"},
    )
    drawing.node(str(BEGINNING), shape="point", kind="beginning")
    for node in graph.nodes:
        _draw_node(drawing, node, shown)
    drawing.node(str(graph.end), shape="doublecircle", label="", width="0.15", kind="end")
    for arc in graph.arcs:
        _draw_arc(drawing, arc)
    source: str = drawing.source
    return source


def _draw_node(drawing: graphviz.Digraph, node: GraphNode, shown: Collection[Address]) -> None:
    attributes = token_attributes(node, shown)
    emphasis = {"color": BEST, "penwidth": "2"} if attributes.get("best") else {}
    if is_unattended(node.candidate):
        emphasis["style"] = "rounded,dashed"
    drawing.node(
        str(node.number),
        label=graphviz.nohtml(f"{_label(node.candidate)}\\n{node.posterior:.2f}"),
        kind="token",
        **emphasis,
        **{name: graphviz.nohtml(str(value)) for name, value in attributes.items()},
    )


def _label(candidate: Candidate) -> str:
    """Return a token as a label shows it: GraphViz reads entities and backslashes there."""
    if not candidate.content:
        finished = candidate.state is CandidateState.FINISHED
        return END_MARK if finished else f"<{candidate.token_id}>"
    visible = spelled(candidate.content).replace(" ", "\u2423")
    return visible.replace("&", "&amp;").replace("\\", "\\\\")


def _draw_arc(drawing: graphviz.Digraph, arc: Arc) -> None:
    probability = math.exp(arc.log_probability)
    drawing.edge(
        str(arc.source),
        str(arc.target),
        label=f"{probability:.2f}" if probability < CERTAIN else None,
        penwidth=f"{0.3 + 2.7 * arc.share:.2f}",
        log_probability=repr(arc.log_probability),
        plain_log_probability=repr(arc.plain_log_probability),
        log_share=repr(arc.log_share),
        share=repr(arc.share),
    )
