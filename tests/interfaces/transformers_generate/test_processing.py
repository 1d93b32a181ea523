"""One token a step is greedy decoding, whatever processors and criteria take part."""

import time

import pytest
import torch
from transformers import (
    LogitsProcessor,
    LogitsProcessorList,
    MinNewTokensLengthLogitsProcessor,
    RepetitionPenaltyLogitsProcessor,
    StoppingCriteria,
    StoppingCriteriaList,
    WatermarkingConfig,
)
from transformers.generation.stopping_criteria import EosTokenCriteria, MaxLengthCriteria

from tempo.domain.errors import NonFiniteLogitsError
from tests.interfaces.transformers_generate.calls import (
    PROMPT,
    VOCABULARY,
    batch,
    decoded,
    ending,
    greedy,
)

UNEVEN = (PROMPT, [9, 4], [11, 12, 13, 14, 15, 16, 17])
LONG = {"max_new_tokens": 24}


def first(model):
    """The token that greedy decoding takes first after the prompt."""
    return greedy(model, batch(PROMPT))[0, len(PROMPT)].item()


OPTIONS = {
    "bad_words_ids": lambda model: {"bad_words_ids": [[first(model)]]},
    "bad words of two tokens": lambda model: {
        "bad_words_ids": [greedy(model, batch(PROMPT))[0, len(PROMPT) : len(PROMPT) + 2].tolist()]
    },
    "sequence_bias": lambda model: {"sequence_bias": [[[first(model)], -9.0], [[7], 2.0]]},
    "suppress_tokens": lambda model: {"suppress_tokens": [first(model)]},
    "begin_suppress_tokens": lambda model: {"begin_suppress_tokens": [first(model)]},
    "no_repeat_ngram_size": lambda _: {"no_repeat_ngram_size": 1},
    "encoder_no_repeat_ngram_size": lambda _: {"encoder_no_repeat_ngram_size": 1},
    "repetition_penalty": lambda _: {"repetition_penalty": 3.0},
    "encoder_repetition_penalty": lambda _: {"encoder_repetition_penalty": 4.0},
    "forced_eos_token_id": lambda _: {"forced_eos_token_id": 7},
    "min_new_tokens": lambda model: {"eos_token_id": ending(model), "min_new_tokens": 12},
    "exponential_decay_length_penalty": lambda model: {
        "eos_token_id": ending(model),
        "min_new_tokens": 9,
        "exponential_decay_length_penalty": (9, 3.0),
    },
    "watermarking_config": lambda _: {"watermarking_config": WatermarkingConfig(bias=9.0)},
    "prefix_allowed_tokens_fn": lambda _: {
        "prefix_allowed_tokens_fn": lambda row, text: [10 + row, 20 + len(text) % 5]
    },
    "renormalize_logits": lambda _: {"renormalize_logits": True, "no_repeat_ngram_size": 1},
}


@pytest.mark.parametrize("name", OPTIONS)
def test_what_a_configuration_asks_for_is_honoured(model, name):
    option = LONG | OPTIONS[name](model)
    inputs = batch(PROMPT)
    expected = greedy(model, inputs, **option)
    assert not torch.equal(expected, greedy(model, inputs, **LONG))
    assert torch.equal(decoded(model, inputs, max_width=1, **option), expected)


@pytest.mark.parametrize("name", OPTIONS)
def test_each_prompt_of_a_padded_batch_is_decoded_as_if_it_were_alone(model, name):
    option = LONG | {"selection_threshold": 0.05} | OPTIONS[name](model)
    allowed = option.pop("prefix_allowed_tokens_fn", None)
    together = decoded(
        model,
        batch(*UNEVEN),
        **option,
        **({"prefix_allowed_tokens_fn": allowed} if allowed else {}),
    )
    for row, prompt in enumerate(UNEVEN):
        own = {"prefix_allowed_tokens_fn": lambda _, text, row=row: allowed(row, text)}
        alone = decoded(model, batch(prompt), **option, **(own if allowed else {}))
        text = together[row, max(map(len, UNEVEN)) :].tolist()
        expected = alone[0, len(prompt) :].tolist()
        assert text == expected + [1] * (len(text) - len(expected))


def test_padding_that_is_also_the_end_token_is_no_repetition(model):
    """As tokens of the text it would be barred from the first step on."""
    end = ending(model)
    option = {"eos_token_id": end, "pad_token_id": end, "no_repeat_ngram_size": 1}
    (alone,) = decoded(model, batch(PROMPT), **option)[:, len(PROMPT) :].tolist()
    together = decoded(model, batch(PROMPT, [3] * 9, pad=end), **option)
    assert together[0, 9 : 9 + len(alone)].tolist() == alone


def test_a_length_in_all_counts_the_padding_as_in_transformers(model):
    inputs = batch(*UNEVEN)
    option = {"max_new_tokens": None, "max_length": 12}
    found = decoded(model, inputs, max_width=1, **option)
    assert torch.equal(found, greedy(model, inputs, **option))


class Only(LogitsProcessor):
    """Allows the tokens of one residue, which moves with the length of the text."""

    def __init__(self):
        self.seen = []

    def __call__(self, input_ids, scores):
        self.seen.append(input_ids.tolist())
        barred = torch.arange(VOCABULARY) % 3 != input_ids.shape[1] % 3
        return scores.masked_fill(barred, -torch.inf)


def test_a_processor_of_the_callers_own_sees_the_text_of_each_row(model):
    inputs, seeing = batch(PROMPT), Only()
    expected = greedy(model, inputs, logits_processor=LogitsProcessorList([Only()]))
    found = decoded(model, inputs, max_width=1, logits_processor=LogitsProcessorList([seeing]))
    assert torch.equal(found, expected)
    assert [len(text) for (text,) in seeing.seen] == list(range(len(PROMPT), len(PROMPT) + 12))
    wide = Only()
    decoded(model, inputs, threshold=0.02, logits_processor=LogitsProcessorList([wide]))
    texts = [tuple(text) for (text,) in wide.seen]
    assert len(texts) > 12, "some step held several rows, each with a text of its own"
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize(
    ("option", "processor"),
    [
        ({"repetition_penalty": 1.01}, lambda _: RepetitionPenaltyLogitsProcessor(5.0)),
        (
            {"min_new_tokens": 1},
            lambda end: MinNewTokensLengthLogitsProcessor(len(PROMPT), 12, torch.tensor([end])),
        ),
    ],
    ids=["repetition penalty", "least new tokens"],
)
def test_a_processor_of_the_callers_own_takes_the_place_of_the_configurations(
    model, option, processor
):
    end = ending(model)
    inputs, option = batch(PROMPT), option | {"eos_token_id": end}
    expected = greedy(
        model, inputs, logits_processor=LogitsProcessorList([processor(end)]), **option
    )
    assert not torch.equal(expected, greedy(model, inputs, **option))
    given = LogitsProcessorList([processor(end)])
    found = decoded(model, inputs, max_width=1, logits_processor=given, **option)
    assert torch.equal(found, expected)


def test_a_watermark_is_found_in_several_paths_too(model):
    """Of the texts of eight prompts: most tokens are green, where a quarter would be by chance."""
    from transformers import WatermarkDetector

    inputs = batch(*([first, 5, 8] for first in range(2, 10)))
    config = WatermarkingConfig(bias=9.0)
    found = decoded(model, inputs, threshold=0.05, max_new_tokens=24, watermarking_config=config)
    detector = WatermarkDetector(model.config, "cpu", config)
    told = detector(found[:, 3:], return_dict=True)
    assert told.green_fraction.mean() > 0.8


# Stopping criteria ------------------------------------------------------------------------------


class Ends(StoppingCriteria):
    """Met by texts whose last token leaves a rest."""

    def __init__(self, rest):
        self.rest = rest

    def __call__(self, input_ids, scores, **_):
        assert scores is None
        return input_ids[:, -1] % 7 == self.rest


@pytest.mark.parametrize("rest", range(7))
def test_a_criterion_stops_a_text_where_it_stops_transformers(model, rest):
    inputs, given = batch(PROMPT), StoppingCriteriaList([Ends(rest)])
    expected = greedy(model, inputs, stopping_criteria=given, **LONG)
    found = decoded(model, inputs, max_width=1, stopping_criteria=given, **LONG)
    assert torch.equal(found, expected)


def test_a_criterion_stops_each_prompt_by_itself(model):
    given = StoppingCriteriaList([Ends(3)])
    together = decoded(model, batch(*UNEVEN), threshold=0.05, stopping_criteria=given, **LONG)
    for row, prompt in enumerate(UNEVEN):
        alone = decoded(model, batch(prompt), threshold=0.05, stopping_criteria=given, **LONG)
        text = alone[0, len(prompt) :].tolist()
        assert together[row, 7 : 7 + len(text)].tolist() == text
        assert text[-1] % 7 == 3 or len(text) == 24


def test_lengths_and_ends_of_the_callers_own_stop_a_text_too(model):
    inputs, end = batch(PROMPT), ending(model)
    for criterion in (MaxLengthCriteria(9), EosTokenCriteria(end)):
        given = StoppingCriteriaList([criterion])
        expected = greedy(model, inputs, stopping_criteria=given, **LONG)
        assert expected.shape[1] < len(PROMPT) + 24
        found = decoded(model, inputs, max_width=1, stopping_criteria=given, **LONG)
        assert torch.equal(found, expected)


def test_time_that_has_run_out_stops_after_a_step(model, monkeypatch):
    now = time.time()
    ticks = iter(range(10_000))
    monkeypatch.setattr(time, "time", lambda: now + 10.0 * next(ticks))
    found = decoded(model, batch(PROMPT), max_time=5.0, **LONG)
    assert found.shape[1] == len(PROMPT) + 1


class Nothing(LogitsProcessor):
    """Excludes every token."""

    def __call__(self, input_ids, scores):
        return torch.full_like(scores, -torch.inf)


def test_processors_that_leave_no_token_are_named(model):
    given = LogitsProcessorList([Nothing()])
    with pytest.raises(NonFiniteLogitsError, match="or the logits processors exclude every token"):
        decoded(model, batch(PROMPT), logits_processor=given, **LONG)
