"""Captured passes of a split model: kernels beside those of the whole, collectives in a graph.

Two threads show what parts add up to, without a graph, since one thread cannot wait for another
inside one. A group of one process shows that a graph holds NCCL's collectives.
"""

from dataclasses import replace

import pytest
import torch
from torch import distributed

from tempo.infrastructure.fused_llama.backend import FusedBackend
from tempo.infrastructure.fused_llama.graph_decoder import CapturedPass, GraphDecoder
from tempo.infrastructure.fused_llama.split_attention import SplitAttention
from tempo.infrastructure.fused_llama.split_graphs import SplitGraphDecoder
from tempo.infrastructure.fused_llama.staging import Staging
from tempo.infrastructure.fused_llama.weights import Weights
from tempo.infrastructure.huggingface import support
from tempo.infrastructure.huggingface.random_weights import random_model
from tempo.infrastructure.ranks.group import Together
from tests.fakes.ranks import led
from tests.gpu.test_graph_decoder import WATCHED, decoded, prompt_of

VOCABULARY = 2_000
WIDTHS = [[[4, 4, 4]], [[4, 3, 1], [2, 8, 5], [1, 1, 6]], [[1, 32, 2]] * 2]


class Launched:
    """What a graph would replay, launched each time."""

    def __init__(self, launch):
        self.replay = launch


class LaunchingDecoder(SplitGraphDecoder):
    """Launches its kernels one by one."""

    def _capture(self, form, addresses):
        steps = self._captures.steps
        step = steps.setdefault(form.rows, self._new_step(form.rows))
        staging = Staging(form, self.weights.device)
        attention = SplitAttention(step, form)
        return CapturedPass(
            staging,
            attention,
            Launched(lambda: step.launch(staging.ints, staging.floats, attention)),
        )


@pytest.fixture(scope="module", params=["llama", "qwen3"])
def model(request):
    drawn = random_model(request.param, VOCABULARY, seed=4, context=4096)
    return torch.nn.Module.to(drawn, "cuda")


@pytest.fixture(scope="module")
def weights(model):
    return Weights.of(model)


@pytest.fixture(scope="module")
def whole(model, weights):
    return FusedBackend(GraphDecoder(weights), support.describe(model, "whole"))


@pytest.fixture(scope="module")
def threads(model):
    return led(model, LaunchingDecoder)


@pytest.fixture(scope="module")
def alone(model, weights, tmp_path_factory):
    """A group of one process, whose collectives NCCL does nevertheless."""
    store = distributed.FileStore(str(tmp_path_factory.mktemp("group") / "store"), 1)
    distributed.init_process_group("nccl", store=store, rank=0, world_size=1)
    spread = replace(weights, ranks=Together(0, 1, distributed.group.WORLD))
    yield FusedBackend(SplitGraphDecoder(spread), support.describe(model, "alone"))
    distributed.destroy_process_group()


@pytest.fixture(params=["threads", "alone"])
def split(request):
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("widths", WIDTHS)
@pytest.mark.parametrize("together", [True, False])
def test_a_split_pass_is_that_of_the_whole_model(split, whole, widths, together):
    for _ in range(2):  # captured, then replayed
        (ours, _), (theirs, _) = (
            decoded(backend, widths, together=together) for backend in (split, whole)
        )
        for one, two in zip(ours, theirs, strict=True):
            for mine, other in zip(one, two, strict=True):
                assert mine.token_ids == other.token_ids
                assert mine.rows == pytest.approx(other.rows, abs=1e-4)
                assert mine.entropy == pytest.approx(other.entropy, abs=1e-4)
                assert mine.passing == other.passing
                assert mine.passing_mass == pytest.approx(other.passing_mass, abs=1e-4)


def test_attention_received_is_that_of_all_heads(split, whole):
    widths, told = [[3, 4, 2]], []
    for backend in (split, whole):
        _, (session,) = decoded(backend, widths, together=True, rules=WATCHED)
        told.append(session.received([0, 2, len(prompt_of(0)) + 1], [0.5, 0.5]))
    assert told[0] == pytest.approx(told[1], abs=1e-5)
    assert told[1].max() > 1e-4
