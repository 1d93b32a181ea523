"""Log-probabilities of texts under the model's plain forward, many in one batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from torch import Tensor
    from transformers import PreTrainedModel

LARGEST_BATCH = 2**24
"""Logits of one batch at most."""


@torch.inference_mode()
def token_scores(
    model: PreTrainedModel, prompt: Sequence[int], texts: Sequence[Sequence[int]]
) -> list[list[float]]:
    """Return the log-probability of each token of each text behind the prompt, in nats.

    Temperature 1, nothing barred; whole sequences go through the model, without a cache. Empty
    texts have no scores. The prompt has at least one token.
    """
    found: list[list[float]] = []
    longest = max(map(len, texts), default=0)
    vocabulary = int(model.config.get_text_config().vocab_size)
    rows = max(1, LARGEST_BATCH // ((longest + 1) * vocabulary))
    for first in range(0, len(texts), rows):
        found += _scores(model, prompt, texts[first : first + rows])
    return found


def _scores(
    model: Any,  # noqa: ANN401 - transformers types no call
    prompt: Sequence[int],
    texts: Sequence[Sequence[int]],
) -> Iterator[list[float]]:
    """Yield the scores of one batch, padded at its end with what no token sees."""
    longest = max(map(len, texts))
    if longest == 0:
        yield from ([] for _ in texts)
        return
    padded = [[*prompt, *text, *[prompt[0]] * (longest - len(text))] for text in texts]
    ids = torch.tensor(padded, device=model.device)
    logits: Tensor = model(input_ids=ids, use_cache=False, logits_to_keep=longest + 1).logits
    logs = logits[:, :-1].float().log_softmax(-1)
    gains = logs.gather(-1, ids[:, len(prompt) :, None])[..., 0].double()
    for text, row in zip(texts, gains.tolist(), strict=True):
        yield row[: len(text)]
