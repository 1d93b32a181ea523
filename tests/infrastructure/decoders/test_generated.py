"""Greedy decoding, sampling and beam search are transformers' own, from a cache or not."""

import pytest
import torch
from transformers import GenerationConfig

from tempo.infrastructure.decoders.drafts import Asked
from tempo.infrastructure.decoders.generated import Beam, Greedy, Sampling
from tests.infrastructure.decoders.tiny import ENDS, random_prompts, tiny_model

STEPS = 7

METHODS = {
    "greedy": (Greedy, 1, {"do_sample": False}),
    "sampling": (lambda model: Sampling(model, {}), 3, {"do_sample": True, "top_k": 0}),
    "temperature": (
        lambda model: Sampling(model, {"temperature": 0.7}),
        3,
        {"do_sample": True, "top_k": 0, "temperature": 0.7},
    ),
    "nucleus": (
        lambda model: Sampling(model, {"top_p": 0.8}),
        3,
        {"do_sample": True, "top_k": 0, "top_p": 0.8},
    ),
    "min-p": (
        lambda model: Sampling(model, {"min_p": 0.2}),
        3,
        {"do_sample": True, "top_k": 0, "min_p": 0.2},
    ),
    "beam": (lambda model: Beam(model, 4), 3, {"do_sample": False, "num_beams": 4}),
    "more texts than beams": (
        lambda model: Beam(model, 2),
        5,
        {"do_sample": False, "num_beams": 5},
    ),
}


def by_transformers(model, prompt, count, min_steps, options):
    """What `generate` itself returns for the prompt, repeated and with no cache to start from."""
    ids = torch.tensor([list(prompt)])
    if options.get("do_sample") or "num_beams" in options:
        options = {**options, "num_return_sequences": count}
    texts = model.model.generate(
        ids,
        attention_mask=torch.ones_like(ids),
        generation_config=GenerationConfig(
            max_new_tokens=STEPS,
            min_new_tokens=min_steps or None,
            eos_token_id=list(ENDS),
            pad_token_id=ENDS[0],
            **options,
        ),
    )
    return [cut(text) for text in texts[:, len(prompt) :].tolist()]


def cut(text):
    ends = [place for place, token in enumerate(text) if token in ENDS]
    return tuple(text[: ends[0] + 1]) if ends else tuple(text)


@pytest.mark.parametrize("min_steps", [0, STEPS])
@pytest.mark.parametrize("name", METHODS)
def test_texts_are_those_that_transformers_own_generate_gives_for_the_repeated_prompt(
    name, min_steps
):
    make, count, options = METHODS[name]
    model = tiny_model()
    lengths = set()
    for number, prompt in enumerate(random_prompts(20)):
        drafts = make(model).drafts(prompt, Asked(count, STEPS, min_steps, seed=number))
        torch.manual_seed(number)
        expected = by_transformers(model, prompt, count, min_steps, options)
        assert [draft.token_ids for draft in drafts] == expected
        assert [draft.is_finished for draft in drafts] == [text[-1] in ENDS for text in expected]
        lengths |= {len(text) for text in expected}
    assert lengths == {STEPS} if min_steps else len(lengths) > 1


def test_what_a_checkpoint_says_of_decoding_does_not_count():
    model = tiny_model()
    prompt = random_prompts(1)[0]
    asked = Asked(2, STEPS, STEPS, seed=1)
    expected = Greedy(model).drafts(prompt, asked)
    spoken = tiny_model()
    spoken.model.generation_config = GenerationConfig(repetition_penalty=5.0, num_beams=3)
    assert Greedy(type(model)(spoken.model, ENDS)).drafts(prompt, asked) == expected
    assert spoken.model.generation_config.repetition_penalty == 5.0


def test_draws_leave_the_random_numbers_of_others_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    Sampling(tiny_model(), {}).drafts((1, 2), Asked(2, STEPS, 0, seed=9))
    assert torch.equal(torch.rand(3), expected)
