"""The exact side: every path of some products of token sets, under the plain model.

The paths share their beginnings in one trie, whatever rule and threshold they come from, and the
trie goes through the model by tree attention. Nothing of the rules under study is used here but
their token sets: each row sees its own path and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tempo.application.decoding.rescoring import LARGEST_PASS, Trie
from tempo.domain.errors import NonFiniteLogitsError
from tempo.domain.node import Node
from tempo.domain.proposal import Reading
from tempo.domain.tokens import Slot

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tempo.application.studies.fidelity.decoding import TokenSets
    from tempo.domain.ports.model_backend import DecodingSession, ModelBackend
    from tempo.domain.proposal import FloatArray, Proposal
    from tempo.domain.tokens import TokenId

Nodes = npt.NDArray[np.intp]
"""Numbers of trie nodes; each stands for the path that ends there."""


@dataclass(frozen=True, slots=True, eq=False)
class _Chunk:
    """Nodes of one pass: the ancestors of the first fresh node, then the fresh ones, in preorder.

    Attributes:
        numbers: of all nodes, ancestors first.
        repeated: how many ancestors went through the model in an earlier pass.
        first: place of the first fresh node in the preorder of all that is needed.
    """

    numbers: Sequence[int]
    repeated: int
    first: int


class Enumeration:
    """Paths after one prompt, their exact scores and mixtures of their exact rows."""

    def __init__(
        self,
        backend: ModelBackend,
        session: DecodingSession,
        prompt_length: int,
        barred: tuple[TokenId, ...] = (),
        largest_pass: int = LARGEST_PASS,
    ) -> None:
        """Work in a session that has read the prompt and is left as it was found.

        `barred` tokens have no probability in any row, as in the runs under study.
        """
        self._backend = backend
        self._session = session
        self._prompt_length = prompt_length
        self._barred = barred
        self._largest_pass = largest_pass
        self._trie = Trie()
        self._products: dict[TokenSets, Nodes] = {(): np.array([-1])}
        self._plain: FloatArray = np.empty(0)
        self._processed: FloatArray = np.empty(0)

    def product(self, sets: TokenSets) -> Nodes:
        """Return [paths] the nodes of S_0 x ... x S_t, in the order of `itertools.product`."""
        if sets not in self._products:
            before = self.product(sets[:-1]).tolist()
            child = self._trie.child
            self._products[sets] = np.array(
                [child(node, token) for node in before for token in sets[-1]]
            )
        return self._products[sets]

    def scores(self, nodes: Nodes) -> FloatArray:
        """Return [paths] plain teacher-forced log-probabilities, nothing barred."""
        return self._plain[nodes]

    def log_weights(self, nodes: Nodes) -> FloatArray:
        """Return [paths] the same with the barred tokens left out of every row."""
        return self._processed[nodes]

    def score(self, groups: Sequence[Nodes]) -> None:
        """Score some groups of paths and every path on the way; their own rows are not fed.

        Raises:
            NonFiniteLogitsError: if the model gave NaN or infinity.
        """
        above = [np.array([self._trie.parents[node] for node in one.tolist()]) for one in groups]
        for _ in self._passes(self._preorder(above)[0]):
            pass

    def mixtures(self, groups: Sequence[Nodes]) -> list[FloatArray]:
        """Return, for each group of paths, [vocab] the mixture of their rows by probability.

        Every path on the way is scored. A group without any probability gives NaN.

        Raises:
            NonFiniteLogitsError: if the model gave NaN or infinity.
        """
        order, place = self._preorder(groups)
        places = [place[group] for group in groups]
        sums = np.zeros((len(groups), self._backend.description.vocabulary))
        for chunk in self._passes(order):
            self._add_mixtures(sums, groups, places, chunk)
        totals = sums.sum(axis=1, keepdims=True)
        return list(np.divide(sums, totals, out=np.full_like(sums, np.nan), where=totals > 0))

    def _passes(self, order: Sequence[int]) -> Iterator[_Chunk]:
        """Feed nodes in preorder, score what follows them, and yield each pass while it lasts."""
        self._grow_scores()
        start = self._session.mark()
        self._score_children((-1,), 0)
        for chunk in self._chunks(order):
            self._feed(chunk)
            self._score_children(chunk.numbers, chunk.repeated)
            yield chunk
            self._session.rewind(start)

    def _grow_scores(self) -> None:
        fresh = np.full(len(self._trie) - len(self._plain), np.nan)
        self._plain = np.append(self._plain, fresh)
        self._processed = np.append(self._processed, fresh)

    def _preorder(self, groups: Sequence[Nodes]) -> tuple[list[int], Nodes]:
        """Return all nodes of some paths, each path's after one another, and each one's place."""
        parents = self._trie.parents
        children: dict[int, list[int]] = {}
        for node in sorted(_with_ancestors(groups, parents)):
            children.setdefault(parents[node], []).append(node)
        order: list[int] = []
        waiting = children.get(-1, [])[::-1]
        while waiting:
            node = waiting.pop()
            order.append(node)
            waiting += children.get(node, [])[::-1]
        place = np.full(len(parents), -1)
        place[order] = np.arange(len(order))
        return order, place

    def _chunks(self, order: Sequence[int]) -> Iterator[_Chunk]:
        """Cut a preorder into passes: what a cut misses are the ancestors of its first node."""
        first = 0
        while first < len(order):
            ancestors = self._ancestors(order[first])
            last = first + max(1, self._largest_pass - len(ancestors))
            yield _Chunk([*ancestors, *order[first:last]], len(ancestors), first)
            first = last

    def _ancestors(self, node: int) -> list[int]:
        found: list[int] = []
        while (node := self._trie.parents[node]) >= 0:
            found.append(node)
        return found[::-1]

    def _feed(self, chunk: _Chunk) -> None:
        slots = {
            number: Slot(self._prompt_length + place) for place, number in enumerate(chunk.numbers)
        }
        nodes = []
        for number, slot in slots.items():
            parent = slots.get(self._trie.parents[number])
            nodes.append(
                Node(
                    token_id=self._trie.tokens[number],
                    position=self._prompt_length + self._trie.depths[number],
                    slot=slot,
                    parent=parent,
                    inherits=() if parent is None else ((parent, 1.0),),
                )
            )
        self._backend.extend([(self._session, nodes)])

    def _score_children(self, rows: Sequence[int], repeated: int) -> None:
        """Score the nodes that follow the last pass's fresh rows and have no score yet."""
        row_of = {number: row for row, number in enumerate(rows) if row >= repeated}
        parents, tokens = self._trie.parents, self._trie.tokens
        asked = [
            node
            for node in np.flatnonzero(np.isnan(self._plain)).tolist()
            if parents[node] in row_of
        ]
        if not asked:
            return
        pairs = tuple((row_of[parents[node]], tokens[node]) for node in asked)
        answer = self._read(Reading(pairs=pairs, barred=self._barred))
        above = np.array([parents[node] for node in asked])
        self._plain[asked] = answer.pair_scores
        self._processed[asked] = answer.processed_scores
        self._add_parents(asked, above)

    def _add_parents(self, nodes: Sequence[int], parents: Nodes) -> None:
        """Turn tokens' scores into paths' scores; parents have smaller numbers."""
        for node, parent in zip(nodes, parents.tolist(), strict=True):
            if parent >= 0:
                self._plain[node] += self._plain[parent]
                self._processed[node] += self._processed[parent]

    def _add_mixtures(
        self, sums: FloatArray, groups: Sequence[Nodes], places: Sequence[Nodes], chunk: _Chunk
    ) -> None:
        """Add the fresh rows of a pass to the mixtures of the groups whose paths end in it."""
        fresh = len(chunk.numbers) - chunk.repeated
        wanted: list[int] = []
        weightings: list[tuple[float, ...]] = []
        peaks: list[float] = []
        for number, (group, at) in enumerate(zip(groups, places, strict=True)):
            here = (at >= chunk.first) & (at < chunk.first + fresh)
            logs = self._processed[group[here]]
            peak = float(logs.max(initial=-np.inf))
            if peak == -np.inf:
                continue
            weights = np.zeros(len(chunk.numbers))
            weights[at[here] - chunk.first + chunk.repeated] = np.exp(logs - peak)
            wanted.append(number)
            weightings.append(tuple(weights.tolist()))
            peaks.append(peak)
        if wanted:
            answer = self._read(Reading(mixtures=tuple(weightings), barred=self._barred))
            sums[wanted] += np.exp(peaks)[:, None] * answer.mixtures

    def _read(self, reading: Reading) -> Proposal:
        (answer,) = self._backend.propose([(self._session, reading)])
        if not answer.finite:
            raise NonFiniteLogitsError(0)
        return answer


def _with_ancestors(groups: Iterable[Nodes], parents: Sequence[int]) -> set[int]:
    needed: set[int] = set()
    for group in groups:
        for start in group.tolist():
            node = start
            while node >= 0 and node not in needed:
                needed.add(node)
                node = parents[node]
    return needed
