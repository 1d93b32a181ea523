"""The laws of design section 4 that a scripted model can judge exactly."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tempo.application.decoding.generate import Generate
from tempo.application.decoding.request import GenerationRequest
from tempo.application.decoding.run import DecodingRun
from tempo.domain.layout import PositionScheme
from tempo.domain.pruning.retroactive import CompleteMode
from tempo.domain.readout import Readout
from tempo.domain.schedule import ConstantThreshold
from tempo.domain.selection import Selection
from tempo.domain.stopping import StopOn, Stopping
from tempo.domain.superposition import Lineage, Marginal, path_superposition
from tempo.domain.tokens import TokenId
from tempo.domain.visibility import Visibility
from tempo.infrastructure.scripted.backend import ScriptedBackend
from tempo.infrastructure.scripted.script import Script
from tempo.infrastructure.scripted.tokenizer import ScriptedTokenizer
from tests.oracles import complete_paths, teacher_forced
from tests.strategies import (
    drawn_script,
    finite_lineages,
    prompts,
    pruned_requests,
    requests,
    scripts,
    seeds,
    selections,
    steered_outcomes,
)

NO_END = Stopping(stop_on=StopOn.ALL)
ISOLATED = Visibility.ISOLATED
CAP_ALONE = Selection(ConstantThreshold(0.0), 16, 16)


def decoded(script, request, steps=None):
    """The lattice after some steps, or of the whole run."""
    if steps is None:
        backend, tokenizer = ScriptedBackend(script), ScriptedTokenizer(script)
        return Generate(backend, tokenizer).run(request)
    run = DecodingRun(ScriptedBackend(script), ScriptedTokenizer(script), request)
    for _ in range(steps):
        run.advance()
    return run.lattice


def tokens_of(lattice, members):
    return tuple(
        step.token_set.members[member].token_id
        for step, member in zip(lattice.steps, members, strict=False)
    )


@given(st.data())
def test_law_1_width_one_is_greedy(data):
    script = data.draw(scripts())
    narrow = Selection(ConstantThreshold(data.draw(st.sampled_from([0.0, 0.2, 1.0]))), 1, 5)
    request = data.draw(requests(script, selection=narrow, stopping=NO_END))
    greedy = list(request.prompt_ids)
    for _ in range(request.max_steps):
        greedy.append(TokenId(int(np.argmax(script.next(greedy)))))
        if greedy[-1] == 0:
            break
    found = decoded(script, request).best_path_ids
    assert found == tuple(greedy[len(request.prompt_ids) :])


@given(st.data())
def test_law_3_the_mixture_after_the_first_set_is_the_enumerated_marginal(data):
    script = data.draw(scripts(end_weights=(0.0,)))
    request = data.draw(
        requests(script, readout=Readout.MIXTURE, visibility=ISOLATED, stopping=NO_END, max_steps=2)
    )
    first, second = decoded(script, request, steps=2).steps
    prompt = request.prompt_ids
    weights = {one.token_id: script.next(prompt)[one.token_id] for one in first.token_set.members}
    marginal = sum(
        weight * script.next((*prompt, token)) for token, weight in weights.items()
    ) / sum(weights.values())
    for one in second.candidates:
        assert one.probability == pytest.approx(marginal[one.token_id], abs=1e-9)


@given(st.data())
def test_law_4_path_rows_equal_separate_runs_and_d_equals_teacher_forcing(data):
    script = data.draw(scripts())
    request = data.draw(
        requests(
            script,
            superposition=path_superposition(),
            visibility=ISOLATED,
            stopping=replace(NO_END, min_steps=data.draw(st.integers(0, 1))),
        )
    )
    barred_before = request.stopping.min_steps
    lattice = decoded(script, request).lattice
    prompt = request.prompt_ids
    for number, step in enumerate(lattice.steps):
        before = lattice.steps[number - 1].token_set.live_indices if number else (None,)
        for row, parent in enumerate(before):
            chain = () if parent is None else lattice.chain(number - 1, parent)
            alone = script.next((*prompt, *tokens_of(lattice, chain)))
            expected = [math.log(alone[one.token_id]) for one in step.token_set.members]
            assert step.plain_transitions[row] == pytest.approx(np.array(expected))
        if barred_before:
            continue
        for index, member in enumerate(step.token_set.members):
            chain = tokens_of(lattice, lattice.chain(number, index))
            assert member.score == pytest.approx(teacher_forced(script, prompt, chain))


def assert_exact_where_it_says(script, lattice):
    for path in complete_paths(lattice):
        for length in range(1, len(path.members) + 1):
            members = path.members[:length]
            score = lattice.exact_score(members)
            if score is not None:
                tokens = tokens_of(lattice, members)
                assert score == pytest.approx(teacher_forced(script, lattice.prompt_ids, tokens))


@given(st.data())
def test_law_4_what_a_lattice_calls_exact_is_so_under_every_setting(data):
    script = data.draw(scripts())
    positions = data.draw(st.sampled_from(PositionScheme))
    request = data.draw(requests(script, positions=positions, max_steps=st.integers(1, 4)))
    assert_exact_where_it_says(script, decoded(script, request).lattice)


MODES = [st.just(CompleteMode.REMOVE_POSITION), st.sampled_from(CompleteMode)]


@given(st.data())
def test_law_4_what_a_pruned_lattice_calls_exact_is_so(data):
    script = data.draw(scripts())
    few = Selection(ConstantThreshold(0.1), 3, 6)
    request = data.draw(
        pruned_requests(
            script,
            superposition=path_superposition(),
            visibility=ISOLATED,
            selection=few,
            max_steps=6,
            stopping=NO_END,
            pruning={"complete_mode": data.draw(st.sampled_from(MODES))},
        )
    )
    assert_exact_where_it_says(script, decoded(script, request).lattice)


@given(st.data())
def test_law_4_what_a_persons_lattice_calls_exact_is_so(data):
    script = data.draw(scripts())
    request = data.draw(
        requests(script, superposition=path_superposition(), visibility=ISOLATED, max_steps=5)
    )
    outcome = data.draw(
        steered_outcomes(ScriptedBackend(script), ScriptedTokenizer(script), request)
    )
    assert_exact_where_it_says(script, outcome.lattice)
    assert outcome.lattice.exact_chains()


@given(st.data())
def test_law_4_under_path_each_best_chain_that_may_end_a_text_is_exact(data):
    script = data.draw(scripts())
    request = data.draw(
        requests(script, superposition=path_superposition(), visibility=ISOLATED, max_steps=4)
    )
    lattice = decoded(script, request).lattice
    ends = [
        (number, member)
        for number, step in enumerate(lattice.steps)
        for member in range(step.width)
        if number == len(lattice) - 1 or member not in step.token_set.live_indices
    ]
    found = {path.members: path for path in lattice.exact_chains()}
    assert found.keys() == {lattice.chain(*end) for end in ends}
    for path in found.values():
        tokens = tokens_of(lattice, path.members)
        assert path.score == pytest.approx(teacher_forced(script, request.prompt_ids, tokens))
    assert [path.members for path in lattice.best_paths(len(ends))] == list(found)


def widened(script):
    """The script with its last token split in two that share its probability and its future."""
    last = len(script.vocabulary) - 1
    twin = TokenId(last + 1)
    table = {}
    for context, row in script.table.items():
        split = np.append(row, row[last] / 2)
        split[last] /= 2
        for spelling in np.ndindex(*[2] * context.count(last)):
            names = iter(spelling)
            spelled = tuple(twin if token == last and next(names) else token for token in context)
            table[spelled] = split
    return Script((*script.vocabulary, "TWIN"), table, script.order)


@given(
    st.sampled_from([Marginal(), Lineage(sharpness=1.0, soft_steps=math.inf)]),
    st.integers(1, 2),
    seeds,
)
def test_law_5_splitting_a_candidate_in_two_changes_nothing(superposition, order, seed):
    whole = drawn_script(("<end>", "a", "b", "c"), order, seed, end_weight=0.3)
    split = widened(whole)
    request = GenerationRequest(
        (TokenId(1), TokenId(3)),
        max_steps=4,
        selection=CAP_ALONE,
        superposition=superposition,
        stopping=NO_END,
    )
    one, two = (decoded(script, request).lattice for script in (whole, split))
    assert len(one) == len(two) == 4
    for first, second in zip(one.steps, two.steps, strict=True):
        merged = np.zeros(len(whole.vocabulary))
        for candidate in second.candidates:
            merged[min(candidate.token_id, 3)] += candidate.probability
        expected = np.zeros(len(whole.vocabulary))
        for candidate in first.candidates:
            expected[candidate.token_id] += candidate.probability
        assert merged == pytest.approx(expected, abs=1e-12)
        assert second.kept_mass == pytest.approx(first.kept_mass)
        assert second.finished_mass == pytest.approx(first.finished_mass)


def test_law_5_does_not_hold_where_history_is_sharper_by_design():
    whole = drawn_script(("<end>", "a", "b", "c"), 2, 1, end_weight=0.3)
    request = GenerationRequest(
        (TokenId(1),), 4, CAP_ALONE, Lineage(sharpness=4.0, soft_steps=math.inf), stopping=NO_END
    )
    one, two = (decoded(script, request).lattice for script in (whole, widened(whole)))
    shares = [
        sum(c.probability for c in lattice.steps[-1].candidates if c.token_id >= 3)
        for lattice in (one, two)
    ]
    assert shares[0] != pytest.approx(shares[1], abs=1e-6)


@given(st.data())
def test_law_7_release_changes_nothing(data):
    script = data.draw(scripts(max_order=3))
    request = data.draw(
        requests(script, superposition=finite_lineages, max_steps=st.integers(1, 9), release=True)
    )
    freed = decoded(script, request)
    kept = decoded(script, replace(request, release=False))
    assert freed.text == kept.text
    assert freed.best == kept.best
    assert freed.reason == kept.reason
    assert freed.cost.cache_rows + freed.cost.released_rows == kept.cost.cache_rows
    assert kept.cost.released_rows == 0
    for one, two in zip(freed.lattice.steps, kept.lattice.steps, strict=True):
        assert one.token_set.members == two.token_set.members
        assert one.transitions.tolist() == two.transitions.tolist()
        assert one.kept_mass == two.kept_mass


def test_release_frees_rows():
    script = Script.random(seed=3, tokens=4, order=2)
    request = GenerationRequest(
        (TokenId(1),),
        max_steps=30,
        selection=Selection(ConstantThreshold(0.05), 4, 5),
        superposition=path_superposition(),
        stopping=replace(NO_END, min_steps=30),
    )
    freed = decoded(script, request).cost
    kept = decoded(script, replace(request, release=False)).cost
    assert freed.released_rows > 20
    assert freed.cache_rows < freed.peak_cache_rows < kept.cache_rows == kept.peak_cache_rows


@given(st.data())
def test_a_kept_mass_is_the_probability_that_a_sample_stays(data):
    """Exact at the first two steps, where every row saw its own path alone."""
    script = data.draw(scripts(end_weights=(0.0,)))
    request = data.draw(
        requests(script, visibility=ISOLATED, stopping=NO_END, max_steps=2, selection=selections)
    )
    lattice = decoded(script, request, steps=2)
    first, second = ([one.token_id for one in step.token_set.members] for step in lattice.steps)
    prompt = request.prompt_ids
    staying = sum(
        script.next(prompt)[a] * script.next((*prompt, a))[b] for a in first for b in second
    )
    assert lattice.kept_mass == pytest.approx(staying)


@given(st.data())
def test_the_physical_order_of_siblings_does_not_matter(data):
    """Law 2: each first candidate's row is that of its own run, whatever stands beside it."""
    script = data.draw(scripts(end_weights=(0.0,)))
    prompt = data.draw(prompts(script))
    request = data.draw(
        requests(script, prompt_ids=prompt, visibility=ISOLATED, stopping=NO_END, max_steps=2)
    )
    first, second = decoded(script, request, steps=2).steps
    assume(first.width > 1)
    for row, parent in enumerate(first.token_set.members):
        alone = script.next((*prompt, parent.token_id))
        found = np.exp(second.transitions[row])
        assert found == pytest.approx(alone[[one.token_id for one in second.token_set.members]])
