"""Superposed Decoding against the paper's equations carried out without a cache."""

import math

import pytest
import torch

from tempo.infrastructure.decoders.drafts import Asked
from tempo.infrastructure.decoders.ngrams import WEIGHTS, NGrams
from tempo.infrastructure.decoders.superposed import UNSEEN, Superposed
from tests.infrastructure.decoders.tiny import ENDS, greedy_text, random_prompts, tiny_model

MODEL = tiny_model()
PROMPTS = random_prompts(20)
CORPUS = random_prompts(200, seed=5)
STEPS = 6


def next_logs(embedded, temperature):
    """[vocab] behind some input embeddings, [length, width]."""
    with torch.inference_mode():
        output = MODEL.model(inputs_embeds=embedded[None], use_cache=False)
    logs = (output.logits[0, -1].float() / temperature).log_softmax(-1).clone()
    logs[list(ENDS)] = -torch.inf
    return logs


def by_the_paper(prompt, count, alpha, temperature):
    """[(tokens, log of the product)], equations 1 to 7."""
    ngrams, table = NGrams(CORPUS), MODEL.model.get_input_embeddings().weight.detach()
    fed = table[list(prompt)]
    top = next_logs(fed, temperature).topk(count)
    drafts = [((t,), p) for t, p in zip(top.indices.tolist(), top.values.tolist(), strict=True)]
    for _ in range(STEPS - 1):
        products = [math.exp(p) for _, p in drafts]
        mixed = sum(
            product / sum(products) * table[tokens[-1]]
            for (tokens, _), product in zip(drafts, products, strict=True)
        )
        fed = torch.cat((fed, mixed[None]))
        top = next_logs(fed, temperature).topk(count)
        options = []
        for tokens, p in drafts:
            known = ngrams.probabilities((*prompt, *tokens))
            for token, log in zip(top.indices.tolist(), top.values.tolist(), strict=True):
                share = math.exp(log) ** (1 - alpha)
                if alpha:
                    share *= known[token] ** alpha if token in known else UNSEEN
                options.append(((*tokens, token), p + math.log(share)))
        drafts = sorted(options, key=lambda one: -one[1])[:count]
    return drafts


@pytest.mark.parametrize("alpha", [0.0, 0.54])
@pytest.mark.parametrize("prompt", PROMPTS)
def test_drafts_are_those_of_the_papers_equations(prompt, alpha):
    found = Superposed(MODEL, NGrams(CORPUS), 3, alpha, 1.0).drafts(
        prompt, Asked(3, STEPS, STEPS, seed=0)
    )
    expected = by_the_paper(prompt, 3, alpha, 1.0)
    assert [draft.token_ids for draft in found] == [tokens for tokens, _ in expected]
    assert [draft.score for draft in found] == pytest.approx([p for _, p in expected], abs=1e-3)


@pytest.mark.parametrize("prompt", PROMPTS)
def test_one_draft_without_n_grams_is_greedy(prompt):
    (draft,) = Superposed(MODEL, NGrams([]), 1, 0.0, 0.06).drafts(
        prompt, Asked(1, STEPS, STEPS, seed=0)
    )
    assert draft.token_ids == greedy_text(MODEL, prompt, STEPS, barred=ENDS)


def test_drafts_end_with_their_first_end_token():
    drafts = [
        draft
        for prompt in PROMPTS
        for draft in Superposed(MODEL, NGrams([]), 4, 0.0, 1.0).drafts(
            prompt, Asked(4, 12, 2, seed=0)
        )
    ]
    for draft in drafts:
        ends = [place for place, token in enumerate(draft.token_ids) if token in ENDS]
        assert draft.is_finished == bool(ends)
        assert ends in ([], [len(draft.token_ids) - 1])
        assert len(draft.token_ids) == 12 or draft.is_finished
    assert any(draft.is_finished for draft in drafts)


def test_n_grams_are_frequencies_behind_the_last_tokens_weighed_by_order():
    ngrams = NGrams([(1, 2, 3), (1, 2, 4), (9, 2, 4)])
    two, three = WEIGHTS[2], WEIGHTS[3]
    assert ngrams.probabilities((1, 2)) == pytest.approx(
        {3: two / 3 + three / 2, 4: 2 * two / 3 + three / 2}
    )
    assert ngrams.probabilities((7, 2)) == pytest.approx({3: two / 3, 4: 2 * two / 3})
    assert ngrams.probabilities((2,)) == pytest.approx({3: two / 3, 4: 2 * two / 3})
    assert ngrams.probabilities((7,)) == {}
    assert ngrams.probabilities(()) == {}
