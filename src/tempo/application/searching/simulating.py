"""Simulations: from the root down to a new node, on to where a text can be judged, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tempo.domain.search.plan import Rollout

if TYPE_CHECKING:
    from tempo.application.decoding.asking import Asking
    from tempo.application.searching.judging import Judge
    from tempo.application.searching.rows import TreeRows
    from tempo.domain.search.plan import TreeSearch
    from tempo.domain.search.tree import SearchTree, TreeNode

SEEDS = 2**64

BEST = 1.0
"""No text is worth more."""


class Simulations:
    """Grows a tree by simulations, several of them in each pass."""

    def __init__(self, plan: TreeSearch, tree: SearchTree, rows: TreeRows, judge: Judge) -> None:
        """Begin with none done."""
        self._plan, self._tree, self._rows, self._judge = plan, tree, rows, judge
        self._random = np.random.default_rng(plan.seed % SEEDS)
        self.done = 0
        self.unshared_tokens = 0
        self.spent = False
        self._complete: list[TreeNode] = []
        self._target: TreeNode | None = None

    def run(self, last: int) -> Asking[None]:
        """Simulate as the plan says; `last` is the depth at which the run ends in any case.

        Once a complete text is worth 1 nothing can be better, and no further one is looked for
        (Winands, Bjornsson and Saito, 2008, for proven wins). Once the rows are spent, the best
        complete text that is there will do. One simulation a token compares nothing: what it comes
        upon is not followed, and the text is that of greedy decoding.
        """
        left = self._plan.simulations
        while left and self._target is None:
            deepest = min(self._tree.root.depth + self._plan.depth, last)
            count = self._affordable(min(left, self._plan.batch), deepest, last)
            if not count:
                self._spend()
                break
            yield from self._batch(count, deepest, last)
            left -= count
        if self._target is None and not self._can_go_on(self._tree.root.decided, last):
            self._spend()

    @property
    def decided(self) -> TreeNode:
        """The child of the root to go on with: towards the text that will do, or most visited."""
        root = self._tree.root
        return root.decided if self._target is None else self._target.path[root.depth]

    def _spend(self) -> None:
        """Go on with the best complete text that was tried, if there is one; search no more."""
        self.spent, found = True, self._complete_below(self._tree.root)
        self._target = max(found, key=self._judge.standing, default=None)

    def _complete_below(self, node: TreeNode) -> list[TreeNode]:
        """Return the complete texts that were tried and go through a node, or end in it."""
        at = node.depth - 1
        return [
            one for one in self._complete if at < 0 or (one.depth > at and one.path[at] is node)
        ]

    def _can_go_on(self, child: TreeNode, last: int) -> bool:
        """Whether the bound leaves a text to come to, or rows for one, once a child is decided."""
        if self._plan.rows is None or child.ends or self._complete_below(child):
            return True
        return self._plan.rows - self._rows.fed >= last - child.depth

    def _affordable(self, count: int, deepest: int, last: int) -> int:
        """Return how many simulations the bound on rows allows, whatever they come to.

        A row for each token that the text may still grow by stays set aside, unless the text can
        be one that was tried.
        """
        if self._plan.rows is None:
            return count
        root = self._tree.root.depth
        is_there = deepest == last or bool(self._complete_below(self._tree.root))
        free = self._plan.rows - self._rows.fed - (0 if is_there else last - 1 - root)
        dearest = deepest - 1 - root
        return min(count, free // dearest) if dearest > 0 else count

    def _batch(self, count: int, deepest: int, last: int) -> Asking[None]:
        trails = [self._tree.enter(self._plan.rule, deepest) for _ in range(count)]
        ends = [trail[-1] for trail in trails]
        while going := [one for one in ends if not one.ends and one.depth < deepest]:
            yield from self._rows.open(going)
            ends = [self._next(one, deepest) for one in ends]
        for trail, end in zip(trails, ends, strict=True):
            complete = end.ends or end.depth == last
            value = self._judge.value(end, complete=complete)
            if complete and self._plan.simulations > 1:
                self._complete.append(end)
                if value >= BEST and self._target is None:
                    self._target = end
            self._tree.back_up(trail, value)
            self.unshared_tokens += end.depth - 1
        self.done += count

    def _next(self, node: TreeNode, deepest: int) -> TreeNode:
        """Return the token that a rollout goes on with."""
        if node.ends or node.depth >= deepest:
            return node
        if self._plan.rollout is Rollout.GREEDY:
            return node.children[0]
        priors = np.array([child.prior for child in node.children])
        total = priors.sum()
        shares = priors / total if total > 0.0 else None
        return node.children[int(self._random.choice(len(priors), p=shares))]
