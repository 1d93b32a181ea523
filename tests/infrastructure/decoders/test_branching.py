"""Decoders of our own, each against its definition carried out by whole passes without a cache."""

import math
from itertools import product

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tempo.infrastructure.decoders.chain_of_thought import ChainOfThought
from tempo.infrastructure.decoders.contrastive import Contrastive
from tempo.infrastructure.decoders.diverse_beam import DiverseBeam
from tempo.infrastructure.decoders.drafts import Asked
from tempo.infrastructure.decoders.entropy_forking import EntropyForking
from tests.infrastructure.decoders.tiny import (
    ENDS,
    VOCABULARY,
    greedy_text,
    log_probabilities,
    random_prompts,
    text_score,
    tiny_model,
)

MODEL = tiny_model()
PROMPTS = random_prompts(20)
STEPS = 6
LONG = Asked(1, STEPS, STEPS, seed=0)
"""One text in which nothing ends."""


def asked(count, steps=STEPS):
    return Asked(count, steps, steps, seed=0)


def barred(logs):
    logs = logs.clone()
    logs[list(ENDS)] = -torch.inf
    return logs


def greedy(prompt, steps=STEPS):
    return greedy_text(MODEL, prompt, steps, barred=ENDS)


@pytest.mark.parametrize("prompt", PROMPTS)
def test_without_a_penalty_every_group_is_greedy(prompt):
    drafts = DiverseBeam(MODEL, 3, penalty=0.0).drafts(prompt, asked(3))
    assert [draft.token_ids for draft in drafts] == [greedy(prompt)] * 3


@pytest.mark.parametrize("prompt", PROMPTS)
def test_groups_lose_the_penalty_for_every_group_before_that_chose_the_token(prompt):
    groups, penalty = 4, 0.8
    texts = [()] * groups
    for _ in range(STEPS):
        chosen = []
        for group, text in enumerate(texts):
            logs = barred(log_probabilities(MODEL, (*prompt, *text)))
            for token in chosen:
                logs[token] -= penalty
            chosen.append(int(logs.argmax()))
            texts[group] = (*text, chosen[-1])
    drafts = DiverseBeam(MODEL, groups, penalty).drafts(prompt, asked(groups))
    assert sorted(draft.token_ids for draft in drafts) == sorted(texts)
    scores = [text_score(MODEL, prompt, draft.token_ids) for draft in drafts]
    assert scores == pytest.approx(sorted(scores, reverse=True), abs=1e-4)
    assert [draft.score for draft in drafts] == pytest.approx(scores, abs=1e-4)


@pytest.mark.parametrize("prompt", PROMPTS)
def test_each_likely_first_token_goes_on_greedily_and_the_surest_text_comes_first(prompt):
    drafts = ChainOfThought(MODEL, 5).drafts(prompt, asked(5))
    firsts = barred(log_probabilities(MODEL, prompt)).topk(5).indices.tolist()
    assert {draft.token_ids[0] for draft in drafts} == set(firsts)
    sure = []
    for draft in drafts:
        first, *rest = draft.token_ids
        assert tuple(rest) == greedy((*prompt, first), STEPS - 1)
        margins = [
            log_probabilities(MODEL, (*prompt, *draft.token_ids[:place])).exp().topk(2).values
            for place in range(1, STEPS)
        ]
        sure.append(sum(float(top - second) for top, second in margins) / len(margins))
    assert sure == pytest.approx(sorted(sure, reverse=True), abs=1e-6)
    (best,) = ChainOfThought(MODEL, 5).drafts(prompt, asked(1))
    assert best == drafts[0]


@pytest.mark.parametrize("prompt", PROMPTS)
def test_a_threshold_that_no_entropy_reaches_leaves_greedy_decoding(prompt):
    (draft,) = EntropyForking(MODEL, math.log(VOCABULARY) + 0.1, 8).drafts(prompt, asked(8))
    assert draft.token_ids == greedy(prompt)


@pytest.mark.parametrize("prompt", PROMPTS)
def test_a_text_forks_where_the_entropy_reaches_the_threshold_and_nowhere_else(prompt):
    threshold, steps = 1.5, 4
    texts = [()]
    for _ in range(steps):
        grown = []
        for text in texts:
            logs = log_probabilities(MODEL, (*prompt, *text))
            entropy = float(-(logs.exp() * logs).sum())
            forks = 2 if entropy >= threshold else 1
            grown += [(*text, token) for token in barred(logs).topk(forks).indices.tolist()]
        texts = grown
    drafts = EntropyForking(MODEL, threshold, 2**steps).drafts(prompt, asked(2**steps, steps))
    assert sorted(draft.token_ids for draft in drafts) == sorted(texts)
    scores = [text_score(MODEL, prompt, draft.token_ids) for draft in drafts]
    assert scores == pytest.approx(sorted(scores, reverse=True), abs=1e-4)


def test_some_of_the_prompts_fork_and_some_steps_do_not():
    texts = [len(EntropyForking(MODEL, 1.5, 16).drafts(prompt, asked(16, 4))) for prompt in PROMPTS]
    assert min(texts) < 16
    assert max(texts) > 1


@settings(max_examples=20)
@given(st.sampled_from(PROMPTS), st.integers(1, 4))
def test_of_too_many_forks_the_most_probable_stay(prompt, most):
    drafts = EntropyForking(MODEL, 0.0, most).drafts(prompt, asked(most, 3))
    beams = [((), 0.0)]
    for _ in range(3):
        grown = []
        for text, score in beams:
            top = barred(log_probabilities(MODEL, (*prompt, *text))).topk(2)
            pairs = zip(top.indices.tolist(), top.values.tolist(), strict=True)
            grown += [((*text, token), score + gain) for token, gain in pairs]
        beams = sorted(grown, key=lambda one: -one[1])[:most]
    assert {draft.token_ids for draft in drafts} == {text for text, _ in beams}


def last_states(tokens):
    with torch.inference_mode():
        output = MODEL.model(
            input_ids=torch.tensor([list(tokens)]), use_cache=False, output_hidden_states=True
        )
    return torch.nn.functional.normalize(output.hidden_states[-1][0].float(), dim=-1)


@pytest.mark.parametrize(("prompt", "penalty"), list(product(PROMPTS[:10], [0.0, 0.4, 0.9])))
def test_contrastive_search_takes_what_is_probable_and_unlike_the_text_so_far(prompt, penalty):
    text = ()
    for _ in range(STEPS):
        logs = barred(log_probabilities(MODEL, (*prompt, *text)))
        top = logs.exp().topk(3)
        worth = []
        for token, probability in zip(top.indices.tolist(), top.values.tolist(), strict=True):
            states = last_states((*prompt, *text, token))
            worth.append(
                (1 - penalty) * probability - penalty * float((states[:-1] @ states[-1]).max())
            )
        text = (*text, int(top.indices[worth.index(max(worth))]))
    (draft,) = Contrastive(MODEL, 3, penalty).drafts(prompt, asked(4))
    assert draft.token_ids == text
    if penalty == 0.0:
        assert text == greedy(prompt)


@pytest.mark.parametrize(
    "decoder",
    [
        DiverseBeam(MODEL, 4, 0.5),
        ChainOfThought(MODEL, 6),
        EntropyForking(MODEL, 0.5, 4),
        Contrastive(MODEL, 3, 0.5),
    ],
    ids=lambda decoder: type(decoder).__name__,
)
def test_a_text_ends_with_its_first_end_token_once_it_may(decoder):
    ended = 0
    for prompt in PROMPTS:
        for draft in decoder.drafts(prompt, Asked(4, 12, 3, seed=0)):
            ends = [place for place, token in enumerate(draft.token_ids) if token in ENDS]
            assert draft.is_finished == bool(ends)
            assert ends in ([], [len(draft.token_ids) - 1])
            assert len(draft.token_ids) == 12 or draft.is_finished
            assert len(draft.token_ids) > 3 or not ends
            ended += draft.is_finished
    assert ended
