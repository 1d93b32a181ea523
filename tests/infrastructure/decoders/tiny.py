"""A tiny model with random weights whose texts end often, and an oracle that keeps no cache."""

import numpy as np
import torch

from tempo.infrastructure.decoders.plain_model import PlainModel
from tempo.infrastructure.huggingface.random_weights import random_model

VOCABULARY = 24
ENDS = (0, 5)


def tiny_model(ends=ENDS, seed=3):
    return PlainModel(random_model("llama", VOCABULARY, seed=seed), ends)


def random_prompts(count, seed=11):
    rng = np.random.default_rng(seed)
    return [
        tuple(rng.integers(1, VOCABULARY, size=rng.integers(1, 9)).tolist()) for _ in range(count)
    ]


@torch.inference_mode()
def log_probabilities(model, tokens):
    """[vocab] of the token behind some tokens, by one pass over all of them."""
    output = model.model(input_ids=torch.tensor([list(tokens)]), use_cache=False)
    return output.logits[0, -1].float().log_softmax(-1)


def greedy_text(model, prompt, steps, *, barred=()):
    """The greedy continuation by whole passes; end tokens do not end it."""
    text = []
    for _ in range(steps):
        logs = log_probabilities(model, (*prompt, *text)).clone()
        logs[list(barred)] = -torch.inf
        text.append(int(logs.argmax()))
    return tuple(text)


def text_score(model, prompt, text):
    return sum(
        float(log_probabilities(model, (*prompt, *text[:place]))[token])
        for place, token in enumerate(text)
    )
