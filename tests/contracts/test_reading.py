"""What a proposal says about the rows (design sections 2.2, 2.3 and 3)."""

import numpy as np
import pytest
import torch
from transformers import (
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from tempo.domain.errors import SessionError
from tempo.domain.proposal import Combination, Reading
from tempo.domain.row_rules import RowRules
from tempo.domain.tokens import TokenId
from tests.contracts.passes import (
    PROMPT,
    differ,
    extend,
    node,
    opened,
    read,
    rows,
)

SIBLINGS = (4, 1, 9)
WEIGHTS = (0.5, 0.3, 0.2)


def with_siblings(adapter, rules=None):
    session = opened(adapter, rules=rules)
    extend(adapter, session, *(node(token, 5 + i) for i, token in enumerate(SIBLINGS)))
    return session


@pytest.fixture(scope="session")
def siblings_rows(adapter):
    """[k, v] log-probabilities after each sibling, from the model itself."""
    return np.stack([adapter.log_probabilities((*PROMPT, token)) for token in SIBLINGS])


def by_token(proposal, values, vocabulary):
    """Return values [..., c] of the candidates as [..., v], -inf where a token was not given."""
    spread = np.full((*values.shape[:-1], vocabulary), -np.inf)
    spread[..., list(proposal.token_ids)] = values
    return spread


def test_candidates_come_most_probable_first(adapter, siblings_rows):
    mixture = np.log(np.array(WEIGHTS) @ np.exp(siblings_rows))
    with with_siblings(adapter) as session:
        proposal = read(adapter, session, weights=WEIGHTS, considered=5)
    assert proposal.token_ids == tuple(np.argsort(-mixture)[:5])
    assert differ(proposal.log_probabilities, np.sort(mixture)[::-1][:5]) < 1e-4


def test_considering_more_than_the_vocabulary_gives_every_token_once(adapter):
    with with_siblings(adapter) as session:
        proposal = read(adapter, session, weights=WEIGHTS, considered=10 * adapter.vocabulary)
    assert sorted(proposal.token_ids) == list(range(adapter.vocabulary))
    assert np.exp(proposal.log_probabilities).sum() == pytest.approx(1.0, abs=1e-5)


def test_the_tables_hold_each_rows_own_log_probabilities(adapter, siblings_rows):
    with with_siblings(adapter) as session:
        proposal = read(adapter, session, weights=WEIGHTS, considered=5)
    expected = siblings_rows[:, list(proposal.token_ids)]
    assert differ(proposal.rows, expected) < 1e-4
    assert differ(proposal.plain_rows, expected) < 1e-4


def test_rows_stand_in_the_order_in_which_nodes_were_given(adapter, siblings_rows):
    with opened(adapter) as session:
        extend(adapter, session, *(node(token, 5 + i) for i, token in enumerate(SIBLINGS[::-1])))
        found = rows(adapter, session, 3)
    assert differ(found, siblings_rows[::-1]) < 1e-4


def test_the_weight_of_one_row_reads_that_row_alone(adapter, siblings_rows):
    with with_siblings(adapter) as session:
        proposal = read(adapter, session, weights=(0.0, 0.0, 1.0), considered=adapter.vocabulary)
    found = by_token(proposal, proposal.log_probabilities, adapter.vocabulary)
    assert differ(found, siblings_rows[2]) < 1e-4


def test_the_product_is_the_normalised_geometric_mean(adapter, siblings_rows):
    product = np.array(WEIGHTS) @ siblings_rows
    product -= np.logaddexp.reduce(product)
    with with_siblings(adapter) as session:
        proposal = read(
            adapter,
            session,
            weights=WEIGHTS,
            combination=Combination.GEOMETRIC,
            considered=adapter.vocabulary,
        )
    found = by_token(proposal, proposal.log_probabilities, adapter.vocabulary)
    assert differ(found, product) < 1e-4


@pytest.mark.parametrize("threshold", [0.0, 0.02, 0.1, 1.0])
def test_all_tokens_at_the_threshold_are_counted_not_only_those_returned(
    adapter, siblings_rows, threshold
):
    mixture = np.array(WEIGHTS) @ np.exp(siblings_rows)
    passing = mixture[mixture >= threshold]
    with np.errstate(divide="ignore"):
        level = float(np.log(threshold))
    with with_siblings(adapter) as session:
        proposal = read(adapter, session, weights=WEIGHTS, considered=1, log_threshold=level)
    assert len(proposal.token_ids) == 1
    assert proposal.passing == len(passing)
    assert proposal.passing_mass == pytest.approx(passing.sum(), abs=1e-5)


def test_the_entropy_is_that_of_the_whole_readout(adapter, siblings_rows):
    mixture = np.array(WEIGHTS) @ np.exp(siblings_rows)
    with with_siblings(adapter) as session:
        proposal = read(adapter, session, weights=WEIGHTS, considered=2)
    assert proposal.entropy == pytest.approx(-(mixture * np.log(mixture)).sum(), abs=1e-4)


def test_pairs_are_answered_in_the_order_asked(adapter, siblings_rows):
    pairs = ((2, 7), (0, 1), (2, 0), (0, 1))
    with with_siblings(adapter) as session:
        proposal = read(
            adapter, session, pairs=tuple((row, TokenId(token)) for row, token in pairs)
        )
    expected = np.array([siblings_rows[pair] for pair in pairs])
    assert differ(proposal.pair_scores, expected) < 1e-4
    assert proposal.token_ids == ()


def test_pairs_and_a_readout_come_in_one_proposal(adapter, siblings_rows):
    with with_siblings(adapter) as session:
        both = read(adapter, session, weights=WEIGHTS, considered=3, pairs=((1, TokenId(6)),))
        alone = read(adapter, session, weights=WEIGHTS, considered=3)
    assert both.token_ids == alone.token_ids
    assert differ(both.rows, alone.rows) == 0.0
    assert both.pair_scores == pytest.approx([siblings_rows[1, 6]], abs=1e-4)


def test_pairs_are_plain_whatever_the_processors_and_bars(adapter, siblings_rows):
    with with_siblings(adapter, RowRules(temperature=0.5, top_k=1)) as session:
        proposal = read(
            adapter,
            session,
            weights=WEIGHTS,
            considered=1,
            barred=(TokenId(6),),
            pairs=((1, TokenId(6)),),
        )
    assert proposal.pair_scores == pytest.approx([siblings_rows[1, 6]], abs=1e-4)


def test_pairs_are_also_answered_after_bars_and_processors(adapter, siblings_rows):
    tempered = 2.0 * siblings_rows[1]
    tempered[3] = -np.inf
    tempered -= np.logaddexp.reduce(tempered)
    with with_siblings(adapter, RowRules(temperature=0.5)) as session:
        proposal = read(
            adapter,
            session,
            barred=(TokenId(3),),
            pairs=((1, TokenId(6)), (1, TokenId(3))),
        )
    assert proposal.processed_scores[0] == pytest.approx(tempered[6], abs=1e-4)
    assert proposal.processed_scores[1] == -np.inf


def test_mixtures_are_weighted_sums_of_the_rows_over_the_whole_vocabulary(adapter, siblings_rows):
    """Of any sum, with and without a readout and pairs beside them, less what is barred."""
    mixtures = ((0.5, 0.0, 2.0), (0.0, 1.0, 0.0))
    left = siblings_rows.copy()
    left[:, 3] = -np.inf
    left -= np.logaddexp.reduce(left, axis=1, keepdims=True)
    asked = {"mixtures": mixtures, "barred": (TokenId(3),)}
    with with_siblings(adapter) as session:
        alone = read(adapter, session, **asked)
        beside = read(
            adapter, session, weights=WEIGHTS, considered=2, pairs=((2, TokenId(7)),), **asked
        )
    assert np.abs(alone.mixtures - np.array(mixtures) @ np.exp(left)).max() < 1e-5
    assert differ(beside.mixtures, alone.mixtures) == 0.0
    assert beside.pair_scores == pytest.approx([siblings_rows[2, 7]], abs=1e-4)
    assert len(beside.token_ids) == 2


def test_mixtures_for_another_number_of_rows_are_refused(adapter):
    with (
        with_siblings(adapter) as session,
        pytest.raises(SessionError, match=r"3 rows.* 2 weights"),
    ):
        read(adapter, session, mixtures=((1.0, 0.0, 0.0), (1.0, 0.0)))


def test_reading_twice_gives_the_same(adapter):
    with with_siblings(adapter) as session:
        one = read(adapter, session, weights=WEIGHTS, considered=6)
        other = read(adapter, session, weights=WEIGHTS, considered=6)
    assert one.token_ids == other.token_ids
    assert differ(one.rows, other.rows) == 0.0


def test_barred_tokens_are_never_proposed_and_the_others_share_their_mass(adapter, siblings_rows):
    barred = (TokenId(3), TokenId(0))
    left = siblings_rows.copy()
    left[:, barred] = -np.inf
    left -= np.logaddexp.reduce(left, axis=1, keepdims=True)
    with with_siblings(adapter) as session:
        proposal = read(
            adapter, session, weights=WEIGHTS, considered=adapter.vocabulary, barred=barred
        )
    assert set(proposal.token_ids) == set(range(adapter.vocabulary)) - set(barred)
    assert differ(proposal.rows, left[:, list(proposal.token_ids)]) < 1e-4
    assert differ(proposal.plain_rows, siblings_rows[:, list(proposal.token_ids)]) < 1e-4
    assert proposal.finite


def test_a_barred_token_takes_no_place_among_those_that_a_processor_keeps(adapter):
    order = np.argsort(-adapter.log_probabilities(PROMPT))
    with opened(adapter, rules=RowRules(top_k=2)) as session:
        proposal = read(
            adapter, session, weights=(1.0,), considered=5, barred=(TokenId(int(order[0])),)
        )
    assert proposal.token_ids == tuple(order[1:3])
    assert np.exp(proposal.log_probabilities).sum() == pytest.approx(1.0, abs=1e-6)


def test_equal_tokens_come_lower_id_first(undecided):
    adapter, equal = undecided
    with opened(adapter) as session:
        proposal = read(adapter, session, weights=(1.0,), considered=adapter.vocabulary)
    assert proposal.token_ids[: len(equal)] == equal
    assert len(set(proposal.log_probabilities[: len(equal)].tolist())) == 1


@pytest.mark.parametrize("cut", [1, 2, 4])
def test_a_cut_among_equal_tokens_keeps_the_lower_ids(undecided, cut):
    """Fewer are asked for than are alike: torch's `topk` alone would return any of them."""
    adapter, equal = undecided
    with opened(adapter) as session:
        proposal = read(adapter, session, weights=(1.0,), considered=cut)
    assert proposal.token_ids == equal[:cut]


RULES = {
    "temperature": RowRules(temperature=0.7),
    "a high temperature": RowRules(temperature=1.9),
    "top-k": RowRules(top_k=3),
    "top-p": RowRules(top_p=0.77),
    "min-p": RowRules(min_p=0.23),
    "repetition penalty": RowRules(repetition_penalty=1.7),
    "a reward for repetition": RowRules(repetition_penalty=0.6),
    "all together": RowRules(1.3, 6, 0.91, 0.05, 1.4),
}


def by_hand(rules, text, logits):
    """Return [v] log-probabilities after transformers' own processors, in the order it uses."""
    scores = torch.from_numpy(logits)[None]
    ids = torch.tensor([list(text)])
    for wanted, processor in (
        (rules.repetition_penalty != 1.0, RepetitionPenaltyLogitsProcessor),
        (rules.temperature != 1.0, TemperatureLogitsWarper),
        (rules.top_k, TopKLogitsWarper),
        (rules.top_p, TopPLogitsWarper),
        (rules.min_p, MinPLogitsWarper),
    ):
        if wanted:
            value = {
                RepetitionPenaltyLogitsProcessor: rules.repetition_penalty,
                TemperatureLogitsWarper: rules.temperature,
                TopKLogitsWarper: rules.top_k,
                TopPLogitsWarper: rules.top_p,
                MinPLogitsWarper: rules.min_p,
            }[processor]
            scores = processor(value)(ids, scores)
    return scores.log_softmax(-1)[0].numpy()


def assert_processed(adapter, session, rules, texts):
    """The last pass's rows are transformers' processors at work on the rows of `texts`."""
    expected = np.stack([by_hand(rules, text, adapter.logits(text)) for text in texts])
    shares = np.full(len(texts), 1.0 / len(texts))
    proposal = read(adapter, session, weights=tuple(shares.tolist()), considered=adapter.vocabulary)
    found = by_token(proposal, proposal.rows, adapter.vocabulary)
    assert (np.isneginf(found) == np.isneginf(expected)).all()
    possible = ~np.isneginf(expected)
    assert differ(found[possible], expected[possible]) < 1e-4
    readout = by_token(proposal, proposal.log_probabilities, adapter.vocabulary)
    assert np.abs(np.exp(readout) - shares @ np.exp(expected)).max() < 1e-5
    plain = np.stack([adapter.log_probabilities(text) for text in texts])
    assert differ(proposal.plain_rows, plain[:, list(proposal.token_ids)]) < 1e-4


@pytest.mark.parametrize("rules", RULES.values(), ids=RULES)
def test_processors_are_transformers_own_on_the_prompts_row(adapter, rules):
    with opened(adapter, rules=rules) as session:
        assert_processed(adapter, session, rules, [PROMPT])


@pytest.mark.parametrize("rules", RULES.values(), ids=RULES)
def test_processors_are_transformers_own_on_each_row_and_its_own_path(adapter, rules):
    with opened(adapter, rules=rules) as session:
        extend(adapter, session, node(4, 5), node(1, 6))
        assert_processed(adapter, session, rules, [(*PROMPT, 4), (*PROMPT, 1)])
        extend(adapter, session, node(9, 7, 6, 1), node(6, 8, 5, 1), node(1, 9, 8, 2))
        texts = [(*PROMPT, 1, 9), (*PROMPT, 4, 6), (*PROMPT, 4, 6, 1)]
        assert_processed(adapter, session, rules, texts)


def test_the_penalty_follows_the_path_after_going_back_and_two_ways(adapter):
    rules = RULES["repetition penalty"]
    with opened(adapter, rules=rules) as session:
        extend(adapter, session, node(4, 5), node(1, 6))
        mark = session.mark()
        extend(adapter, session, node(9, 7, 5, 1))
        with session.fork() as twin:
            session.rewind(mark)
            extend(adapter, session, node(6, 7, 6, 1))
            assert_processed(adapter, session, rules, [(*PROMPT, 1, 6)])
            extend(adapter, twin, node(6, 8, 7, 2))
            assert_processed(adapter, twin, rules, [(*PROMPT, 4, 9, 6)])


def test_the_penalty_follows_the_best_parent_not_what_the_row_sees(adapter):
    """The row sees another path altogether; what counts as said is the parent's chain."""
    rules = RowRules(repetition_penalty=1e9)
    seen = {"inherits": (), "weights": [(6, 1.0)]}
    with opened(adapter, rules=rules) as session, opened(adapter) as plain:
        for one in (session, plain):
            extend(adapter, one, node(4, 5), node(1, 6))
            extend(adapter, one, node(9, 7, 5, 1, **seen))
        everything = {"weights": (1.0,), "considered": adapter.vocabulary}
        penalised = read(adapter, session, **everything)
    low = by_token(penalised, penalised.rows, adapter.vocabulary)[0]
    said = {*PROMPT, 4, 9}
    unsaid = [token for token in range(adapter.vocabulary) if token not in said]
    logits = adapter.logits((*PROMPT, 1, 9))
    negative = [token for token in said if logits[token] < 0]
    assert negative
    assert low[negative].max() < -1e3
    assert low[unsaid].min() > -1e3


def test_a_reading_of_nothing_is_an_empty_proposal(adapter):
    with opened(adapter) as session:
        (proposal,) = adapter.backend.propose([(session, Reading())])
    assert proposal.token_ids == ()
    assert proposal.pair_scores.size == 0
    assert proposal.finite
