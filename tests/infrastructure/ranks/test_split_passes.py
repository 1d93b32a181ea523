"""Passes of a model whose heads and inner numbers two threads hold, beside those of the whole."""

import numpy as np
import pytest
import torch

from tempo.domain.capture import Capture, LayerWeights
from tempo.domain.row_rules import RowRules
from tempo.infrastructure.fused_llama.backend import FusedBackend
from tempo.infrastructure.fused_llama.plain_decoder import PlainDecoder
from tempo.infrastructure.fused_llama.processor.decoder import ProcessorDecoder
from tempo.infrastructure.fused_llama.processor.splitting import SplitProcessorDecoder
from tempo.infrastructure.fused_llama.split_decoder import SplitDecoder
from tempo.infrastructure.fused_llama.weights import Weights
from tempo.infrastructure.huggingface import support
from tempo.infrastructure.huggingface.random_weights import random_model
from tests.contracts.passes import PROMPT, node
from tests.fakes.ranks import led

PAIRS = {
    "plain": (SplitDecoder, PlainDecoder),
    "compiled": (SplitProcessorDecoder, ProcessorDecoder),
}
SUMMED = Capture((LayerWeights(), LayerWeights(last=1)))
IN_FULL = Capture((LayerWeights(), LayerWeights(last=1)), context=True, hidden=True)
LONG = tuple(3 + i % 90 for i in range(70))
"""A prompt whose passes have more rows than kernels take alone."""


@pytest.fixture(scope="module", params=["llama", "qwen2", "qwen3"])
def model(request):
    return random_model(request.param, 121, seed=4)  # a vocabulary that two cannot share evenly


@pytest.fixture(scope="module", params=list(PAIRS))
def both(request, model):
    """The backends of the split model and of the whole one."""
    split, whole = PAIRS[request.param]
    description = support.describe(model, "whole")
    return led(model, split), FusedBackend(whole(Weights.of(model)), description)


def sessions(both, capture, prompt=PROMPT):
    """Open a session of each backend and feed two siblings, then three rows that see both."""
    length = len(prompt)
    for backend in both:
        session = backend.open(prompt, RowRules(capture=capture))
        backend.extend(
            [(session, [node(4, length, prompt=prompt), node(1, length + 1, prompt=prompt)])]
        )
        shares = [(length, 0.3), (length + 1, 0.7)]
        later = [
            node(token, length + 2 + i, length, 1, inherits=shares, prompt=prompt)
            for i, token in enumerate((2, 9, 8))
        ]
        backend.extend([(session, later)])
        yield session


def logits(session):
    return getattr(session, "here", session)._now.rows.logits


@pytest.mark.parametrize("prompt", [PROMPT, LONG], ids=["short", "long"])
def test_logits_are_those_of_the_whole_model(both, prompt):
    split, whole = sessions(both, Capture(), prompt)
    torch.testing.assert_close(logits(split), logits(whole), atol=1e-4, rtol=0)
    assert logits(split).shape == (3, 121)


@pytest.mark.parametrize("capture", [SUMMED, IN_FULL], ids=["from sums", "in full"])
def test_attention_received_is_that_of_all_heads(both, capture):
    split, whole = sessions(both, capture)
    ours, theirs = (one.received(range(10), (0.5, 0.3, 0.2)) for one in (split, whole))
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_traits_of_rows_are_those_of_all_heads(both):
    split, whole = (one.traits() for one in sessions(both, IN_FULL))
    for trait in ("attention", "focus", "distances"):
        np.testing.assert_allclose(getattr(split, trait), getattr(whole, trait), atol=1e-4)


def test_likeness_is_that_of_whole_embeddings(both):
    split, whole = sessions(both, Capture())
    ours, theirs = (one.similarity([1, 60, 61, 120], PROMPT) for one in (split, whole))
    np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_a_thread_keeps_the_rows_of_its_own_heads(both):
    split, whole = sessions(both, Capture())
    assert 2 * split.here._cache.keys.shape[1] == whole._cache.keys.shape[1]
