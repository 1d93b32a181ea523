"""Calls of transformers' `generate`, with TEMPO and without."""

import torch

import tempo

VOCABULARY = 60
PROMPT = [3, 5, 8, 2, 7]


def batch(*prompts, pad=1):
    """Prompts of different lengths, padded on the left."""
    longest = max(map(len, prompts))
    rows = [[pad] * (longest - len(prompt)) + list(prompt) for prompt in prompts]
    mask = [[0] * (longest - len(prompt)) + [1] * len(prompt) for prompt in prompts]
    return {"input_ids": torch.tensor(rows), "attention_mask": torch.tensor(mask)}


def decoded(model, inputs, **options):
    options = {"max_new_tokens": 12, "pad_token_id": 1} | options
    return model.generate(**inputs, custom_generate=tempo.custom_generate, **options)


def greedy(model, inputs, **options):
    options = {"max_new_tokens": 12, "pad_token_id": 1} | options
    return model.generate(**inputs, do_sample=False, **options)


def ending(model):
    """A token that the greedy text of the prompt holds, not at its start."""
    text = greedy(model, batch(PROMPT))[0, len(PROMPT) :].tolist()
    return next(
        token for place, token in enumerate(text) if place > 2 and token not in text[:place]
    )
