"""Greedy decoding, sampling and beam search on story openings, as transformers' `generate` does."""

import pytest
import torch
from transformers import GenerationConfig

from tempo.infrastructure.container import Container
from tempo.infrastructure.decoders.drafts import Asked
from tempo.infrastructure.decoders.generated import Beam, Greedy, Sampling
from tempo.infrastructure.decoders.plain_model import PlainModel
from tempo.infrastructure.embedded import story_openings

STEPS = 5


@pytest.fixture(scope="module")
def container():
    return Container()


@pytest.mark.parametrize(
    ("make", "options"),
    [
        (Greedy, {"do_sample": False}),
        (
            lambda model: Sampling(model, {"top_p": 0.9}),
            {"do_sample": True, "top_p": 0.9, "top_k": 0, "num_return_sequences": 3},
        ),
        (
            lambda model: Beam(model, 4),
            {"do_sample": False, "num_beams": 4, "num_return_sequences": 3},
        ),
    ],
    ids=["greedy", "nucleus", "beam"],
)
def test_100_openings_get_the_texts_of_transformers_own_generate(container, make, options):
    tokenizer, model = container.tokenizer(), container.model()
    ends = sorted(tokenizer.end_tokens)
    decoder = make(PlainModel(model, ends))
    configuration = GenerationConfig(
        max_new_tokens=STEPS, eos_token_id=ends, pad_token_id=ends[0], **options
    )
    for number, opening in enumerate(story_openings()[:100]):
        prompt = tokenizer.encode(opening)
        drafts = decoder.drafts(prompt, Asked(3, STEPS, 0, seed=number))
        ids = torch.tensor([list(prompt)])
        torch.manual_seed(number)
        texts = model.generate(
            ids, attention_mask=torch.ones_like(ids), generation_config=configuration
        )
        found = [
            [*draft.token_ids, *[ends[0]] * (STEPS - len(draft.token_ids))] for draft in drafts
        ]
        assert found == texts[:, len(prompt) :].tolist()
