"""`engine.observe`, `engine.intervene` and `engine.logit_lens`."""

import threading

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tempo.domain.errors import (
    ChoiceError,
    InvalidValueError,
    SessionError,
    TempoError,
    UnsupportedModelError,
)
from tempo.infrastructure.container import container_around
from tempo.interfaces.python.engine import Engine
from tests.contracts.adapters import VOCABULARY, drawn
from tests.interfaces.scripted_engine import scripted_engine

NAMES = ("llama-sdpa", "llama-eager", "gpt_neox-sdpa", "gemma2-eager", "qwen3-sdpa")
PROMPT = (5, 9, 2, 77)
WIDE = {"selection_threshold": 0.0, "max_width": 3, "max_steps": 5, "superposition": "uniform"}
CLOSE = 1e-4

prompts = st.lists(st.integers(0, VOCABULARY - 1), min_size=1, max_size=6)
few = settings(max_examples=10, deadline=None)


def engine_of(name="llama-sdpa", backend="transformers"):
    container = container_around(drawn(name), ())
    container.config.backend.from_value(backend)
    return Engine.of(container, check=False)


@pytest.fixture(scope="module")
def engine():
    return engine_of()


@pytest.fixture(scope="module")
def layers(engine):
    return engine.container.activations().shape.layers


def told(result):
    """Return a run's text and every number of its lattice."""
    steps = result.lattice.steps
    return (
        result.best_path_ids,
        [[one.probability for one in step.candidates] for step in steps],
        [[one.score for one in step.candidates] for step in steps],
    )


def hooks_on(engine):
    model = engine.container.model()
    return [
        hook
        for module in model.modules()
        for held in (module._forward_pre_hooks, module._forward_hooks)
        for hook in held
    ]


@few
@given(prompts, st.integers(0, 1))
def test_an_intervention_that_changes_nothing_changes_nothing(engine, prompt, layer):
    before = told(engine.generate(prompt, **WIDE))
    with engine.intervene(layer, range(-1, 5), edit=lambda states, _: states):
        assert told(engine.generate(prompt, **WIDE)) == before
    with engine.intervene(edit=lambda *_: None), engine.observe():
        assert told(engine.generate(prompt, **WIDE)) == before


@few
@given(prompts)
def test_editing_a_later_layer_leaves_what_earlier_ones_are_given(engine, layers, prompt):
    steps = range(-1, 2)
    with engine.observe(steps=steps) as plain:
        engine.generate(prompt, **WIDE)
    last = layers - 1
    edited = engine.intervene(last, -1, edit=lambda states, _: states + 3.0)
    with edited, engine.observe(steps=steps) as changed:
        engine.generate(prompt, **WIDE)
    for layer in range(last):
        name = f"blocks.{layer}.hook_resid_pre"
        assert np.array_equal(plain.step(-1)[name], changed.step(-1)[name])
    name = f"blocks.{last}.hook_resid_pre"
    assert np.allclose(plain.step(-1)[name] + 3.0, changed.step(-1)[name], atol=1e-5)
    after = "ln_final.hook_out"
    assert not np.allclose(plain.step(-1)[after], changed.step(-1)[after], atol=1e-3)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_seen_of_one_path_is_what_transformers_itself_tells(name):
    engine = engine_of(name)
    with engine.observe(steps=range(-1, 4), what=("hidden", "attention", "logits")) as seen:
        result = engine.generate(PROMPT, max_width=1, max_steps=5)
    whole = [*PROMPT, *result.best_path_ids[:4]]
    with torch.inference_mode():
        model = engine.container.model()
        model.set_attn_implementation("eager")
        own = model(
            input_ids=torch.tensor([whole]),
            output_hidden_states=True,
            output_attentions=True,
            use_cache=False,
        )
    count = len(own.attentions)
    for step in range(-1, 4):
        one, end = seen.step(step), len(PROMPT) + step + 1
        rows = slice(0 if step == -1 else end - 1, end)
        for layer in range(count):
            states = own.hidden_states[layer][0, rows]
            assert np.allclose(one[f"blocks.{layer}.hook_resid_pre"], states, atol=CLOSE)
            shares = own.attentions[layer][0, :, rows, :end]
            assert np.allclose(one[f"blocks.{layer}.attn.hook_pattern"], shares, atol=CLOSE)
        final = own.hidden_states[count][0, rows][-1:]
        assert np.allclose(one["ln_final.hook_out"][-1:], final, atol=CLOSE)
        assert np.allclose(one["unembed.hook_out"][-1], own.logits[0, end - 1], atol=CLOSE)
        assert [row.token_id for row in one.rows] == whole[rows]


def test_what_is_seen_of_the_first_set_is_that_of_separate_runs(engine, layers):
    with engine.observe(steps=0, what=("hidden", "attention")) as seen:
        engine.generate(PROMPT, **WIDE)
    first = seen.step(0)
    assert [row.position for row in first.rows] == [len(PROMPT)] * 3
    for place, row in enumerate(first.rows):
        with engine.observe(steps=-1, what=("hidden", "attention")) as alone:
            engine.generate((*PROMPT, row.token_id), max_steps=1)
        other = alone.step(-1)
        for layer in range(layers + 1):
            name = f"blocks.{layer}.hook_resid_pre" if layer < layers else "ln_final.hook_out"
            assert np.allclose(first[name][place], other[name][-1], atol=CLOSE)
        shares = first["blocks.1.attn.hook_pattern"][:, place]
        held = [first.keys.index(slot) for slot in (*range(len(PROMPT)), row.slot)]
        assert np.allclose(shares[:, held], other["blocks.1.attn.hook_pattern"][:, -1], atol=CLOSE)
        assert np.allclose(np.delete(shares, held, axis=1), 0.0)


def test_an_edit_is_given_the_rows_of_its_step_and_reaches_their_siblings_no_more(engine):
    given_rows = []

    def edit(states, at):
        given_rows.append((at.layer, at.step, [row.token_id for row in at.rows], states.shape))
        states[0] = 0.0
        return states

    with engine.observe(steps=0) as plain:
        engine.generate(PROMPT, **WIDE)
    with engine.intervene(1, 0, edit=edit), engine.observe(steps=0) as changed:
        engine.generate(PROMPT, **WIDE)
    one, other = plain.step(0), changed.step(0)
    hidden = one["ln_final.hook_out"].shape[1]
    assert given_rows == [(1, 0, [row.token_id for row in one.rows], (3, hidden))]
    assert not other["blocks.1.hook_resid_pre"][0].any()
    assert np.array_equal(one["ln_final.hook_out"][1:], other["ln_final.hook_out"][1:])
    assert not np.allclose(one["ln_final.hook_out"][0], other["ln_final.hook_out"][0], atol=0.01)


def test_what_leaves_the_last_layer_can_be_edited(engine, layers):
    with engine.intervene(layers, -1, edit=lambda states, _: states * 0.0):
        result = engine.generate(PROMPT, max_steps=1, max_width=2, selection_threshold=0.0)
    found = [one.probability for one in result.lattice.steps[0].candidates]
    assert np.allclose(found, 1.0 / VOCABULARY)


def test_edits_act_in_the_order_in_which_they_were_entered(engine):
    doubled = engine.intervene(0, -1, edit=lambda states, _: states * 2.0)
    added = engine.intervene(0, -1, edit=lambda states, _: states + 1.0)
    with engine.observe(0, -1) as plain:
        engine.generate(PROMPT, max_steps=1)
    with engine.observe(0, -1) as seen, doubled, added:
        engine.generate(PROMPT, max_steps=1)
    name = "blocks.0.hook_resid_pre"
    assert np.allclose(seen.step(-1)[name], plain.step(-1)[name] * 2.0 + 1.0)


def test_looking_costs_no_pass_and_the_hooks_are_gone_after_the_with(engine):
    before = engine.generate(PROMPT, **WIDE)
    with engine.observe(what=("hidden", "attention", "logits")) as seen:
        within = engine.generate(PROMPT, **WIDE)
    assert within.cost.passes == before.cost.passes
    assert seen.steps == (0, 1, 2, 3)
    assert hooks_on(engine) == []
    engine.generate(PROMPT, **WIDE)
    assert len(seen.passes) == 4


def failing(*_):
    raise ZeroDivisionError


def test_the_hooks_are_gone_after_an_error(engine):
    before = told(engine.generate(PROMPT, **WIDE))
    with (
        pytest.raises(ZeroDivisionError),
        engine.observe() as seen,
        engine.intervene(1, 1, edit=failing),
    ):
        engine.generate(PROMPT, **WIDE)
    assert seen.steps == (0,)
    assert hooks_on(engine) == []
    assert told(engine.generate(PROMPT, **WIDE)) == before


def test_another_thread_is_neither_seen_nor_edited(engine):
    before = told(engine.generate(PROMPT, **WIDE))
    found = []
    other = threading.Thread(target=lambda: found.append(told(engine.generate(PROMPT, **WIDE))))
    with engine.observe() as seen, engine.intervene(0, -1, edit=lambda states, _: states * 0.0):
        other.start()
        other.join()
    assert found == [before]
    assert seen.passes == []


def test_another_engine_is_neither_seen_nor_edited(engine):
    other = engine_of()
    before = told(other.generate(PROMPT, **WIDE))
    with engine.observe() as seen, engine.intervene(0, -1, edit=lambda states, _: states * 0.0):
        assert told(other.generate(PROMPT, **WIDE)) == before
    assert seen.passes == []


def test_a_step_of_a_session_that_went_back_is_there_as_it_was_last_fed(engine):
    with engine.observe(steps=0) as seen, engine.session(PROMPT, **WIDE) as session:
        session.step()
        session.step()
        session.back(2)
        first = session.step()
        kept = first.token_set.members[1].token_id
        session.choose(first.step, kept)
        session.step()
    assert [row.token_id for row in seen.step(0).rows] == [kept]
    assert len(seen.passes) == 2


def test_captures_of_pruning_rules_go_on_beside_it(engine):
    rule = {"retroactive_pruning": "attention", "attention_threshold": 0.2, **WIDE}
    before = told(engine.generate(PROMPT, **rule))
    with engine.observe(what="attention") as seen:
        assert told(engine.generate(PROMPT, **rule)) == before
    assert np.allclose(seen.step(2)["blocks.0.attn.hook_pattern"].sum(-1), 1.0, atol=CLOSE)


def test_the_fused_decoder_makes_room_for_the_models_own_modules():
    engine, plain = engine_of(backend="fused"), engine_of()
    with engine.observe(what=("hidden", "logits")) as seen:
        engine.generate(PROMPT, **WIDE)
    with plain.observe(what=("hidden", "logits")) as expected:
        plain.generate(PROMPT, **WIDE)
    assert seen.steps == expected.steps
    for step in seen.steps:
        for name, array in expected.step(step).arrays.items():
            assert np.allclose(seen.step(step)[name], array, atol=CLOSE)
    unseen = engine.session(PROMPT, **WIDE)
    unseen.step()
    with engine.observe(), pytest.raises(SessionError) as caught:
        unseen.step()
    assert str(caught.value) == (
        "this run was opened before its layers were to be observed or edited; open it within the "
        '`with`, or load the model with backend="transformers"'
    )
    unseen.close()


def test_a_run_opened_within_the_with_goes_on_behind_it():
    engine = engine_of(backend="fused")
    with engine.observe() as seen:
        session = engine.session(PROMPT, **WIDE)
        session.step()
        session.step()
    with session:
        session.step()
    assert seen.steps == (0,)


@pytest.mark.parametrize("name", ["llama-sdpa", "gpt_neox-sdpa", "qwen3-sdpa"])
def test_the_lens_of_the_last_layer_is_what_the_model_says(name):
    engine = engine_of(name)
    with engine.observe(steps=0, what=("hidden", "logits")) as seen:
        engine.generate(PROMPT, **WIDE)
    count = engine.container.activations().shape.layers
    read = engine.logit_lens(seen.step(0)[f"blocks.{count - 1}.hook_resid_post"])
    said = seen.step(0)["unembed.hook_out"]
    assert np.allclose(read, said - np.logaddexp.reduce(said, -1, keepdims=True), atol=CLOSE)


def refused(call):
    with pytest.raises(TempoError) as caught, call():
        pass
    return type(caught.value), str(caught.value)


@pytest.mark.parametrize(
    ("call", "kind", "sentence"),
    [
        (
            lambda engine: engine.observe(layers=[0, 7]),
            InvalidValueError,
            (
                "layer 7 does not exist: this model has layers 0 to 1; "
                "name some of them, or 2 for what leaves the last"
            ),
        ),
        (
            lambda engine: engine.intervene(-1, edit=lambda states, _: states),
            InvalidValueError,
            (
                "layer -1 does not exist: this model has layers 0 to 1; "
                "name some of them, or 2 for what leaves the last"
            ),
        ),
        (
            lambda engine: engine.observe(layers=2, what="attention"),
            InvalidValueError,
            (
                "layer 2 does not exist: this model has layers 0 to 1, and 2 stands for what "
                "leaves the last, which is of use for hidden alone"
            ),
        ),
        (
            lambda engine: engine.observe(steps=[0, -2]),
            InvalidValueError,
            "step -2 does not exist; steps are 0 or more, -1 the prompt",
        ),
        (
            lambda engine: engine.observe(layers="all"),
            InvalidValueError,
            "layers is 'all'; give whole numbers, such as layers=[0, 3]",
        ),
        (
            lambda engine: engine.observe(what="keys"),
            InvalidValueError,
            "what is 'keys'; choose some of hidden, attention, logits",
        ),
        (
            lambda engine: engine.intervene(0, edit=0.5),
            InvalidValueError,
            (
                "edit is 0.5; give a function that takes states [row, hidden] and what they are, "
                "and returns states of the same shape"
            ),
        ),
    ],
)
def test_what_cannot_be_observed_is_refused_in_a_sentence(engine, call, kind, sentence):
    assert refused(lambda: call(engine)) == (kind, sentence)


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (
            lambda states, _: states[:, :3],
            (
                "the edit of layer 1 returned (1, 3); return a tensor of the shape (1, {hidden}) "
                "that it was given, or None to leave it"
            ),
        ),
        (
            lambda *_: 1.0,
            (
                "the edit of layer 1 returned float; return a tensor of the shape (1, {hidden}) "
                "that it was given, or None to leave it"
            ),
        ),
        (
            lambda states, _: states / 0.0,
            "the edit of layer 1 returned NaN or infinity; return finite numbers",
        ),
    ],
)
def test_an_edit_that_cannot_go_on_is_refused_in_a_sentence(engine, edit, sentence):
    hidden = engine.container.activations().shape.hidden
    with pytest.raises(InvalidValueError) as caught, engine.intervene(1, 0, edit=edit):
        engine.generate(PROMPT, max_width=1, max_steps=2)
    assert str(caught.value) == sentence.format(hidden=hidden)
    assert hooks_on(engine) == []


def test_many_prompts_at_once_are_refused_in_a_sentence(engine):
    with engine.observe(), pytest.raises(SessionError) as caught:
        engine.generate_many([PROMPT, PROMPT], max_steps=2)
    assert str(caught.value) == (
        "layers can be observed or edited for one prompt at a time, since many prompts share "
        "passes with those of other threads; use generate, stream or session"
    )


def test_what_has_no_layers_is_refused_in_a_sentence():
    assert refused(lambda: scripted_engine().observe()) == (
        UnsupportedModelError,
        (
            "layers cannot be observed or edited behind ScriptedBackend; "
            "use an engine that tempo.load or tempo.Engine made"
        ),
    )


def test_a_lens_that_would_not_say_what_the_model_says_is_refused_in_a_sentence():
    engine = engine_of("granite-sdpa")
    engine.container.model().config.logits_scaling = 0.01
    with pytest.raises(UnsupportedModelError) as caught:
        engine.logit_lens(np.zeros((1, engine.container.activations().shape.hidden)))
    assert str(caught.value) == (
        "granite makes more of its last states than a norm and a head do, so no lens of other "
        "layers would say what it says; use another model"
    )
    with pytest.raises(InvalidValueError) as caught:
        engine.logit_lens(np.zeros((2, 3)))
    assert str(caught.value).startswith("states have the shape (2, 3); this model's end in ")


def test_what_was_not_seen_is_refused_in_a_sentence(engine):
    with engine.observe(0, 0) as seen:
        engine.generate(PROMPT, max_width=1, max_steps=2)
    with pytest.raises(ChoiceError) as caught:
        seen.step(1)
    assert str(caught.value) == (
        "step 1 was not seen; there are 0. A step is fed when a run goes on from it"
    )
    with pytest.raises(ChoiceError) as caught:
        seen.step(0)["blocks.1.hook_resid_pre"]
    assert str(caught.value) == (
        "'blocks.1.hook_resid_pre' was not taken down; "
        "there are blocks.0.hook_resid_pre, ln_final.hook_out"
    )
