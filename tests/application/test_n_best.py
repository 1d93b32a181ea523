import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.application.decoding.generate import Generate
from tempo.application.decoding.request import GenerationRequest
from tempo.application.n_best import NBest, NBestText, Ranking
from tempo.domain.errors import InvalidValueError
from tempo.domain.lattice import Lattice
from tempo.domain.schedule import ConstantThreshold
from tempo.domain.selection import Selection
from tempo.domain.stopping import StopOn, Stopping
from tempo.domain.superposition import path_superposition
from tempo.domain.tokens import TokenId
from tempo.infrastructure.scripted.backend import ScriptedBackend
from tempo.infrastructure.scripted.script import END, Script
from tempo.infrastructure.scripted.tokenizer import ScriptedTokenizer
from tests.fakes.backends import CountingBackend
from tests.oracles import complete_paths, teacher_forced
from tests.strategies import requests, scripts

WIDE = Selection(ConstantThreshold(0.0), 6, 6)


def decoded(script, request):
    return Generate(ScriptedBackend(script), ScriptedTokenizer(script)).run(request).lattice


def best(script, lattice, count, *more):
    return NBest(ScriptedBackend(script)).run(lattice, count, *more)


@st.composite
def decoded_runs(draw):
    script = draw(scripts())
    request = draw(requests(script, max_steps=st.integers(1, 3)))
    return script, request, decoded(script, request)


@given(decoded_runs(), st.integers(1, 6))
def test_scores_equal_teacher_forcing(case, count):
    script, request, lattice = case
    for text in best(script, lattice, count, request.stopping.stop_bytes):
        expected = teacher_forced(script, request.prompt_ids, text.token_ids)
        assert text.log_probability == pytest.approx(expected)
        assert text.text_log_probability >= text.log_probability - 1e-12


@given(decoded_runs(), st.integers(1, 6))
def test_texts_are_distinct_best_first_and_paths_of_the_lattice(case, count):
    script, request, lattice = case
    found = best(script, lattice, count, request.stopping.stop_bytes)
    assert 1 <= len(found) <= count
    assert len({(text.text, text.finished) for text in found}) == len(found)
    scores = [text.log_probability for text in found]
    assert scores == sorted(scores, reverse=True)
    ways = {path.members for path in complete_paths(lattice)}
    for text in found:
        assert any(members[: len(text.members)] == text.members for members in ways)
        along = zip(lattice.steps, text.members, strict=False)
        tokens = tuple(step.token_set.members[member].token_id for step, member in along)
        assert text.token_ids == tokens


@given(decoded_runs())
def test_all_texts_of_a_small_lattice_are_found_with_all_their_tokenisations(case):
    script, request, lattice = case
    spelled = {}
    for path in complete_paths(lattice):
        along = [
            step.token_set.members[member]
            for step, member in zip(lattice.steps, path.members, strict=False)
        ]
        text = b"".join(one.content for one in along)
        tokens = [one.token_id for one in along]
        score = teacher_forced(script, request.prompt_ids, tokens)
        spelled.setdefault((text, path.finished), []).append(score)
    found = best(script, lattice, 200)
    expected = {
        key: (max(scores), float(np.logaddexp.reduce(scores))) for key, scores in spelled.items()
    }
    assert {
        (text.text.encode(), text.finished): (
            text.log_probability,
            text.text_log_probability,
        )
        for text in found
    } == {key: pytest.approx(scores) for key, scores in expected.items()}


@given(decoded_runs(), st.integers(1, 6))
def test_no_path_goes_through_the_model_whose_score_the_lattice_knows(case, count):
    script, _, lattice = case
    backend = CountingBackend(ScriptedBackend(script))
    NBest(backend).run(lattice, count)
    paths = lattice.best_paths(1000)
    estimated = [lattice.exact_score(path.members) is None for path in paths]
    if any(estimated[:20]):
        assert backend.opened == 1
    if not any(estimated):
        assert backend.opened == 0


def test_under_path_the_exact_chains_are_texts_before_any_estimated_one():
    """The row of "c" saw "ac", never "bc": by its word "bce" is nine times likelier than it is."""
    script = Script.of(
        {
            "": {"x": 1.0},
            "x": {"a": 0.6, "b": 0.4},
            ("x", "a"): {"c": 0.9, "d": 0.1},
            ("x", "b"): {"c": 0.8, "d": 0.2},
            ("a", "c"): {"e": 0.9, "f": 0.1},
            ("b", "c"): {"e": 0.1, "f": 0.9},
            ("a", "d"): {"e": 0.5, "f": 0.5},
            ("b", "d"): {"e": 0.5, "f": 0.5},
        }
    )
    prompt = (TokenId(script.vocabulary.index("x")),)
    kept = Selection(ConstantThreshold(0.01), 6, 6)
    request = GenerationRequest(prompt, 3, kept, superposition=path_superposition())
    lattice = decoded(script, request)

    def spelled(paths):
        return [lattice.content(path).decode() for path in paths]

    assert spelled(lattice.k_best(3)) == ["ace", "bce", "acf"]
    assert spelled(lattice.best_paths(3)) == ["ace", "acf", "bce"]
    assert [lattice.exact_score(path.members) for path in lattice.best_paths(3)] == [
        pytest.approx(math.log(0.6 * 0.9 * 0.9)),
        pytest.approx(math.log(0.6 * 0.9 * 0.1)),
        None,
    ]
    assert [(text.text, text.log_probability) for text in best(script, lattice, 2)] == [
        ("ace", pytest.approx(math.log(0.486))),
        ("bcf", pytest.approx(math.log(0.288))),
    ]


SPELLINGS = Script.of(
    {
        "": {"ab": 0.5, "a": 0.25, "b": 0.25},
        ("x", "a"): {"b": 0.8, "ab": 0.2},
        ("x", "ab"): {END: 1.0},
        ("a", "b"): {END: 1.0},
        ("x", "b"): {END: 1.0},
        "x": {"ab": 0.5, "a": 0.3, "b": 0.2},
    }
)
X = SPELLINGS.vocabulary.index("x")


def test_equal_texts_merge_into_their_best_tokenisation():
    request = GenerationRequest((TokenId(X),), 3, WIDE, stopping=Stopping(StopOn.ALL))
    found = best(SPELLINGS, decoded(SPELLINGS, request), 2)
    assert found[0].text == "ab"
    assert [SPELLINGS.vocabulary[token] for token in found[0].token_ids] == ["ab", END]
    assert found[0].log_probability == pytest.approx(math.log(0.5))
    assert found[0].text_log_probability == pytest.approx(math.log(0.5 + 0.3 * 0.8))
    assert (found[1].text, found[1].log_probability) == ("b", pytest.approx(math.log(0.2)))


def test_more_paths_are_fetched_while_equal_texts_merge():
    """Of the 216 paths, the 125 best spell 13 texts: the 14th is among those that follow."""
    names = ["a", "aa", "aaa", "aaaa", "aaaaa"]
    script = Script.of({"": dict.fromkeys(names, 0.19) | {"b": 0.05}})
    request = GenerationRequest((TokenId(1),), 3, WIDE)
    found = best(script, decoded(script, request), 14)
    assert len(found) == 14
    assert sorted(len(one.text) for one in found if "b" not in one.text) == list(range(3, 16))


def test_finished_and_unfinished_texts_stand_apart():
    request = GenerationRequest((TokenId(X),), 2, WIDE, stopping=Stopping(StopOn.ALL))
    found = best(SPELLINGS, decoded(SPELLINGS, request), 5)
    assert [(one.text, one.finished, round(math.exp(one.log_probability), 9)) for one in found] == [
        ("ab", True, 0.5),
        ("ab", False, 0.24),
        ("b", True, 0.2),
        ("aab", False, 0.06),
    ]


def test_texts_are_cut_at_their_stop_string():
    script = Script.of({"": {"a": 1.0}, "a": {"b": 1.0}, "b": {"c": 1.0}})
    stopping = Stopping(stop=("c",))
    request = GenerationRequest((TokenId(1),), 5, WIDE, stopping=stopping)
    (found,) = best(script, decoded(script, request), 5, stopping.stop_bytes)
    assert (found.text, found.finished, len(found.token_ids)) == ("b", True, 2)


def text_of(log_probability, tokens):
    return NBestText("x", (TokenId(1),) * tokens, (0,) * tokens, log_probability, 0.0, True)


def test_a_length_penalty_divides_by_a_power_of_the_length():
    text = text_of(-6.0, 4)
    assert text.penalised(0.0) == -6.0
    assert text.penalised(1.0) == text.mean_log_probability == -1.5
    assert text.penalised(0.5) == -3.0


def test_a_length_penalty_ranks_longer_texts_higher():
    script = Script.of({"": {"a": 0.6, END: 0.4}})
    request = GenerationRequest((TokenId(1),), 3, WIDE, stopping=Stopping(StopOn.ALL))
    lattice = decoded(script, request)
    assert [text.text for text in best(script, lattice, 4)] == ["", "a", "aaa", "aa"]
    assert [text.text for text in best(script, lattice, 4, (), Ranking(1.0))] == [
        "aaa",
        "aa",
        "a",
        "",
    ]


@given(decoded_runs(), st.integers(1, 6))
def test_shares_are_the_texts_probabilities_among_those_returned(case, count):
    script, request, lattice = case
    found = best(script, lattice, count, request.stopping.stop_bytes)
    weights = np.exp([text.text_log_probability for text in found])
    assert [text.share for text in found] == pytest.approx((weights / weights.sum()).tolist())


def test_texts_that_the_model_rules_out_share_evenly():
    """Another model than the one that made the lattice, or a lattice that lost a whole step."""
    vocabulary = {"": {"a": 1.0}, "a": {"b": 0.5, "c": 0.5}}
    script = Script.of(vocabulary | {"b": {"a": 1.0}, "c": {"a": 1.0}})
    lattice = decoded(script, GenerationRequest((TokenId(1),), max_steps=1, selection=WIDE))
    other = Script.of(vocabulary | {"a": {"a": 1.0}, "b": {"b": 1.0}, "c": {"c": 1.0}})
    found = best(other, lattice, 2)
    assert [text.log_probability for text in found] == [-math.inf] * len(found)
    assert [text.share for text in found] == pytest.approx([1 / len(found)] * len(found))
    assert sum(text.share for text in found) == pytest.approx(1.0)


def test_a_diverse_choice_takes_a_less_probable_text_over_a_near_copy():
    script = Script.of(
        {"": {"c": 1.0}, "x": {"a": 0.8, "b": 0.2}, "a": {"a": 1.0}, "b": {"b": 1.0}}
        | {("x", "a", "a"): {"a": 0.6, "c": 0.4}}
    )
    request = GenerationRequest((TokenId(script.vocabulary.index("x")),), 3, WIDE)
    lattice = decoded(script, request)
    assert [one.text for one in best(script, lattice, 2)] == ["aaa", "aac"]
    plain = [one.log_probability for one in best(script, lattice, 2)]
    assert plain == pytest.approx([math.log(0.48), math.log(0.32)])
    # "aac" holds the pairs (a, a) and (a, c), half of them in "aaa": it loses 0.5 of the penalty,
    # and stays before "bbb" (log 0.2) as long as that is under log(0.32 / 0.2).
    edge = 2 * math.log(0.32 / 0.2)
    for penalty, second in ((edge - 1e-6, "aac"), (edge + 1e-6, "bbb")):
        texts = best(script, lattice, 2, (), Ranking(diverse=penalty))
        assert [one.text for one in texts] == ["aaa", second]


@pytest.mark.parametrize("penalty", [-0.1, math.inf, math.nan])
def test_a_diverse_penalty_is_a_finite_number_from_zero(penalty):
    with pytest.raises(InvalidValueError, match=f"diverse is {penalty}; it must be"):
        Ranking(diverse=penalty)


def test_a_count_under_one_is_refused_and_an_empty_lattice_has_no_texts():
    with pytest.raises(InvalidValueError, match="0 texts were asked for"):
        best(SPELLINGS, Lattice((TokenId(1),), ()), 0)
    assert best(SPELLINGS, Lattice((TokenId(1),), ()), 3) == ()


def test_a_path_that_completes_a_stop_string_off_the_best_chain_is_finished_there():
    """ "a" then "a" completes the stop string, though the best chain to the second "a" does not."""
    script = Script.of({"": {"b": 0.7, "a": 0.3}})
    stopping = Stopping(StopOn.ALL, stop=("aa",))
    request = GenerationRequest((TokenId(1),), 3, WIDE, stopping=stopping)
    found = best(script, decoded(script, request), 20, stopping.stop_bytes)
    (stopped,) = (text for text in found if text.text == "")
    assert stopped.finished
    assert stopped.token_ids == (1, 1)
    assert stopped.log_probability == pytest.approx(math.log(0.09))


def test_a_path_without_the_stop_string_that_ended_its_last_member_is_not_finished():
    """The best chain to the second "a" completes "aa"; "ba" ends there without being finished."""
    script = Script.of({"": {"a": 0.7, "b": 0.3}})
    stopping = Stopping(StopOn.ALL, stop=("aa",))
    request = GenerationRequest((TokenId(1),), 2, WIDE, stopping=stopping)
    found = best(script, decoded(script, request), 20, stopping.stop_bytes)
    assert {text.text: text.finished for text in found} == {
        "": True,
        "ab": False,
        "ba": False,
        "bb": False,
    }


@given(decoded_runs())
def test_a_text_is_finished_exactly_if_it_ends_in_an_end_token_or_a_stop_string(case):
    script, request, lattice = case
    stops = request.stopping.stop_bytes
    for text in best(script, lattice, 50, stops):
        content = b"".join(ScriptedTokenizer(script).content(token) for token in text.token_ids)
        assert text.finished == (text.token_ids[-1] == 0 or any(stop in content for stop in stops))
