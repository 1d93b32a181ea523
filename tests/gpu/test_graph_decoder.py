"""Captured passes: shared by sessions, watched, one copy to the host, bounded."""

import warnings

import numpy as np
import pytest
import torch

from tempo.domain.capture import Capture, LayerWeights
from tempo.domain.node import Node
from tempo.domain.ports.model_backend import ModelDescription
from tempo.domain.proposal import Reading
from tempo.domain.row_rules import RowRules
from tempo.domain.tokens import Slot, TokenId
from tempo.infrastructure.fused_llama import graph_decoder
from tempo.infrastructure.fused_llama.backend import FusedBackend
from tempo.infrastructure.fused_llama.graph_decoder import GraphDecoder
from tempo.infrastructure.fused_llama.plain_decoder import PlainDecoder
from tempo.infrastructure.fused_llama.tiles import ROWS
from tempo.infrastructure.fused_llama.weights import Weights
from tempo.infrastructure.huggingface.random_weights import random_model

VOCABULARY = 2_000
WATCHED = RowRules(capture=Capture((LayerWeights(), LayerWeights(last=1))))


@pytest.fixture(scope="module")
def backends():
    model = torch.nn.Module.to(random_model("llama", VOCABULARY, context=4096), "cuda")
    weights = Weights.of(model)
    description = ModelDescription(
        "random", "llama", "0" * 64, 4096, VOCABULARY, 1, "float32", "cuda"
    )
    return [
        FusedBackend(decoder, description)
        for decoder in (GraphDecoder(weights), PlainDecoder(weights))
    ]


def prompt_of(number):
    drawn = np.random.default_rng(number)
    return [TokenId(int(token)) for token in drawn.integers(0, VOCABULARY, 3 + 17 * (number % 20))]


def nodes_of(prompt, depth, width, before):
    slot = len(prompt) + sum(before)
    parents = [slot - before[-1] + one for one in range(before[-1])] if before else []
    share = 1 / len(parents) if parents else 0.0
    return [
        Node(
            TokenId((31 * depth + 7 * one + len(prompt)) % VOCABULARY),
            len(prompt) + depth,
            Slot(slot + one),
            Slot(parents[one % len(parents)]) if parents else None,
            tuple((Slot(parent), share) for parent in parents),
            (),
        )
        for one in range(width)
    ]


def decoded(backend, widths, *, together, rules=None):
    """Return proposals [step][session] of sessions with so many rows at each step."""
    prompts = [prompt_of(number) for number in range(len(widths))]
    sessions = [backend.open(prompt, rules or RowRules()) for prompt in prompts]
    found = []
    for depth in range(len(widths[0])):
        fed, asked = [], []
        for session, prompt, counts in zip(sessions, prompts, widths, strict=True):
            width = counts[depth]
            fed.append((session, nodes_of(prompt, depth, width, counts[:depth])))
            reading = Reading((1 / width,) * width, considered=12, log_threshold=-6.0)
            asked.append((session, reading))
        if together:
            backend.extend(fed)
            found.append(backend.propose(asked))
        else:
            for one in fed:
                backend.extend([one])
            found.append([backend.propose([one])[0] for one in asked])
    return found, sessions


@pytest.mark.parametrize("count", [2, 5, 40])
def test_sessions_that_share_a_pass_get_what_each_gets_alone(backends, count):
    drawn = np.random.default_rng(count)
    widths = drawn.choice([1, 2, 3, 4, 7], (count, 4)).tolist()
    shared, _ = decoded(backends[0], widths, together=True)
    for other in backends:
        alone, _ = decoded(other, widths, together=False)
        for one, two in zip(shared, alone, strict=True):
            for mine, theirs in zip(one, two, strict=True):
                assert mine.token_ids == theirs.token_ids
                assert mine.rows == pytest.approx(theirs.rows, abs=1e-4)
                assert mine.passing == theirs.passing


@pytest.mark.parametrize("widths", [[[4, 4, 4]], [[4, 3, 1], [2, 8, 5], [1, 1, 6]]])
def test_a_step_copies_to_the_host_once(backends, widths):
    decoded(backends[0], widths, together=True)  # passes and readings are captured here
    prompts = [prompt_of(number) for number in range(len(widths))]
    sessions = [backends[0].open(prompt, RowRules()) for prompt in prompts]
    torch.cuda.synchronize()
    for depth in range(len(widths[0])):
        fed = [
            (session, nodes_of(prompt, depth, counts[depth], counts[:depth]))
            for session, prompt, counts in zip(sessions, prompts, widths, strict=True)
        ]
        asked = [
            (session, Reading((1 / len(nodes),) * len(nodes), considered=12))
            for session, nodes in fed
        ]
        torch.cuda.set_sync_debug_mode("warn")
        try:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                backends[0].extend(fed)
                before = len(caught)
                backends[0].propose(asked)
        finally:
            torch.cuda.set_sync_debug_mode("default")
        told = [str(one.message) for one in caught]
        assert before == 0, told
        assert len(caught) == 1, told


def test_attention_received_is_that_of_the_plain_pass(backends):
    widths = [[3, 4, 2], [1, 5, 8]]
    told = []
    for backend in backends:
        _, sessions = decoded(backend, widths, together=True, rules=WATCHED)
        told.append(
            [
                session.received(
                    [Slot(0), Slot(2), Slot(len(prompt_of(number)) + 1)], [1 / count] * count
                )
                for number, (session, count) in enumerate(zip(sessions, (2, 8), strict=True))
            ]
        )
    for mine, theirs in zip(*told, strict=True):
        assert mine == pytest.approx(theirs, abs=1e-5)
        assert mine.max() > 1e-4


def test_a_session_wider_than_all_captured_passes_goes_the_plain_way(backends):
    widths = [[ROWS[-1] + 5, 2], [3, 3]]
    mine, _ = decoded(backends[0], widths, together=True)
    theirs, _ = decoded(backends[1], widths, together=True)
    for one, two in zip(mine, theirs, strict=True):
        assert [p.token_ids for p in one] == [p.token_ids for p in two]


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_plain_passes_of_16_bits_are_near_those_of_32(backends, dtype):
    _, precise = backends
    halved = random_model("llama", VOCABULARY, context=4096).to("cuda", dtype)
    rough = FusedBackend(PlainDecoder(Weights.of(halved)), precise.description)
    widths = [[3, 40, 8]] * 2
    mine, _ = decoded(precise, widths, together=False)
    theirs, _ = decoded(rough, widths, together=False)
    for step, other in zip(mine, theirs, strict=True):
        for one, another in zip(step, other, strict=True):
            assert abs(one.entropy - another.entropy) < 0.02


def test_captured_passes_are_bounded(backends, monkeypatch):
    monkeypatch.setattr(graph_decoder, "GRAPHS", 3)
    decoder = backends[0]._decoder
    for width in (1, 2, 4, 8, 16):
        decoded(backends[0], [[width, 1]], together=True)
        assert len(decoder._captures.passes) <= 3
    mine, _ = decoded(backends[0], [[1, 4]], together=True)  # captured once more
    theirs, _ = decoded(backends[1], [[1, 4]], together=True)
    assert [p.token_ids for (p,) in mine] == [p.token_ids for (p,) in theirs]
