"""A tree of texts that share their beginnings, and what a search knows of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tempo.domain.search.puct import Span, most_visited
from tempo.domain.search.statistics import Statistics

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tempo.domain.search.puct import Puct
    from tempo.domain.tokens import Slot, TokenId


class TreeNode:
    """A candidate in its path; the root of all is the prompt.

    Attributes:
        token_id, content: its token; None and nothing for the prompt.
        prior: the model's probability of it after its path, after the processors.
        log_probability: of all tokens from the prompt's end to here, under the plain model.
        parent: what it follows, None for the prompt.
        ends: whether its text ends here, by an end token or a stop string.
        depth: how many tokens stand between the prompt and here, its own among them.
        children: by rank; empty before its row was read.
        statistics: its visits and values.
        slot: the row that holds its token, None before it is fed.
    """

    __slots__ = (
        "children",
        "content",
        "depth",
        "ends",
        "log_probability",
        "parent",
        "prior",
        "slot",
        "statistics",
        "token_id",
    )

    def __init__(  # noqa: PLR0913 - what a row says of a candidate
        self,
        token_id: TokenId | None = None,
        content: bytes = b"",
        *,
        prior: float = 1.0,
        log_probability: float = 0.0,
        parent: TreeNode | None = None,
        ends: bool = False,
    ) -> None:
        """Stand below a parent, not yet looked at."""
        self.token_id, self.content = token_id, content
        self.prior, self.log_probability = prior, log_probability
        self.parent, self.ends = parent, ends
        self.depth: int = 0 if parent is None else parent.depth + 1
        self.children: tuple[TreeNode, ...] = ()
        self.statistics = Statistics()
        self.slot: Slot | None = None

    @property
    def path(self) -> tuple[TreeNode, ...]:
        """The nodes from the first token to this one; none for the prompt."""
        found: list[TreeNode] = []
        node: TreeNode | None = self
        while node is not None and node.parent is not None:
            found.append(node)
            node = node.parent
        return tuple(reversed(found))

    @property
    def token_ids(self) -> tuple[TokenId, ...]:
        """The tokens of its path."""
        return tuple(one.token_id for one in self.path if one.token_id is not None)

    def chosen(self, rule: Puct, span: Span) -> TreeNode:
        """Return the child that a simulation goes into."""
        priors = [child.prior for child in self.children]
        children = [child.statistics for child in self.children]
        return self.children[rule.choose(self.statistics, priors, children, span)]

    @property
    def decided(self) -> TreeNode:
        """The most visited child."""
        return self.children[most_visited([child.statistics for child in self.children])]

    def visited(self) -> Iterator[TreeNode]:
        """Yield this node and all below it that have a value."""
        if self.statistics.visits:
            yield self
            for child in self.children:
                yield from child.visited()

    def below(self) -> Iterator[TreeNode]:
        """Yield this node and all below it."""
        yield self
        for child in self.children:
            yield from child.below()


class SearchTree:
    """A tree whose root moves on as the text grows."""

    def __init__(self) -> None:
        """Start at the prompt."""
        self.root = TreeNode()

    @property
    def span(self) -> Span:
        """The lowest and the highest mean value below the root."""
        means = [node.statistics.mean for node in self.root.visited()]
        return Span(min(means), max(means)) if means else Span()

    def enter(self, rule: Puct, deepest: int) -> tuple[TreeNode, ...]:
        """Choose a path from the root for one simulation, and note that it is under way.

        It ends at the first node without visits, at one whose text ends, or at a depth.
        """
        span, node = self.span, self.root
        trail = [node]
        while node.children and node.depth < deepest:
            node = node.chosen(rule, span)
            trail.append(node)
            if not node.statistics.visits:
                break
        for one in trail:
            one.statistics = one.statistics.entered()
        return tuple(trail)

    @staticmethod
    def back_up(trail: tuple[TreeNode, ...], value: float) -> None:
        """Give each node of a simulation's path its value, in [0, 1]."""
        for node in trail:
            node.statistics = node.statistics.backed_up(value)

    def move_on(self, child: TreeNode) -> tuple[Slot, ...]:
        """Make a child the root; return the rows of all branches that are cut."""
        cut = [
            node.slot
            for other in self.root.children
            if other is not child
            for node in other.below()
            if node.slot is not None
        ]
        self.root.children = (child,)
        self.root = child
        return tuple(sorted(cut))
