from hypothesis import given
from hypothesis import strategies as st

from tempo.domain.search.puct import Puct, Span
from tempo.domain.search.tree import SearchTree, TreeNode
from tempo.domain.tokens import Slot, TokenId

RULE = Puct(1.0)


def grown(node, *priors):
    node.children = tuple(
        TreeNode(TokenId(rank), b"x", prior=prior, parent=node) for rank, prior in enumerate(priors)
    )
    return node.children


def simulate(tree, values, deepest=3):
    """Grow a tree by simulations, each with its value; every node has the same two children."""
    for value in values:
        trail = tree.enter(RULE, deepest)
        if not trail[-1].children:
            grown(trail[-1], 0.6, 0.4)
        tree.back_up(trail, value)


@given(st.lists(st.floats(0, 1), max_size=40))
def test_a_parents_visits_are_its_childrens_and_its_own_first(values):
    tree = SearchTree()
    simulate(tree, values)
    for node in tree.root.below():
        if node.children and node.depth < 3 and node.statistics.visits:
            below = sum(child.statistics.visits for child in node.children)
            assert node.statistics.visits == below + 1
    assert tree.root.statistics.visits == len(values)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_the_span_holds_every_mean_and_nothing_is_left_under_way(values):
    tree = SearchTree()
    simulate(tree, values)
    nodes = [node for node in tree.root.below() if node.statistics.visits]
    means = [node.statistics.mean for node in nodes]
    assert tree.span == Span(min(means), max(means))
    assert all(node.statistics.pending == 0 for node in tree.root.below())


@given(st.lists(st.floats(0, 1), max_size=60), st.integers(1, 4))
def test_no_simulation_goes_deeper_than_it_may(values, deepest):
    tree = SearchTree()
    simulate(tree, values, deepest)
    assert (
        max(node.depth for node in tree.root.below() if node.statistics.visits or not node.depth)
        <= deepest
    )


def test_simulations_of_one_batch_part_ways():
    tree = SearchTree()
    grown(tree.root, 0.5, 0.5)
    first, second = tree.enter(RULE, 3), tree.enter(RULE, 3)
    assert first[-1] is tree.root.children[0]
    assert second[-1] is tree.root.children[1]


def test_a_path_holds_what_leads_to_a_node():
    tree = SearchTree()
    middle = grown(tree.root, 0.5, 0.5)[1]
    last = grown(middle, 1.0)[0]
    assert last.path == (middle, last)
    assert last.token_ids == (1, 0)
    assert (tree.root.path, tree.root.depth, last.depth) == ((), 0, 2)


def test_moving_on_keeps_what_is_known_of_the_branch_and_tells_the_rows_of_the_others():
    tree = SearchTree()
    left, right = grown(tree.root, 0.6, 0.4)
    below = grown(left, 0.5)[0]
    for slot, node in enumerate((left, right, below, grown(right, 1.0)[0]), start=7):
        node.slot = Slot(slot)
    tree.back_up(tree.enter(RULE, 3), 0.5)
    statistics = left.statistics
    assert tree.move_on(left) == (8, 10)
    assert tree.root is left
    assert left.statistics == statistics
    assert left.children == (below,)
