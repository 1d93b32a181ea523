"""The rows of a tree in one cache: each node sees its own path alone."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from tempo.application.decoding.asking import Feed, Read
from tempo.application.decoding.recording import Cut
from tempo.application.decoding.rescoring import Rescore
from tempo.domain.errors import NonFiniteLogitsError
from tempo.domain.node import Node
from tempo.domain.path_tails import PathTails
from tempo.domain.proposal import Reading
from tempo.domain.search.tree import TreeNode
from tempo.domain.selection import log_threshold
from tempo.domain.tokens import Slot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.application.decoding.asking import Asking
    from tempo.application.decoding.cost import CostMeter
    from tempo.application.decoding.request import GenerationRequest
    from tempo.application.decoding.retained import Beginning
    from tempo.domain.commitment import CommittedChain
    from tempo.domain.ports.model_backend import DecodingSession, ModelBackend
    from tempo.domain.ports.tokenizer import Tokenizer
    from tempo.domain.proposal import Proposal
    from tempo.domain.search.tree import SearchTree


class TreeRows:
    """Feeds nodes of a tree and gives them children; a row is fed once, whoever asks for it."""

    def __init__(
        self,
        backend: ModelBackend,
        tokenizer: Tokenizer,
        request: GenerationRequest,
        meter: CostMeter,
        beginning: Beginning | None = None,
    ) -> None:
        """Open a session; the prompt goes through the model here, unless there is a beginning.

        Raises:
            PromptError: for an empty prompt or one that does not fit the model's context.
        """
        self._tokenizer, self._request, self._meter = tokenizer, request, meter
        self._prompt = len(request.prompt_ids)
        self._beginning = beginning
        if beginning is not None:
            self.session: DecodingSession = beginning.session
        else:
            with meter.phase("prefill"):
                self.session = backend.open(request.prompt_ids, request.session_rules)
            meter.fed(self._prompt, self.session.cache_rows)
        self._next = self._prompt
        self._expansions: dict[TreeNode, Cut] = {}
        self.fed = 0

    def expansion(self, node: TreeNode) -> Cut:
        """Return what the row of a node that was opened offers; its members are the children."""
        return self._expansions[node]

    def name(self, node: TreeNode) -> Slot:
        """Give a node the slot that it has when it is fed; it must be among the next to be."""
        if node.slot is None:
            node.slot = Slot(self._next)
            self._next += 1
        return node.slot

    def is_open(self, node: TreeNode) -> bool:
        """Whether a node's row was read, so that its children are there."""
        return node in self._expansions

    def open(self, nodes: Sequence[TreeNode]) -> Asking[None]:
        """Feed nodes whose rows are not there, in one pass, and give each of them its children.

        Raises:
            NonFiniteLogitsError: if the model gave NaN or infinity.
            CacheBoundError: if the cache may not hold so many; nothing is fed then.
        """
        closed = [one for one in dict.fromkeys(nodes) if not self.is_open(one)]
        if not closed:
            return
        if closed[0].parent is not None:
            self._request.require_rows(self.session.cache_rows, len(closed))
            fed = [self._node(one) for one in closed]
            with self._meter.phase("forward"):
                yield Feed(self.session, fed)
            self._meter.fed(len(fed), self.session.cache_rows)
            self.fed += len(fed)
        for row, node in enumerate(closed):
            yield from self._expand(node, row, len(closed))

    def commit(self, backend: ModelBackend, tree: SearchTree, chain: CommittedChain) -> list[float]:
        """Make a chain the path to the root; it is fed in one pass, but for its last token.

        Returns the plain model's log-probability of each of its tokens.
        """
        held = 0 if self._beginning is None else self._beginning.held
        with self._meter.phase("forward"):
            scores = Rescore(backend).along(self.session, self._prompt, chain.token_ids, held)
        if self._beginning is not None and held:
            scores = [*self._beginning.scores[: held + 1], *scores]
        fed = len(chain.steps) - 1 - held
        if fed:
            self._meter.fed(fed, self.session.cache_rows)
        for step, score in zip(chain.steps, scores, strict=True):
            member, total = step.token_set.members[0], tree.root.log_probability + score
            node = TreeNode(
                member.token_id, member.content, log_probability=total, parent=tree.root
            )
            tree.root.children = (node,)
            tree.root = node
            self.name(node)
        return scores

    def _node(self, node: TreeNode) -> Node:
        """Return a token to feed: it sees the prompt, its path and itself."""
        slot = self.name(node)
        seen = tuple((one.slot, 1.0) for one in node.path[:-1] if one.slot is not None)
        token_id = node.token_ids[-1]
        return Node(token_id, self._prompt + node.depth - 1, slot, weights=seen)

    def _expand(self, node: TreeNode, row: int, rows: int) -> Asking[None]:
        """Read a node's own row, and make what is kept of it the node's children."""
        selection, step = self._request.selection, node.depth
        threshold = selection.level(step, self._request.max_steps, 1.0)
        reading = Reading(
            weights=tuple(float(one == row) for one in range(rows)),
            considered=selection.considered,
            log_threshold=log_threshold(threshold),
            barred=self._request.barred_at(step, self._tokenizer.end_tokens),
        )
        with self._meter.phase("extraction"):
            proposal: Proposal = yield Read(self.session, reading)
        if not proposal.finite:
            raise NonFiniteLogitsError(step)
        own = replace(
            proposal,
            rows=np.ascontiguousarray(proposal.rows[row : row + 1]),
            plain_rows=np.ascontiguousarray(proposal.plain_rows[row : row + 1]),
        )
        choice = selection.choose(own, threshold)
        contents = tuple(map(self._tokenizer.content, own.token_ids))
        cut = Cut(own, choice, contents, tuple(range(choice.kept)), {})
        self._expansions[node] = cut
        node.children = tuple(self._child(node, cut, rank) for rank in cut.members)

    def _child(self, node: TreeNode, cut: Cut, rank: int) -> TreeNode:
        token_id, content = cut.proposal.token_ids[rank], cut.contents[rank]
        return TreeNode(
            token_id,
            content,
            prior=math.exp(cut.proposal.log_probabilities[rank]),
            log_probability=node.log_probability + float(cut.proposal.plain_rows[0, rank]),
            parent=node,
            ends=token_id in self._tokenizer.end_tokens or self._stops(node, content),
        )

    def _stops(self, node: TreeNode, content: bytes) -> bool:
        """Whether a token completes a stop string on a node's path."""
        stops = self._request.stopping.stop_bytes
        if not stops:
            return False
        before = b"".join(one.content for one in node.path)
        return PathTails(stops, (before,)).grown((0,), (content,)).completes_stop(0)

    def cut(self, slots: Sequence[Slot], kept: TreeNode) -> int:
        """Let the rows of cut branches go, and forget what is above and beside a node.

        Returns how many rows left the cache.
        """
        self._expansions = {
            one: found for one in kept.below() if (found := self._expansions.get(one)) is not None
        }
        if slots:
            with self._meter.phase("forward"):
                self.session.release(slots)
            self._meter.released_rows += len(slots)
        return len(slots)
