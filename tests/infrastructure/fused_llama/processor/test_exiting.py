"""Rows that leave before the last layer, beside passes in which they stay still from there on."""

import functools

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tempo.domain.capture import Capture
from tempo.domain.early_exit import (
    NEVER,
    Criterion,
    ExitLayer,
    ExitRule,
    Leaving,
)
from tempo.domain.errors import InvalidValueError, SessionError, UnsupportedModelError
from tempo.domain.node import Node
from tempo.domain.proposal import Reading
from tempo.domain.row_rules import RowRules
from tempo.domain.tokens import Slot, TokenId
from tempo.infrastructure.fused_llama.backend import FusedBackend
from tempo.infrastructure.fused_llama.early_exit import leaving_early
from tempo.infrastructure.fused_llama.plain_decoder import PlainDecoder
from tempo.infrastructure.fused_llama.processor import exiting
from tempo.infrastructure.fused_llama.processor.exiting import ExitingDecoder
from tempo.infrastructure.fused_llama.processor.judging import Judge
from tempo.infrastructure.fused_llama.weights import Weights
from tempo.infrastructure.huggingface import support
from tests.contracts.passes import ATTENTIVE
from tests.infrastructure.fused_llama.frozen_rows import (
    DEPTH,
    VOCABULARY,
    Fed,
    deep_decoder,
    deep_model,
    logits,
    readings,
    states,
)

PROMPT = (3, 5, 8, 2)
CLOSE = 1e-4

tokens = st.integers(0, VOCABULARY - 1)
families = st.sampled_from(["llama", "qwen3", "qwen2"])
criteria = st.sampled_from(Criterion)
leavings = st.sampled_from(Leaving)
shares = st.floats(-0.01, 0.6)
few = settings(max_examples=20)


@functools.cache
def decoder(family):
    return deep_decoder(family)


@functools.cache
def description(family):
    return support.describe(deep_model(family), family)


@st.composite
def rules(draw, criterion=criteria, last=DEPTH):
    """Rules at a few layers, whose thresholds some rows reach and others do not."""
    layers = sorted(draw(st.sets(st.integers(1, last), min_size=1)))
    kind = draw(criterion)
    likely = st.integers(0, 2) if kind is Criterion.AGREEMENT else shares
    likely = st.floats(0.5, 0.99) if kind is Criterion.SIMILARITY else likely
    chosen = st.one_of(likely, st.sampled_from([-2.0, NEVER]))
    exits = tuple(ExitLayer(layer, draw(chosen)) for layer in layers)
    return ExitRule(exits, kind, draw(leavings))


@st.composite
def passes(draw):
    """Passes of a few nodes; each sees some earlier ones, siblings of its pass among them."""
    found, slot = [], len(PROMPT)
    for depth in range(draw(st.integers(1, 3))):
        count = draw(st.integers(1, 6))
        fresh = []
        for one in range(slot, slot + count):
            others = [other for other in range(len(PROMPT), slot + count) if other != one]
            seen = sorted(draw(st.sets(st.sampled_from(others)))) if others else []
            weights = tuple((Slot(other), 1.0) for other in seen)
            position = len(PROMPT) + depth
            fresh.append(Node(TokenId(draw(tokens)), position, Slot(one), None, (), weights))
        slot += count
        found.append(fresh)
    return found


def rows(backend, session, count):
    every = tuple((row, TokenId(token)) for row in range(count) for token in range(VOCABULARY))
    (found,) = backend.propose([(session, Reading(pairs=every))])
    return found.pair_scores.reshape(count, -1)


def run(backend, given, prompt=PROMPT):
    """Return the log-probabilities of all rows, those of the prompt's last token first."""
    with backend.open([TokenId(token) for token in prompt], RowRules()) as session:
        found = [rows(backend, session, 1)]
        for nodes in given:
            backend.extend([(session, nodes)])
            found.append(rows(backend, session, len(nodes)))
    return np.concatenate(found)


def exiting_backend(family, rule, heard=None):
    held = decoder(family)
    made = ExitingDecoder(held.weights, rule) if heard is None else None
    made = made or ExitingDecoder(held.weights, rule, heard)
    return FusedBackend(made, description(family))


def full_backend(family):
    return FusedBackend(decoder(family), description(family))


@few
@given(family=families, rule=rules(last=DEPTH), given_=passes(), data=st.data())
def test_early_exit_at_the_last_layer_equals_the_full_model(family, rule, given_, data):
    """To the bit: whatever is read on the way changes nothing."""
    exits = tuple(ExitLayer(one.layer, NEVER) for one in rule.layers if one.layer < DEPTH)
    last = (ExitLayer(DEPTH, data.draw(shares)),)
    late = ExitRule(exits + last, rule.criterion, rule.leaving)
    heard = []
    found = run(exiting_backend(family, late, heard.append), given_)
    assert np.array_equal(found, run(full_backend(family), given_))
    assert {one.layer for told in heard for one in told} == {DEPTH}


@few
@given(family=families, rule=rules(), given_=passes())
def test_a_row_that_leaves_is_one_whose_state_stays_still_from_there_on(family, rule, given_):
    heard = []
    found = run(exiting_backend(family, rule, heard.append), given_)
    exits = [one for told in heard for one in told]
    before = len(PROMPT) - 1
    left_after = [DEPTH] * before + [one.layer for one in exits]
    weights = decoder(family).weights
    nodes = [node for fresh in given_ for node in fresh]
    wanted = states(weights, Fed.of(PROMPT, nodes), left_after)
    expected = logits(weights, wanted[-1][before:]).log_softmax(-1).numpy()
    assert found == pytest.approx(expected, abs=CLOSE)


@few
@given(family=families, rule=rules(), given_=passes())
def test_a_row_leaves_at_the_first_layer_where_it_is_sure_enough(family, rule, given_):
    """And a set by its slowest, in each pass by itself; within rounding of a threshold either."""
    heard = []
    run(exiting_backend(family, rule, heard.append), given_)
    before = len(PROMPT) - 1
    left_after = [DEPTH] * before + [one.layer for told in heard for one in told]
    weights = decoder(family).weights
    nodes = [node for fresh in given_ for node in fresh]
    found = states(weights, Fed.of(PROMPT, nodes), left_after)
    layers, row = [one.layer for one in rule.layers], before
    for told in heard:
        wanted = []
        for one in told:
            reached = readings(weights, found, row, layers)
            row += 1
            passed = [entry for entry in reached if entry.layer <= one.layer]
            sure = [rule.criterion.confidence(entry) for entry in passed]
            limits = [rule.threshold_after(entry.layer) for entry in passed]
            assume(all(abs(a - b) > CLOSE for a, b in zip(sure, limits, strict=True)
                       if rule.criterion is not Criterion.AGREEMENT))  # fmt: skip
            holding = [e.layer for e, a, b in zip(passed, sure, limits, strict=True) if a >= b]
            wanted.append(min([*holding, DEPTH]))
            if rule.criterion.reads_head:
                idle = {layer for layer in layers if rule.threshold_after(layer) == NEVER}
                idle = set() if rule.criterion is Criterion.AGREEMENT else idle
                read = [entry for entry in passed if entry.layer not in idle]
                assert [entry.token for entry in one.readings] == [e.token for e in read]
                for entry, other in zip(one.readings, read, strict=True):
                    assert entry.margin == pytest.approx(other.margin, abs=CLOSE)
                    assert entry.entropy == pytest.approx(other.entropy, abs=10 * CLOSE)
                    assert idle or entry.agreeing == other.agreeing
                    assert entry.similarity == pytest.approx(other.similarity, abs=CLOSE)
        if rule.leaving is Leaving.SET:
            wanted = [max(wanted)] * len(wanted)
        assert [one.layer for one in told] == wanted


def siblings(count):
    first = len(PROMPT)
    return [Node(TokenId(7 * one % 60), first, Slot(first + one)) for one in range(count)]


@few
@given(family=families, rule=rules(), count=st.integers(1, 9))
def test_a_row_that_sees_no_sibling_leaves_where_it_leaves_alone(family, rule, count):
    each = ExitRule(rule.layers, rule.criterion, Leaving.EACH)
    together, alone = [], []
    found = run(exiting_backend(family, each, together.append), [siblings(count)])
    for one in siblings(count):
        node = Node(one.token_id, one.position, Slot(len(PROMPT)))
        (_, row) = run(exiting_backend(family, each, alone.append), [[node]])
        assert found[1 + int(one.slot) - len(PROMPT)] == pytest.approx(row, abs=CLOSE)
    assert [one.layer for one in together[1]] == [told[0].layer for told in alone[1::2]]


@few
@given(family=families, rule=rules(), count=st.integers(1, 9))
def test_a_set_leaves_where_the_slowest_of_its_rows_would(family, rule, count):
    heard = {leaving: [] for leaving in Leaving}
    for leaving, told in heard.items():
        run(
            exiting_backend(family, ExitRule(rule.layers, rule.criterion, leaving), told.append),
            [siblings(count)],
        )
    each, together = ([one.layer for one in heard[leaving][1]] for leaving in Leaving)
    assert together == [max(each)] * count


@few
@given(family=families, rule=rules(), given_=passes())
def test_sessions_that_share_a_pass_leave_as_they_would_alone(family, rule, given_):
    prompts = (PROMPT, (9, 1, 7, 7), (4, 4, 1, 30))
    backend = exiting_backend(family, rule)
    apart = [run(backend, given_, prompt) for prompt in prompts]
    sessions = [
        backend.open([TokenId(token) for token in prompt], RowRules()) for prompt in prompts
    ]
    shared = [[rows(backend, session, 1)] for session in sessions]
    for nodes in given_:
        backend.extend([(session, nodes) for session in sessions])
        for found, session in zip(shared, sessions, strict=True):
            found.append(rows(backend, session, len(nodes)))
    for session in sessions:
        session.close()
    for found, wanted in zip(shared, apart, strict=True):
        assert np.concatenate(found) == pytest.approx(wanted, abs=CLOSE)


def test_a_row_that_was_sure_once_does_not_hold_its_set_back_later():
    """The first row is sure after layer 1 alone, the second after layer 2 alone."""
    rule = ExitRule((ExitLayer(1, 0.5), ExitLayer(2, 0.5)), Criterion.MARGIN, Leaving.SET)
    judge, both = Judge(rule, [slice(0, 2)], tells=False), np.arange(2)
    sure, torn = [9.0, 0.0, 0.0], [1.0, 1.0, 1.0]
    left = []
    for layer, said in ((1, [sure, torn]), (2, [torn, sure])):
        judge.survey(both, np.array(said, dtype=np.float32))
        left.append(judge.leaving(both, layer, 0.5).tolist())
    assert left == [[False, False], [True, True]]


class Counting:
    """A layer that counts the rows that go through it."""

    def __init__(self, layer):
        self.layer, self.rows = layer, 0

    def begin(self, state):
        self.rows += len(state.hidden)
        self.layer.begin(state)

    def end(self, state):
        self.layer.end(state)


@pytest.mark.parametrize("leaving", list(Leaving))
def test_layers_after_an_exit_do_not_run(leaving):
    """What is saved is work, not a count of it."""
    heard = []
    rule = ExitRule((ExitLayer(2, 0.1), ExitLayer(3, -2.0)), Criterion.MARGIN, leaving)
    made = ExitingDecoder(decoder("llama").weights, rule, heard.append)
    made._narrow = counted = tuple(map(Counting, made._narrow))
    run(FusedBackend(made, description("llama")), [siblings(8)])
    # The prompt's rows but the last are not told of, and go through all layers.
    through = [
        sum(one.layer > number for told in heard for one in told) + len(PROMPT) - 1
        for number in range(DEPTH)
    ]
    assert [layer.rows for layer in counted] == through
    assert through[-2:] == [len(PROMPT) - 1] * 2


@pytest.mark.parametrize("family", ["llama", "qwen2", "qwen3"])
def test_later_rows_see_what_rows_that_left_carry(family):
    """Half of all rows leave after layer 2; norms and biases of keys are carried too."""
    before = len(PROMPT)
    every = tuple((Slot(slot), 1.0) for slot in range(before, before + 8))
    later = [Node(TokenId(one), before + 1, Slot(before + 8 + one), None, (), every)
             for one in range(8)]  # fmt: skip
    watched = []
    watch = ExitRule((ExitLayer(2, NEVER),), Criterion.AGREEMENT)
    run(exiting_backend(family, watch, watched.append), [siblings(8), later])
    middle = float(np.median([one.readings[0].margin for told in watched for one in told]))
    heard = []
    rule = ExitRule((ExitLayer(2, middle),))
    found = run(exiting_backend(family, rule, heard.append), [siblings(8), later])
    exits = [one.layer for told in heard for one in told]
    assert [set(exits[1:9]), set(exits[9:])] == [{2, DEPTH}] * 2
    wanted = states(
        decoder(family).weights,
        Fed.of(PROMPT, [*siblings(8), *later]),
        [DEPTH] * (before - 1) + exits,
    )
    rows = logits(decoder(family).weights, wanted[-1][before - 1 :]).log_softmax(-1).numpy()
    assert found == pytest.approx(rows, abs=CLOSE)


def test_many_rows_leave_as_few_do(monkeypatch):
    """More rows than go through kernels alone; those that stay become few."""
    rule = ExitRule((ExitLayer(2, 0.05), ExitLayer(4, 0.02)))
    found = run(exiting_backend("qwen3", rule), [siblings(20)])
    monkeypatch.setattr(exiting, "NARROW", 12)
    many = run(exiting_backend("qwen3", rule), [siblings(20)])
    assert many == pytest.approx(found, abs=CLOSE)


def test_a_layer_that_does_not_exist_is_refused_before_anything_runs():
    with pytest.raises(InvalidValueError) as caught:
        leaving_early(full_backend("llama"), ExitRule((ExitLayer(6, 0.5),)))
    assert str(caught.value) == "exit layer 6 does not exist; the model has layers 1 to 5"


def test_a_model_that_the_kernels_do_not_run_is_refused():
    plain = FusedBackend(PlainDecoder(Weights.of(deep_model())), description("llama"))
    with pytest.raises(
        UnsupportedModelError, match="early exit runs in the kernels for processors"
    ):
        leaving_early(plain, ExitRule((ExitLayer(1, 0.5),)))


def test_attention_is_captured_only_where_no_layer_is_skipped():
    with pytest.raises(UnsupportedModelError, match="attention cannot be captured"):
        leaving_early(full_backend("llama"), ExitRule((ExitLayer(1, 0.5),))).open(
            [TokenId(1)], ATTENTIVE
        )
    late = leaving_early(full_backend("llama"), ExitRule((ExitLayer(DEPTH, 0.5),)))
    with late.open([TokenId(1)], ATTENTIVE) as session:
        assert session.cache_rows == 1


def test_hidden_states_are_those_that_the_head_read_last():
    rule = ExitRule((ExitLayer(1, -2.0),))
    backend = exiting_backend("llama", rule)
    with backend.open([TokenId(1)], RowRules(capture=Capture(hidden=True))) as session:
        told = session._now.captured.hidden
    weights = decoder("llama").weights
    wanted = states(weights, Fed.of((1,), []), [1])[-1]
    normed = torch.nn.functional.rms_norm(
        wanted, (wanted.shape[1],), weights.norm, weights.architecture.epsilon
    )
    assert told.numpy() == pytest.approx(normed.numpy(), abs=CLOSE)


def test_a_fork_without_kernels_is_told_so(monkeypatch):
    backend = exiting_backend("llama", ExitRule((ExitLayer(1, 0.5),)))
    monkeypatch.setattr(exiting, "runs_kernels", lambda: False)
    with pytest.raises(SessionError, match="early exit needs kernels"):
        backend.open([TokenId(1)], RowRules())
