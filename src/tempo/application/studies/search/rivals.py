"""What the search is held against: texts drawn, and a beam, over the same shared cache.

Written here and not taken from transformers, so that a row is the same for all of them, a shared
beginning is computed once for all of them, and a script can be asked too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tempo.application.decoding.asking import answered
from tempo.application.decoding.cost import CostMeter
from tempo.application.searching.judging import Judge
from tempo.application.searching.rows import TreeRows
from tempo.domain.search.tree import TreeNode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.application.studies.search.item import SearchItem
    from tempo.application.studies.search.plan import SearchPlan
    from tempo.domain.search.report import TriedText
    from tempo.domain.selection import Selection

TOGETHER = 16
"""Texts that are drawn over the same passes."""


class Texts:
    """Texts of one item in one cache, each judged at its end."""

    def __init__(self, plan: SearchPlan, item: SearchItem, selection: Selection) -> None:
        """Open the item's prompt; `selection` is what each row offers."""
        self._plan, self._backend = plan, item.backend
        request = plan.request(item, selection)
        self.rows = TreeRows(item.backend, item.tokenizer, request, CostMeter())
        self.judge = Judge(item.verifier, ())
        self.root = TreeNode()

    def goes_on(self, node: TreeNode) -> bool:
        """Whether a text may grow."""
        return not node.ends and node.depth < self._plan.steps

    def open(self, nodes: Sequence[TreeNode]) -> None:
        """Feed nodes that are not fed yet, and give each of them its children."""
        answered(self.rows.open(nodes), self._backend)

    def judged(self, nodes: Sequence[TreeNode]) -> tuple[TriedText, ...]:
        """Judge finished texts; return all judged so far, the best first."""
        for node in nodes:
            self.judge.value(node, complete=True)
        return self.judge.texts

    def close(self) -> None:
        """Let go of the cache."""
        self.rows.session.close()


def drawn(
    plan: SearchPlan, item: SearchItem, selection: Selection, budget: int
) -> tuple[Texts, tuple[TriedText, ...]]:
    """Draw texts while their rows are there, until one is as asked; no more texts than rows.

    Texts that were drawn before take no row, so that rows alone would bound nothing.
    """
    texts = Texts(plan, item, selection)
    random = np.random.default_rng(plan.seed + item.number)
    found: tuple[TriedText, ...] = ()
    longest, left = plan.steps - 1, budget
    while not (found and found[0].value >= 1.0):
        count = min(TOGETHER, left, (budget - texts.rows.fed) // longest)
        if count < 1:
            break
        left -= count
        ends = [texts.root] * count
        while going := [one for one in ends if texts.goes_on(one)]:
            texts.open(going)
            ends = [_next(one, random) if texts.goes_on(one) else one for one in ends]
        found = texts.judged(ends)
    texts.close()
    return texts, found


def _next(node: TreeNode, random: np.random.Generator) -> TreeNode:
    priors = np.array([child.prior for child in node.children])
    return node.children[int(random.choice(len(priors), p=priors / priors.sum()))]


def beamed(
    plan: SearchPlan, item: SearchItem, selection: Selection, width: int
) -> tuple[Texts, tuple[TriedText, ...]]:
    """Keep the `width` most probable texts at every step; one that has ended keeps its place."""
    texts = Texts(plan, item, selection)
    beam = [texts.root]
    while going := [one for one in beam if texts.goes_on(one)]:
        texts.open(going)
        grown = [child for one in going for child in one.children]
        ended = [one for one in beam if not texts.goes_on(one)]
        beam = sorted([*ended, *grown], key=lambda one: -one.log_probability)[:width]
    found = texts.judged(beam)
    texts.close()
    return texts, found
