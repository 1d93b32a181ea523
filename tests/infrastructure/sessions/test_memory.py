"""A machine without memory fails one request, with what it needed, and keeps all others."""

import numpy as np
import pytest
import torch

from tempo.application.decoding.generate import Generate
from tempo.application.decoding.request import GenerationRequest
from tempo.domain.errors import MemoryExceededError
from tempo.domain.row_rules import RowRules
from tempo.domain.schedule import ConstantThreshold
from tempo.domain.selection import Selection
from tempo.infrastructure.batching.shared_passes import SharedPasses
from tempo.infrastructure.fused_llama import static_cache
from tempo.infrastructure.sessions.memory import free_bytes, shown, telling_memory
from tests.contracts.adapters import adapter
from tests.contracts.passes import PROMPT, node
from tests.integration.test_laws_on_models import NumberedTokenizer

CPU = torch.device("cpu")


def whole(size):
    """A block that no machine has memory for, by way of PyTorch."""
    return torch.empty(size, dtype=torch.uint8)


@pytest.mark.parametrize(
    ("take", "needed"),
    [
        (lambda: whole(1 << 60), "1 EiB"),
        (lambda: np.empty(1 << 50, dtype=np.uint8), "1 PiB"),
        (lambda: bytearray(1 << 62), "an unknown number of bytes"),
    ],
)
def test_what_could_not_be_had_is_told_with_what_there_is(take, needed):
    wanted = rf"^a pass needs {needed} more and [\d.]+ \w+ are free on cpu; use a shorter prompt"
    with pytest.raises(MemoryExceededError, match=wanted), telling_memory("a pass", CPU):
        take()


def test_other_errors_stay_what_they_are():
    with pytest.raises(RuntimeError, match="shapes"), telling_memory("reading", CPU):
        raise RuntimeError("shapes do not fit")


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "an unknown number of bytes"), (12, "12 bytes"), (3 << 20, "3 MiB"), (5 << 30, "5 GiB")],
)
def test_sizes_are_told_in_fitting_units(size, text):
    assert shown(size) == text


def test_free_memory_is_known_here():
    assert free_bytes(CPU) > 0


def request(prompt, steps):
    selection = Selection(ConstantThreshold(0.0), 4, 8)
    return GenerationRequest(
        prompt, max_steps=steps, selection=selection, barred=(0,), release=False
    )


@pytest.mark.parametrize("name", ["llama-fused", "llama-compiled"])
def test_a_request_without_memory_fails_and_the_others_go_on(name, monkeypatch):
    """The long one grows its cache beyond what is allowed; the short one shares its passes."""
    grown = static_cache._grown

    def bounded(states, capacity):
        return whole(1 << 60) if capacity > 320 else grown(states, capacity)

    monkeypatch.setattr(static_cache, "_grown", bounded)
    monkeypatch.setattr("tempo.infrastructure.fused_llama.session.STEPS_AHEAD", 8)
    backend = adapter(name).backend
    shared = SharedPasses(backend)
    generate = Generate(shared, NumberedTokenizer())
    long, short = request((3, 5), 150), request((7, 9), 40)
    futures = shared.together(generate.asking(one) for one in (long, short))
    with pytest.raises(MemoryExceededError, match=r"a pass of \d tokens needs .* lower max_width"):
        futures[0].result()
    alone = Generate(backend, NumberedTokenizer()).run(short)
    assert futures[1].result().best_path_ids == alone.best_path_ids


@pytest.mark.parametrize("name", ["llama-sdpa", "llama-fused", "llama-compiled"])
def test_a_session_whose_pass_failed_goes_on_as_if_it_had_not_been_asked(name, monkeypatch):
    one = adapter(name)
    with (
        one.backend.open(PROMPT, RowRules()) as session,
        one.backend.open(PROMPT, RowRules()) as other,
    ):
        rows = session.cache_rows
        broken(one.backend, monkeypatch)
        with pytest.raises(MemoryExceededError):
            one.backend.extend([(session, [node(3, len(PROMPT))])])
        assert session.cache_rows == rows
        monkeypatch.undo()
        one.backend.extend([(session, [node(3, len(PROMPT))])])
        one.backend.extend([(other, [node(3, len(PROMPT))])])
        assert session.cache_rows == other.cache_rows == rows + 1


def broken(backend, monkeypatch):
    """Let the next pass find no memory."""

    def fails(*_, **__):
        whole(1 << 60)

    if hasattr(backend, "_decoder"):
        monkeypatch.setattr(type(backend._decoder), "decode", fails)
    else:
        monkeypatch.setattr(backend._model, "forward", fails)
