"""Exact scores of token paths: the paths form a trie that goes through the model branch by branch.

A pass's attention is computed over all that the cache holds, what its mask hides included. So the
trie is fed in preorder, some nodes a pass, and rows that nothing to come descends from leave the
cache in between: what is left is the prompt and one path.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tempo.domain.node import Node, behind
from tempo.domain.proposal import Reading
from tempo.domain.row_rules import RowRules
from tempo.domain.tokens import Slot, TokenId

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tempo.domain.ports.model_backend import DecodingSession, ModelBackend

TokenPath = tuple[TokenId, ...]

LARGEST_PASS = 512
"""Trie nodes that go through the model in one pass at most."""

BRANCH_PASS = 192
"""Trie nodes of one pass where a trie is scored branch by branch."""


@dataclass(slots=True)
class Trie:
    """Token paths that share their beginnings.

    A path's last token is scored but never fed: nothing follows it.

    Attributes:
        parents: for each node, its parent's number; -1 is the prompt.
        tokens: for each node, its token.
        depths: for each node, the number of its ancestors.
    """

    parents: list[int] = field(default_factory=list)
    tokens: list[TokenId] = field(default_factory=list)
    depths: list[int] = field(default_factory=list)
    _known: dict[tuple[int, TokenId], int] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return the number of nodes."""
        return len(self.tokens)

    def add(self, path: TokenPath) -> list[int]:
        """Add a path and return, for each of its tokens, the node whose row scores it."""
        node, scored_by = -1, []
        for depth, token in enumerate(path):
            scored_by.append(node)
            if depth < len(path) - 1:
                node = self.child(node, token)
        return scored_by

    def child(self, parent: int, token: TokenId) -> int:
        """Return the node that follows `parent` by a token, made if it is new."""
        known = self._known.get((parent, token))
        if known is not None:
            return known
        number = len(self.tokens)
        self._known[parent, token] = number
        self.parents.append(parent)
        self.tokens.append(token)
        self.depths.append(0 if parent < 0 else self.depths[parent] + 1)
        return number

    def ancestors(self, node: int) -> list[int]:
        """Return the nodes before one on its path, the first of them first."""
        found: list[int] = []
        while (node := self.parents[node]) >= 0:
            found.append(node)
        return found[::-1]


class Rescore:
    """Teacher-forced log-probabilities of continuations of one prompt, under the plain model."""

    def __init__(self, backend: ModelBackend, largest_pass: int = BRANCH_PASS) -> None:
        """Work over any model adapter; `largest_pass` bounds the nodes of one pass."""
        self._backend = backend
        self._largest_pass = largest_pass

    def run(self, prompt: Sequence[TokenId], paths: Sequence[TokenPath]) -> list[float]:
        """Return the log-probability of each path after the prompt, in nats.

        The prompt and each node of the paths' trie go through the model once; the nodes in as few
        passes of about one size as the bound allows. Temperature 1, no processors.

        Raises:
            PromptError: for an empty prompt or one that does not fit the model's context.
        """
        trie = Trie()
        asked = {path: trie.add(path) for path in sorted(set(paths))}  # numbers go in preorder
        questions = {
            (node, token)
            for path, nodes in asked.items()
            for token, node in zip(path, nodes, strict=True)
        }
        with self._backend.open(prompt, RowRules()) as session:
            answers = self._branches(session, len(prompt), trie, sorted(questions))
        scores = {
            path: sum(answers[node, token] for token, node in zip(path, nodes, strict=True))
            for path, nodes in asked.items()
        }
        return [scores[path] for path in paths]

    def along(
        self, session: DecodingSession, prompt_length: int, path: TokenPath, held: int = 0
    ) -> list[float]:
        """Feed a path to a session that stands behind the prompt, and score each of its tokens.

        Its last token is scored but not fed; the others' rows stay in the session's cache. Where
        the first `held` rows are there, under their slots, the path goes on from them, and the
        tokens scored are those behind the first that is fed.
        """
        trie = Trie()
        questions = list(zip(trie.add(path), path, strict=True))
        if held:
            questions = questions[held + 1 :]
        answers = self._answers(session, prompt_length, trie, questions, held)
        return [answers[question] for question in questions]

    def _branches(
        self,
        session: DecodingSession,
        prompt_length: int,
        trie: Trie,
        questions: Sequence[tuple[int, TokenId]],
    ) -> dict[tuple[int, TokenId], float]:
        """Return the log-probability of each (node, token) of a trie numbered in preorder."""
        answers = self._read(session, -1, 1, questions)
        held: list[int] = []
        for first, last in _even(len(trie), self._largest_pass):
            above = trie.ancestors(first)
            session.release([Slot(prompt_length + node) for node in held if node not in above])
            nodes = [_node(trie, number, prompt_length, first) for number in range(first, last)]
            self._backend.extend([(session, nodes)])
            answers |= self._read(session, first, last - first, questions)
            held = [*above, *range(first, last)]
        return answers

    def _answers(
        self,
        session: DecodingSession,
        prompt_length: int,
        trie: Trie,
        questions: Sequence[tuple[int, TokenId]],
        held: int = 0,
    ) -> dict[tuple[int, TokenId], float]:
        """Return the log-probability of each (node, token) of one path, from node `held` on."""
        answers = self._read(session, -1, 1, questions)
        for first in range(held, len(trie), LARGEST_PASS):
            last = min(first + LARGEST_PASS, len(trie))
            nodes = [_node(trie, number, prompt_length) for number in range(first, last)]
            if first == held and held:
                nodes[0] = behind(nodes[0], prompt_length, held)
            self._backend.extend([(session, nodes)])
            answers |= self._read(session, first, last - first, questions)
        return answers

    def _read(
        self,
        session: DecodingSession,
        first: int,
        rows: int,
        questions: Sequence[tuple[int, TokenId]],
    ) -> dict[tuple[int, TokenId], float]:
        """Read the answers that the rows of nodes `first` ... give."""
        mine = [(node, token) for node, token in questions if first <= node < first + rows]
        if not mine:
            return {}
        pairs = tuple((node - first, token) for node, token in mine)
        (proposal,) = self._backend.propose([(session, Reading(pairs=pairs))])
        return dict(zip(mine, proposal.pair_scores.tolist(), strict=True))


def _even(count: int, bound: int) -> Iterator[tuple[int, int]]:
    """Divide a count into as few stretches as the bound allows, all of about one length."""
    stretches = -(-count // bound)
    for index in range(stretches):
        yield index * count // stretches, (index + 1) * count // stretches


def _node(trie: Trie, number: int, prompt_length: int, first: int = 0) -> Node:
    """Return a trie's node as one of the pass that begins with node `first`.

    It inherits from a parent in the pass; of earlier passes it names what it sees.
    """
    parent = trie.parents[number]
    inside = Slot(prompt_length + parent) if parent >= first else None
    above = trie.ancestors(number) if inside is None else ()
    return Node(
        token_id=trie.tokens[number],
        position=prompt_length + trie.depths[number],
        slot=Slot(prompt_length + number),
        parent=inside,
        inherits=() if inside is None else ((inside, 1.0),),
        weights=tuple((Slot(prompt_length + node), 1.0) for node in above),
    )
