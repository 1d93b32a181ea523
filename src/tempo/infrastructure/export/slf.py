r"""A lattice in SLF, the Standard Lattice Format of HTK and of speech recognition after it.

The HTK Book (Young et al.), chapter "HTK Standard Lattice Format", and "Strings and Names" for how
words are written. Each member is a node with its word (`W`), each way an arc with natural
logarithms:

- `l`, the language model's: the token's plain log-probability after its parent;
- `a`, in the place of the acoustic one, all else that TEMPO knows: the logits processors, and what
  takes each step's kept mass as whole;
- `p`, the arc's posterior: its share of all paths.

So `l` sums to a path's plain score, and `a + l` (`lmscale` 1, no word penalty) to the logarithm of
its share: a tool's own forward-backward finds the lattice's posteriors. `t` counts positions
instead of seconds, those of removed steps among them. `code`, an extra field as the format allows
them, is the vocabulary entry of a node.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tempo.domain.graph import BEGINNING, lattice_graph
from tempo.domain.tokens import CandidateState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.domain.graph import Arc, GraphNode
    from tempo.domain.lattice import Lattice
    from tempo.domain.tokens import Candidate

NULL = "!NULL"
"""The word of a node without one."""

END_WORD = "</s>"
"""The word of an end token."""

RESERVED = frozenset(b"\\\"'")
"""Characters with a meaning in HTK's strings; white space and all beyond ASCII are others."""

MEANINGFUL_FIRST = frozenset(b"!<")
"""What words of the format's own begin with; a token's own text must not be taken for one."""


def slf(lattice: Lattice, best: Sequence[int] = ()) -> str:  # noqa: ARG001 - no place for it
    """Return the lattice as an SLF file, pure ASCII; the format has no place for a best path."""
    graph = lattice_graph(lattice.steps)
    lines = [
        "VERSION=1.0",
        "UTTERANCE=tempo",
        f"base={math.e!r}",
        "lmscale=1.0 wdpenalty=0.0",
        f"N={graph.end + 1} L={len(graph.arcs)}",
        f"I={BEGINNING} t=0 W={NULL}",
        *(_node(node) for node in graph.nodes),
        f"I={graph.end} t={lattice.decoded} W={NULL}",
        *(_arc(number, arc) for number, arc in enumerate(graph.arcs)),
    ]
    return "\n".join([*lines, ""])


def _node(node: GraphNode) -> str:
    return (
        f"I={node.number} t={node.step + 1} W={word(node.candidate)} code={node.candidate.token_id}"
    )


def _arc(number: int, arc: Arc) -> str:
    rest = arc.log_share - arc.plain_log_probability
    return (
        f"J={number} S={arc.source} E={arc.target} "
        f"a={rest!r} l={arc.plain_log_probability!r} p={arc.share!r}"
    )


def word(candidate: Candidate) -> str:
    r"""Return a token's bytes as HTK writes a word; space and what is no ASCII as `\040`."""
    if not candidate.content:
        return END_WORD if candidate.state is CandidateState.FINISHED else NULL
    first, rest = candidate.content[0], candidate.content[1:]
    return _character(first, also=MEANINGFUL_FIRST) + "".join(map(_character, rest))


def _character(byte: int, also: frozenset[int] = frozenset()) -> str:
    stands_for_itself = ord("!") <= byte <= ord("~") and byte not in RESERVED | also
    return chr(byte) if stands_for_itself else f"\\{byte:03o}"
