import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.application.decoding.rescoring import Rescore, Trie
from tempo.domain.errors import PromptError
from tempo.domain.tokens import TokenId
from tempo.infrastructure.scripted.backend import ScriptedBackend
from tempo.infrastructure.scripted.script import Script
from tests.fakes.backends import CountingBackend
from tests.oracles import teacher_forced
from tests.strategies import prompts, scripts

largest_passes = st.sampled_from([1, 2, 3, 512])


@st.composite
def continuations(draw):
    script = draw(scripts())
    inner = st.integers(1, len(script.vocabulary) - 1)
    last = st.integers(0, len(script.vocabulary) - 1)
    path = st.tuples(st.lists(inner, max_size=5), last).map(lambda found: (*found[0], found[1]))
    return script, draw(prompts(script)), draw(st.lists(path, max_size=8))


def nodes_of(paths):
    """The distinct beginnings that have to be fed."""
    return {path[:length] for path in paths for length in range(1, len(path))}


@given(continuations(), largest_passes)
def test_scores_equal_teacher_forcing_however_the_trie_is_divided(case, largest):
    script, prompt, paths = case
    found = Rescore(ScriptedBackend(script), largest).run(prompt, paths)
    expected = [teacher_forced(script, prompt, path) for path in paths]
    assert found == pytest.approx(expected)


@given(continuations(), largest_passes)
def test_no_pass_is_larger_than_the_bound_and_there_are_few(case, largest):
    script, prompt, paths = case
    sizes = []

    class Measuring(CountingBackend):
        def extend(self, batch):
            sizes.extend(len(nodes) for _, nodes in batch)
            super().extend(batch)

    backend = Measuring(ScriptedBackend(script))
    Rescore(backend, largest).run(prompt, paths)
    assert backend.opened == 1
    assert max(sizes, default=0) <= largest
    assert backend.passes <= sum(-(-max(0, len(path) - 1) // largest) for path in paths)
    assert backend.nodes <= sum(max(0, len(path) - 1) for path in paths)


@given(continuations(), largest_passes)
def test_a_pass_stands_over_the_prompt_and_one_path_and_no_other_branch(case, largest):
    """What its mask hides would be read too."""
    script, prompt, paths = case
    spelled, held, sizes = {}, [], []

    class Watching(CountingBackend):
        def extend(self, batch):
            super().extend(batch)
            ((session, nodes),) = batch
            for node in nodes:
                above = max((slot for slot, _ in node.inherits + node.weights), default=None)
                spelled[node.slot] = (*spelled.get(above, ()), node.token_id)
            held.append((session.cache_rows, spelled[nodes[0].slot]))
            sizes.append(len(nodes))

    Rescore(Watching(ScriptedBackend(script)), largest).run(prompt, paths)
    assert sorted(spelled.values()) == sorted(nodes_of(paths))
    for (rows, first), size in zip(held, sizes, strict=True):
        assert rows == len(prompt) + len(first) - 1 + size
    assert len(sizes) == -(-len(nodes_of(paths)) // largest)
    assert max(sizes, default=0) - min(sizes, default=0) <= 1


@given(continuations())
def test_all_paths_go_through_in_one_pass_where_the_bound_allows(case):
    script, prompt, paths = case
    backend = CountingBackend(ScriptedBackend(script))
    Rescore(backend).run(prompt, paths)
    nodes = nodes_of(paths)
    assert (backend.passes, backend.nodes) == (bool(nodes), len(nodes))


@given(continuations())
def test_a_trie_holds_each_beginning_once(case):
    _, _, paths = case
    trie = Trie()
    for path in paths:
        trie.add(path)
    spelled = []
    for number in range(len(trie)):
        parent = trie.parents[number]
        spelled.append((*(spelled[parent] if parent >= 0 else ()), trie.tokens[number]))
        assert trie.depths[number] == len(spelled[number]) - 1
    assert len(set(spelled)) == len(spelled)
    assert set(spelled) == nodes_of(paths)


def test_a_token_is_scored_by_the_node_before_it():
    trie = Trie()
    assert trie.add((5, 6, 7)) == [-1, 0, 1]
    assert trie.add((5, 8, 9)) == [-1, 0, 2]
    assert trie.add((4,)) == [-1]
    assert trie.tokens == [5, 6, 8]


def test_an_impossible_path_scores_minus_infinity():
    script = Script.of({"": {"a": 1.0, "b": 0.0}})
    a, b = TokenId(1), TokenId(2)
    found = Rescore(ScriptedBackend(script)).run((a,), [(a, b), (a, a)])
    assert found == [-float("inf"), 0.0]


def test_an_empty_prompt_is_refused():
    with pytest.raises(PromptError):
        Rescore(ScriptedBackend(Script.random(0))).run((), [(TokenId(1),)])
