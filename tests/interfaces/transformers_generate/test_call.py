from inspect import signature

import pytest
import torch

import tempo
from tempo.application.settings.reading import ALIASES, SWITCHES
from tempo.application.settings.settings import SPECS
from tempo.application.settings.words import WISHES
from tempo.domain.errors import InvalidValueError
from tests.interfaces.transformers_generate.calls import PROMPT, batch, decoded, ending, greedy


def engine_of(model):
    from dependency_injector import providers

    from tempo.infrastructure.container import container_around
    from tests.fakes.numbered_tokenizer import NumberedTokenizer

    container = container_around(model, ())
    tokenizer = NumberedTokenizer()
    tokenizer.end_tokens = frozenset()
    container.tokenizer.override(providers.Object(tokenizer))
    return tempo.Engine.of(container, check=False)


def test_one_token_a_step_is_greedy_decoding(model):
    inputs = batch(PROMPT)
    assert torch.equal(decoded(model, inputs, max_width=1), greedy(model, inputs))
    assert torch.equal(decoded(model, inputs, default_mode=True), greedy(model, inputs))


def test_one_token_a_step_is_greedy_decoding_of_a_batch_padded_on_the_left(model):
    inputs = batch(PROMPT, [9, 4], [11, 12, 13, 14, 15, 16, 17])
    assert torch.equal(decoded(model, inputs, max_width=1), greedy(model, inputs))


def test_each_prompt_is_followed_by_its_best_path(model):
    found = decoded(model, batch(PROMPT), selection_threshold=0.02, max_new_tokens=9)
    result = engine_of(model).generate(PROMPT, selection_threshold=0.02, max_steps=9)
    assert found.shape == (1, len(PROMPT) + 9)
    assert found[0, : len(PROMPT)].tolist() == PROMPT
    assert tuple(found[0, len(PROMPT) :].tolist()) == result.best_path_ids
    assert max(step.width for step in result.lattice.steps) > 1


def test_several_paths_give_another_text_than_one(model):
    inputs = batch(*([first, 5, 8] for first in range(2, 22)))
    assert not torch.equal(decoded(model, inputs, threshold=0.01), greedy(model, inputs))


@pytest.mark.parametrize("name", ["threshold", "selection_threshold"])
def test_settings_are_keywords(model, name):
    inputs = batch(PROMPT)
    narrow = decoded(model, inputs, **{name: 1.0})
    assert torch.equal(narrow, greedy(model, inputs))


def test_wrong_settings_are_refused_by_their_own_sentence(model):
    with pytest.raises(InvalidValueError, match=r"selection_threshold is 1.5"):
        decoded(model, batch(PROMPT), selection_threshold=1.5)
    with pytest.raises(InvalidValueError, match="needs superposition lineage"):
        decoded(model, batch(PROMPT), superposition="path", window=5)


def test_an_unknown_keyword_is_refused_by_transformers(model):
    with pytest.raises(ValueError, match="max_widht"):
        decoded(model, batch(PROMPT), max_widht=3)


@pytest.mark.parametrize(
    "options",
    [{"num_beams": 3}, {"num_return_sequences": 2, "do_sample": True}],
    ids=["beams", "return sequences"],
)
def test_several_beams_or_sequences_are_refused(model, options):
    with pytest.raises(InvalidValueError, match="for several texts use n_best="):
        decoded(model, batch(PROMPT), **options)


def test_processors_act_with_sampling_alone_as_in_transformers(model):
    """A temperature cannot change a greedy choice; top-k 1 leaves one token a step."""
    inputs = batch(PROMPT)
    wide = {"threshold": 0.02, "max_new_tokens": 12}
    plain = decoded(model, inputs, **wide)
    assert torch.equal(decoded(model, inputs, **wide, temperature=0.01, do_sample=False), plain)
    sharp = decoded(model, inputs, **wide, temperature=0.01, do_sample=True, top_k=0)
    assert torch.equal(sharp, greedy(model, inputs))
    one = decoded(model, inputs, threshold=0.0, top_k=1, do_sample=True)
    assert torch.equal(one, greedy(model, inputs))


def test_the_repetition_penalty_acts_without_sampling_as_in_transformers(model):
    inputs = batch(PROMPT)
    penalised = greedy(model, inputs, repetition_penalty=3.0)
    assert not torch.equal(penalised, greedy(model, inputs))
    assert torch.equal(decoded(model, inputs, max_width=1, repetition_penalty=3.0), penalised)


def test_an_end_token_ends_a_text_and_padding_follows(model):
    end = ending(model)
    inputs = batch(PROMPT, [9, 4])
    options = {"eos_token_id": end, "pad_token_id": 1}
    found = decoded(model, inputs, max_width=1, **options)
    assert torch.equal(found, greedy(model, inputs, **options))
    assert end in found[0].tolist()
    assert found[0, -1] == 1


def test_without_a_padding_token_the_end_token_pads(model):
    end = ending(model)
    found = decoded(
        model, batch(PROMPT, [9, 4]), max_width=1, eos_token_id=[end], pad_token_id=None
    )
    assert found[0, -1] == end


def test_the_least_number_of_new_tokens_bars_the_end(model):
    end = ending(model)
    options = {"eos_token_id": end, "min_new_tokens": 12}
    found = decoded(model, batch(PROMPT), max_width=1, **options)
    assert found.shape[1] == len(PROMPT) + 12
    assert end not in found[0, len(PROMPT) :].tolist()


def test_a_length_in_all_counts_the_prompt(model):
    found = decoded(model, batch(PROMPT), max_new_tokens=None, max_length=9)
    assert found.shape[1] == 9


def test_the_result_keeps_the_type_of_its_input(model):
    found = decoded(model, batch(PROMPT))
    assert (found.dtype, found.device) == (torch.long, model.device)


def test_every_setting_that_transformers_does_not_have_is_named_in_the_signature():
    names = set(signature(tempo.custom_generate).parameters)
    theirs = {"temperature", "top_k", "top_p", "min_p", "repetition_penalty"}
    lengths = {"max_steps", "min_steps"}
    assert (set(SPECS) - theirs - lengths) | set(ALIASES) | set(SWITCHES) | set(WISHES) <= names
    assert not names & theirs
    assert "Decode with TEMPO" in tempo.custom_generate.__doc__


def test_an_older_switch_means_inside_transformers_what_it_means_elsewhere(model):
    lengths = {"max_new_tokens": 6, "threshold": 0.01, "return_dict_in_generate": True}
    switches = ({"isolate": False}, {"visibility": "visible"}, {})
    found = [decoded(model, batch(PROMPT), **lengths, **one).lattice[0] for one in switches]
    weights = [[one.probability for one in lattice.steps[-1].candidates] for lattice in found]
    assert weights[0] == weights[1] != weights[2]
