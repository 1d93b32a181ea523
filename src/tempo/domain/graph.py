"""A lattice as a directed graph between one beginning and one end, as other tools hold it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NewType

from tempo.domain.posteriors import passing_masses, terminal_masses

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.domain.lattice import LatticeStep
    from tempo.domain.proposal import FloatArray
    from tempo.domain.tokens import Candidate, LogicalStep

NodeNumber = NewType("NodeNumber", int)
"""The name of a node, from 0, the beginning, without gaps; every arc leads to a larger one."""

BEGINNING = NodeNumber(0)


@dataclass(frozen=True, slots=True)
class GraphNode:
    """One member of a step.

    Attributes:
        number: 1 or more, growing with the steps.
        step: the member's step.
        member: its index among the members of its step.
        candidate: what it holds.
        posterior: its share of the paths through its step, in [0, 1].
        share: its share of all paths, in [0, 1].
    """

    number: NodeNumber
    step: LogicalStep
    member: int
    candidate: Candidate
    posterior: float
    share: float


@dataclass(frozen=True, slots=True)
class Arc:
    """One way from a node to the next.

    Along a path the `log_probability` sum to the path's log-probability after the processors,
    `plain_log_probability` to its plain score, and `log_share` to the logarithm of its share of
    all paths: that is the first, with each step's kept mass taken as whole.

    Attributes:
        source, target: the nodes' numbers.
        log_probability: of the token after its parent, after the processors; 0 into the end.
        plain_log_probability: the same under the plain model at temperature 1.
        log_share: see above.
        share: share of all paths that go this way, in [0, 1].
    """

    source: NodeNumber
    target: NodeNumber
    log_probability: float
    plain_log_probability: float
    log_share: float
    share: float


@dataclass(frozen=True, slots=True)
class LatticeGraph:
    """Nodes and arcs; every node lies on a way from the beginning to the end.

    Attributes:
        nodes: the members, by number; the beginning and the end, which hold no token, are not
            among them.
        arcs: by source, then target.
        end: the number of the end, the largest.
    """

    nodes: tuple[GraphNode, ...]
    arcs: tuple[Arc, ...]
    end: NodeNumber


def lattice_graph(steps: Sequence[LatticeStep]) -> LatticeGraph:
    """Return the lattice's graph without the ways that have no probability.

    A transition that the processors ruled out is left out, and so is a member that no other way
    leads through.
    """
    forward = terminal_masses(steps)
    passing = passing_masses(steps, forward)
    numbers = _numbers(steps)
    end = NodeNumber(1 + sum(step.width for step in steps))
    arcs = [] if steps else [Arc(BEGINNING, end, 0.0, 0.0, 0.0, 1.0)]
    for index, step in enumerate(steps):
        shares = forward.parents[index] * passing[index]
        sources, targets = _sources(steps, numbers, index), numbers[index]
        arcs += _arcs_into(step, sources, targets, shares, math.log(forward.kept[index]))
        arcs += _arcs_to_end(targets, _ending(steps, index), forward.terminal[index], end)
    return _trimmed(_nodes(steps, numbers, passing), arcs, end)


def _nodes(
    steps: Sequence[LatticeStep],
    numbers: Sequence[Sequence[NodeNumber]],
    passing: Sequence[FloatArray],
) -> list[GraphNode]:
    nodes = []
    for step, row, masses in zip(steps, numbers, passing, strict=True):
        total = float(masses.sum())
        nodes += [
            GraphNode(row[index], step.step, index, candidate, float(masses[index]) / total, share)
            for index, candidate in enumerate(step.token_set.members)
            for share in (float(masses[index]),)
        ]
    return nodes


def _numbers(steps: Sequence[LatticeStep]) -> list[list[NodeNumber]]:
    """Return the number of each member of each step."""
    numbers, first = [], 1
    for step in steps:
        numbers.append([NodeNumber(first + member) for member in range(step.width)])
        first += step.width
    return numbers


def _sources(
    steps: Sequence[LatticeStep], numbers: Sequence[Sequence[NodeNumber]], index: int
) -> list[NodeNumber]:
    """Return the nodes that the rows of a step's transitions belong to."""
    if index == 0:
        return [BEGINNING]
    return [numbers[index - 1][member] for member in steps[index - 1].token_set.live_indices]


def _arcs_into(
    step: LatticeStep,
    sources: Sequence[NodeNumber],
    targets: Sequence[NodeNumber],
    shares: FloatArray,
    log_kept: float,
) -> list[Arc]:
    """Return the arcs of a step's transitions that have a probability; `shares` is [k, m]."""
    return [
        Arc(
            source,
            target,
            log_probability=(probability := float(step.transitions[row, member])),
            plain_log_probability=float(step.plain_transitions[row, member]),
            log_share=probability - log_kept,
            share=float(shares[row, member]),
        )
        for row, source in enumerate(sources)
        for member, target in enumerate(targets)
        if math.isfinite(step.transitions[row, member] + step.plain_transitions[row, member])
    ]


def _arcs_to_end(
    numbers: Sequence[NodeNumber], members: Sequence[int], terminal: FloatArray, end: NodeNumber
) -> list[Arc]:
    """Return the arcs from the members at which paths end."""
    return [
        Arc(numbers[member], end, 0.0, 0.0, 0.0, share=float(terminal[member]))
        for member in members
    ]


def _ending(steps: Sequence[LatticeStep], index: int) -> list[int]:
    """Return the members of a step at which paths end: finished ones, at the last step all."""
    step = steps[index]
    last = index == len(steps) - 1
    live = set(step.token_set.live_indices)
    return [member for member in range(step.width) if last or member not in live]


def _trimmed(nodes: Sequence[GraphNode], arcs: Sequence[Arc], end: NodeNumber) -> LatticeGraph:
    """Leave out what lies on no way from the beginning to the end, and number what is left."""
    ordered = sorted(arcs, key=lambda arc: (arc.source, arc.target))
    reached, leading = {BEGINNING}, {end}
    for arc in ordered:
        if arc.source in reached:
            reached.add(arc.target)
    for arc in reversed(ordered):
        if arc.target in leading:
            leading.add(arc.source)
    passed = sorted(reached & leading)
    names = {number: NodeNumber(index) for index, number in enumerate(passed)}
    return LatticeGraph(
        tuple(replace(node, number=names[node.number]) for node in nodes if node.number in names),
        tuple(
            replace(arc, source=names[arc.source], target=names[arc.target])
            for arc in ordered
            if arc.source in names and arc.target in names
        ),
        names[end],
    )
