"""Several sessions in one pass (law 8)."""

import pytest
import torch

from tempo.domain.errors import SessionError
from tempo.infrastructure.fused_llama import twins
from tests.contracts.adapters import adapter
from tests.contracts.passes import node, opened, rows

PROMPTS = ((3, 5, 8, 2, 7), (9, 4), tuple(range(1, 40)))


def nodes(prompt, width, step=0):
    first = len(prompt) + 4 * step
    return [node(10 + index, first + index, None, step, prompt=prompt) for index in range(width)]


def test_sessions_of_any_length_and_width_share_the_products_of_a_pass(monkeypatch):
    fused = adapter("llama-fused")
    sessions = [opened(fused, prompt) for prompt in PROMPTS]
    fed = []
    real = twins.merged_product

    def counted(layer, shape, hidden, angles):
        fed.append(len(hidden))
        return real(layer, shape, hidden, angles)

    monkeypatch.setattr(twins, "merged_product", counted)
    widths = (4, 1, 3)
    batch = [
        (session, nodes(prompt, width))
        for session, prompt, width in zip(sessions, PROMPTS, widths, strict=True)
    ]
    fused.backend.extend(batch)
    assert fed == [8] * len(fed)
    alone = [opened(fused, prompt) for prompt in PROMPTS]
    for session, (_, given) in zip(alone, batch, strict=True):
        fused.backend.extend([(session, given)])
    for together, apart, width in zip(sessions, alone, widths, strict=True):
        assert rows(fused, together, width) == pytest.approx(rows(fused, apart, width), abs=1e-5)


def test_a_wrong_part_is_refused_before_any_is_fed():
    fused = adapter("llama-fused")
    one, other = (opened(fused, prompt) for prompt in PROMPTS[:2])
    before = (one.cache_rows, other.cache_rows)
    good, wrong = nodes(PROMPTS[0], 2), [node(3, 0, prompt=PROMPTS[1])]
    with pytest.raises(SessionError):
        fused.backend.extend([(one, good), (other, wrong)])
    assert (one.cache_rows, other.cache_rows) == before
    fused.backend.extend([(one, good), (other, nodes(PROMPTS[1], 1))])
    assert torch.isfinite(one._now.rows.logits).all()


def test_a_pass_of_no_session_is_nothing():
    adapter("llama-fused").backend.extend([])
