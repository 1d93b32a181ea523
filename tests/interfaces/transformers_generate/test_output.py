"""What a call returns: rows, scores, lattices; drawn texts; tokens as they settle."""

import math
from collections import Counter

import numpy as np
import pytest
import torch
from transformers import TextIteratorStreamer, set_seed

from tempo.domain.errors import InvalidValueError
from tempo.interfaces.python.lattice import Lattice
from tests.contracts.adapters import plain_scores
from tests.fakes.streamers import Recorder
from tests.infrastructure.huggingface.tiny_tokenizers import byte_level
from tests.interfaces.transformers_generate.calls import PROMPT, batch, decoded, ending, greedy

WIDE = {"selection_threshold": 0.05, "max_new_tokens": 8}
DICT = {"return_dict_in_generate": True}


def continuation(row, prompt):
    return row[len(prompt) :].tolist()


def test_a_dictionary_holds_the_sequences_their_scores_and_the_lattice(model):
    out = decoded(model, batch(PROMPT), length_penalty=0.0, **WIDE, **DICT)
    assert torch.equal(out.sequences, decoded(model, batch(PROMPT), **WIDE))
    text = continuation(out.sequences[0], PROMPT)
    assert out.sequences_scores.tolist() == pytest.approx(
        [plain_scores(model, PROMPT, text).sum()], abs=1e-3
    )
    (lattice,) = out["lattice"]
    assert isinstance(lattice, Lattice)
    assert lattice.prompt_ids == tuple(PROMPT)
    best = [
        step.token_set.members[member].token_id
        for step, member in zip(lattice.steps, lattice.best, strict=True)
    ]
    assert best == text
    assert out.n_best is None
    assert lattice.steps[0].token_set.members[0].text == f"<{best[0]}>"


@pytest.mark.parametrize("penalty", [0.0, 1.0, 2.0])
def test_scores_are_those_of_beam_search(model, penalty):
    option = {"length_penalty": penalty, "eos_token_id": ending(model), "max_new_tokens": 12}
    out = decoded(model, batch(PROMPT), n_best=4, threshold=0.05, **option, **DICT)
    for row, score in zip(out.sequences, out.sequences_scores.tolist(), strict=True):
        text = [token for token in continuation(row, PROMPT) if token != 1]
        assert score == pytest.approx(
            plain_scores(model, PROMPT, text).sum() / len(text) ** penalty, abs=1e-3
        )
    assert out.sequences_scores.tolist() == sorted(out.sequences_scores.tolist(), reverse=True)


def test_the_best_texts_are_rows_of_their_prompt_best_first(model):
    prompts = (PROMPT, [9, 4])
    found = decoded(model, batch(*prompts), n_best=3, **WIDE)
    out = decoded(model, batch(*prompts), n_best=3, **WIDE, **DICT)
    assert found.shape == (6, len(PROMPT) + 8)
    assert torch.equal(out.sequences, found)
    assert len({tuple(row) for row in found.tolist()}) == 6
    for number, prompt in enumerate(prompts):
        texts = out.n_best[number]
        assert [list(text.token_ids) for text in texts] == [
            continuation(row, PROMPT) for row in found[3 * number : 3 * number + 3]
        ]
        for text in texts:
            exact = plain_scores(model, prompt, list(text.token_ids)).sum()
            assert text.log_probability == pytest.approx(exact, abs=1e-3)


def test_rows_that_a_lattice_has_no_text_for_are_padding_of_no_probability(model):
    out = decoded(model, batch(PROMPT), n_best=3, max_width=1, **DICT)
    text = continuation(out.sequences[0], PROMPT)
    assert torch.equal(out.sequences[:1], greedy(model, batch(PROMPT)))
    assert continuation(out.sequences[1], PROMPT) == [1] * len(text)
    assert out.sequences_scores.tolist()[1:] == [-math.inf, -math.inf]
    assert len(out.n_best[0]) == 1


def test_with_a_tokenizer_the_lattice_has_words_and_stop_strings_end_a_text(model):
    tokenizer = byte_level()
    text = continuation(greedy(model, batch(PROMPT))[0], PROMPT)
    at = next(
        place
        for place, token in enumerate(text)
        if place > 1 and tokenizer.decode([token]) not in tokenizer.decode(text[:place])
    )
    option = {"max_width": 1, "stop": tokenizer.decode([text[at]]), "tempo_tokenizer": tokenizer}
    out = decoded(model, batch(PROMPT), **option, **DICT)
    assert continuation(out.sequences[0], PROMPT) == text[: at + 1]
    (lattice,) = out.lattice
    assert lattice.steps[0].token_set.members[0].text == tokenizer.decode([text[0]])


def test_the_end_tokens_are_the_configurations_and_not_the_tokenizers(model):
    tokenizer = byte_level()
    text = continuation(greedy(model, batch(PROMPT))[0], PROMPT)
    tokenizer.eos_token = tokenizer.convert_ids_to_tokens(text[3])
    assert tokenizer.eos_token_id == text[3]
    found = decoded(model, batch(PROMPT), max_width=1, tempo_tokenizer=tokenizer)
    assert continuation(found[0], PROMPT) == text


# Drawn texts ------------------------------------------------------------------------------------


def test_a_text_is_drawn_by_the_seed_of_torch_or_by_one_of_its_own(model):
    option = {"do_sample": True, "top_k": 0} | WIDE
    drawn = []
    for _ in range(2):
        set_seed(5)
        drawn.append([decoded(model, batch(PROMPT), **option).tolist() for _ in range(6)])
    assert drawn[0] == drawn[1]
    assert len({str(one) for one in drawn[0]}) > 1
    seeded = [decoded(model, batch(PROMPT), **option, seed=seed).tolist() for seed in range(6)]
    assert seeded == [
        decoded(model, batch(PROMPT), **option, seed=seed).tolist() for seed in range(6)
    ]
    assert len({str(one) for one in seeded}) > 1


def test_texts_are_drawn_as_the_lattice_has_them(model):
    """Of 400 draws, the first tokens against their posteriors: no share is off by a tenth."""
    option = {"do_sample": True, "top_k": 0, "selection_threshold": 0.05, "max_new_tokens": 2}
    out = decoded(model, batch(PROMPT), **option, **DICT)
    (lattice,) = out.lattice
    drawn = Counter(lattice.token_ids(lattice.sample_paths(1, seed)[0])[0] for seed in range(400))
    again = Counter(
        decoded(model, batch(PROMPT), **option, seed=seed)[0, len(PROMPT)].item()
        for seed in range(60)
    )
    members = lattice.steps[0].token_set.members
    for member, share in zip(members, lattice.posteriors()[0], strict=True):
        assert abs(drawn[member.token_id] / 400 - share) < 0.1
        assert abs(again[member.token_id] / 60 - share) < 0.25


def test_nothing_is_drawn_unless_asked_for_and_torchs_generator_stays_where_it_was(model):
    before = torch.random.get_rng_state()
    one, two = (decoded(model, batch(PROMPT), **WIDE) for _ in range(2))
    best = decoded(model, batch(PROMPT), **WIDE, do_sample=True, top_k=0, n_best=2)
    assert torch.equal(one, two)
    assert best.shape[0] == 2
    assert torch.equal(before, torch.random.get_rng_state())


# Streamers --------------------------------------------------------------------------------------


@pytest.mark.parametrize("threshold", [1.0, 0.05, 0.02])
def test_a_streamer_gets_the_prompt_and_each_token_of_the_text_once(model, threshold):
    told = Recorder()
    option = {"selection_threshold": threshold, "max_new_tokens": 12, "tempo_streamer": told}
    found = decoded(model, batch(PROMPT), **option)
    text = continuation(found[0], PROMPT)
    assert told.told == [[PROMPT], *([token] for token in text), "end"]


def test_tokens_stream_before_the_run_has_ended(model):
    """A criterion sees how many were told when it is asked."""
    from transformers import StoppingCriteria, StoppingCriteriaList

    told, counts = Recorder(), []

    class Counting(StoppingCriteria):
        def __call__(self, input_ids, scores, **_):
            counts.append(len(told.told) - 1)
            return torch.zeros(len(input_ids), dtype=torch.bool)

    given = StoppingCriteriaList([Counting()])
    decoded(model, batch(PROMPT), tempo_streamer=told, stopping_criteria=given, max_width=1)
    assert counts == sorted(counts)
    assert counts[-1] >= 10


def test_a_drawn_text_streams_when_it_is_drawn(model):
    told = Recorder()
    found = decoded(
        model, batch(PROMPT), do_sample=True, top_k=0, seed=3, tempo_streamer=told, **WIDE
    )
    assert told.told == [[PROMPT], *([token] for token in continuation(found[0], PROMPT)), "end"]


def test_a_streamer_of_transformers_own_gets_the_text(model):
    tokenizer = byte_level()
    streamer = TextIteratorStreamer(tokenizer, skip_prompt=True)
    found = decoded(model, batch(PROMPT), tempo_streamer=streamer, **WIDE)
    assert "".join(streamer) == tokenizer.decode(continuation(found[0], PROMPT))


def test_a_streamer_that_fails_ends_the_call(model):
    class Failing(Recorder):
        def put(self, value):
            if len(self.told) == 3:
                raise OSError("nobody listens")
            super().put(value)

    with pytest.raises(OSError, match="nobody listens"):
        decoded(model, batch(PROMPT), tempo_streamer=Failing(), max_width=1)


def test_padded_logits_do_not_matter_to_scores(model):
    out = decoded(model, batch(PROMPT, [9, 4, 3, 2, 1, 6, 8]), **WIDE, **DICT, length_penalty=0.0)
    alone = decoded(model, batch(PROMPT), **WIDE, **DICT, length_penalty=0.0)
    assert np.isclose(out.sequences_scores[0], alone.sequences_scores[0], atol=1e-4)


def test_a_search_returns_the_best_texts_that_it_tried_by_its_own_seed(model):
    option = {"use_mcts": True, "mcts_depth": 6, "max_new_tokens": 6, "threshold": 0.01}
    found = decoded(model, batch(PROMPT), n_best=3, seed=7, return_dict_in_generate=True, **option)
    assert found.sequences.shape == (3, len(PROMPT) + 6)
    assert found.sequences_scores.tolist() == pytest.approx(
        [text.log_probability / 6 for text in found.n_best[0]], abs=1e-6
    )
    with pytest.raises(InvalidValueError, match="length_penalty"):
        decoded(model, batch(PROMPT), n_best=3, length_penalty=2.0, **option)


def test_a_search_takes_what_a_configuration_leaves_alone(model):
    option = {
        "use_mcts": True,
        "mcts_depth": 4,
        "max_new_tokens": 4,
        "threshold": 0.01,
        "repetition_penalty": 1.0,
    }
    found = decoded(model, batch(PROMPT), do_sample=True, top_k=0, n_best=1, **option)
    assert found.shape == (1, len(PROMPT) + 4)


def test_a_search_goes_by_what_sampling_asks_for_and_names_what_reads_texts(model):
    option = {"use_mcts": True, "mcts_depth": 4, "max_new_tokens": 4, "threshold": 0.01}
    found = decoded(model, batch(PROMPT), do_sample=True, temperature=0.7, n_best=1, **option)
    assert found.shape == (1, len(PROMPT) + 4)
    with pytest.raises(InvalidValueError, match="NoRepeatNGramLogitsProcessor is among the"):
        decoded(model, batch(PROMPT), no_repeat_ngram_size=2, **option)
