"""What every rule must do, those of the library and those of one's own alike."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tempo.domain.pruning.candidates import CandidateTraits
from tempo.domain.pruning.retroactive import Evidence
from tempo.domain.selection import Selection
from tempo.domain.tokens import CandidateState
from tests.contracts.rules import RETROACTIVE_RULES, SELECTION_RULES, STRATEGIES
from tests.interfaces.scripted_engine import FOREVER, scripted_engine
from tests.strategies import distributions, offers

MAX_STEPS = 12
shares = st.integers(1, 6).flatmap(distributions)
steps = st.integers(0, MAX_STEPS - 1)
randoms = st.randoms(use_true_random=False)


def each(rules):
    return pytest.mark.parametrize("rule", rules.values(), ids=rules.keys())


def decoded(**names):
    """A run of a model that hesitates at every step."""
    return scripted_engine(FOREVER).generate(
        " a", max_steps=MAX_STEPS, selection_threshold=0.05, **names
    )


@each(SELECTION_RULES)
@given(offers(), st.integers(1, 8))
def test_a_selection_keeps_one_at_least_and_no_more_than_without_the_rule(rule, offer, width):
    free = Selection(max_width=width, considered=8)
    ruled = Selection(max_width=width, considered=8, rule=rule)
    without, kept = (one.choose(offer.proposal, offer.threshold) for one in (free, ruled))
    assert 1 <= kept.kept <= without.kept
    assert kept == ruled.choose(offer.proposal, offer.threshold)


@each(SELECTION_RULES)
@given(offers(), st.integers(1, 8))
def test_all_that_a_selection_cuts_is_counted_with_its_mass(rule, offer, width):
    proposal = offer.proposal
    ruled = Selection(max_width=width, considered=8, rule=rule)
    choice = ruled.choose(proposal, offer.threshold)
    logs = proposal.log_probabilities.tolist()
    assert choice.kept + choice.cut == max(1, proposal.passing)
    if choice.cut:
        together = np.exp(logs[: choice.kept]).sum() + choice.cut_mass
        assert together == pytest.approx(proposal.passing_mass, abs=1e-9)
    states = [choice.state(rank, log) for rank, log in enumerate(logs)]
    assert [state is CandidateState.KEPT for state in states] == [
        rank < choice.kept for rank in range(len(logs))
    ]


@each(SELECTION_RULES)
def test_a_run_under_a_selection_rule_is_no_wider_and_the_same_again(rule):
    free, ruled, again = decoded(), decoded(selection_rule=rule), decoded(selection_rule=rule)
    assert ruled.lattice.steps[0].width <= free.lattice.steps[0].width
    assert len(ruled.best_path_ids) == MAX_STEPS
    assert ruled.bracketed == again.bracketed


@each(RETROACTIVE_RULES)
@given(shares, steps, randoms)
def test_a_rule_gives_each_candidate_the_same_verdict_again(rule, posterior, step, random):
    evidence = Evidence(posterior, np.array([random.random() for _ in posterior]))
    verdicts = rule.verdicts(evidence, step, MAX_STEPS)
    assert len(verdicts) == len(posterior)
    assert all(verdict.rule for verdict in verdicts)
    assert verdicts == rule.verdicts(evidence, step, MAX_STEPS)


@each(RETROACTIVE_RULES)
@given(shares, steps, randoms)
def test_who_is_better_in_everything_is_not_judged_worse(rule, posterior, step, random):
    order = np.argsort(posterior, kind="stable")
    attention = np.empty(len(posterior))
    attention[order] = sorted(random.random() for _ in posterior)
    verdicts = rule.verdicts(Evidence(posterior, attention), step, MAX_STEPS)
    for worse, better in itertools.pairwise(order):
        if posterior[worse] < posterior[better]:
            assert verdicts[worse].weight <= verdicts[better].weight


@each(RETROACTIVE_RULES)
def test_a_run_under_a_retroactive_rule_keeps_a_text_and_adds_up(rule):
    result = decoded(retroactive_pruning=rule)
    assert len(result.best_path_ids) == MAX_STEPS
    assert all(step.width >= 1 for step in result.lattice.steps)
    left = {(one.step, one.token_id) for one in result.lattice.decisions if one.effect.leaves}
    assert result.pruning.judged > 0
    assert 0 <= result.pruning.judged - result.pruning.kept <= len(left)


@each(STRATEGIES)
@given(shares, steps, st.integers(0, 6), randoms)
def test_a_strategy_judges_each_candidate_and_lets_one_stay(rule, posterior, step, sets, random):
    count = len(posterior)
    traits = CandidateTraits(
        np.sort(posterior)[::-1],
        attention=np.array([random.random() for _ in range(count)]),
        similarity=np.array([random.uniform(-1, 1) for _ in range(count)]),
        focus=random.random(),
        clusters=tuple(random.randrange(count) for _ in range(count)),
    )
    verdicts = rule.at(sets).verdicts(traits, step, MAX_STEPS)
    assert len(verdicts) == count
    assert not all(verdict.prunes for verdict in verdicts)
    assert verdicts == rule.at(sets).verdicts(traits, step, MAX_STEPS)


@each(STRATEGIES)
def test_a_run_under_a_strategy_tells_what_it_dropped_at_once(rule):
    result = decoded(pruning_strategy=rule)
    assert result.pruning.judged > 0
    assert all(one.decided_at == one.step for one in result.lattice.decisions)
    assert all(step.width >= 1 for step in result.lattice.steps)
