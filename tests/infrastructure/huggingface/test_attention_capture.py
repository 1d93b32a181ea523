"""What passes tell of attention and hidden states, beside transformers' own eager account."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
import transformers as hf

from tempo.domain.capture import Capture, LayerWeights
from tempo.domain.errors import UnsupportedModelError
from tempo.domain.row_rules import RowRules
from tempo.infrastructure.capture import captured, embeddings
from tempo.infrastructure.capture.captured import Shares
from tempo.infrastructure.capture.sums import SummedPass
from tempo.infrastructure.huggingface import attention_capture
from tempo.infrastructure.huggingface import session as session_module
from tempo.infrastructure.huggingface.attention_watch import Watched
from tempo.infrastructure.huggingface.random_weights import random_model
from tests.contracts.adapters import served, transformers
from tests.contracts.passes import PROMPT, Shadow, chain, extend, node, opened, rows
from tests.infrastructure.huggingface.test_session import NoScalarLeaves

SMALL = {
    "vocab_size": 60,
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 5,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 200,
    "initializer_range": 0.2,
    "bos_token_id": 0,
    "eos_token_id": 0,
    "pad_token_id": None,
}
HEADS_OF_16 = SMALL | {"head_dim": 16}
OLD = {"vocab_size": 60, "n_embd": 32, "n_layer": 5, "n_positions": 200, "rotary_dim": 4} | {
    key: SMALL[key] for key in ("initializer_range", "bos_token_id", "eos_token_id")
}
EXPERTS = {"num_local_experts": 4, "num_experts_per_tok": 2}
CONFIGURATIONS = {
    "llama, grouped heads": lambda: hf.LlamaConfig(**SMALL),
    "llama, all heads their own": lambda: hf.LlamaConfig(**SMALL | {"num_key_value_heads": 4}),
    "qwen2": lambda: hf.Qwen2Config(**SMALL),
    "qwen3": lambda: hf.Qwen3Config(**HEADS_OF_16),
    "mistral": lambda: hf.MistralConfig(**SMALL, sliding_window=None),
    "gemma": lambda: hf.GemmaConfig(**HEADS_OF_16),
    "phi3, one projection": lambda: hf.Phi3Config(**SMALL),
    "gemma3, several kinds of layers": lambda: hf.Gemma3TextConfig(
        **HEADS_OF_16, sliding_window=150
    ),
}
EAGER_ALONE = {
    "gemma2, soft caps": lambda: hf.Gemma2Config(
        **HEADS_OF_16, sliding_window=150, attn_logit_softcapping=2.0
    ),
    "gpt-oss, sinks": lambda: hf.GptOssConfig(**HEADS_OF_16, **EXPERTS, sliding_window=150),
    "gpt-j, an attention of its own": lambda: hf.GPTJConfig(**OLD, n_head=4),
    "codegen, an attention of its own": lambda: hf.CodeGenConfig(**OLD, n_head=4),
}
CASES = {
    f"{name}, {attention}": (build, attention)
    for attention, builds in {
        "sdpa": CONFIGURATIONS,
        "eager": CONFIGURATIONS | EAGER_ALONE,
    }.items()
    for name, build in builds.items()
}
every_model = pytest.mark.parametrize(("build", "attention"), CASES.values(), ids=CASES)

SHARES = [(5, 0.3), (6, 0.7)]
PASSES = (
    [node(4, 5), node(1, 6)],
    [
        node(2, 7, 5, 1, inherits=SHARES),
        node(9, 8, 6, 1, inherits=SHARES, weights=[(5, 0.05)]),
        node(8, 9, 6, 1, inherits=[(6, 1.0)]),
    ],
    [node(3, 10, 7, 2), node(7, 11, 8, 2, weights=[(10, 0.5)])],
    [node(6, 12, 11, 3)],
)
ENTRIES = (LayerWeights(), LayerWeights(multi_scale=False), LayerWeights(last=2))
CAPTURE = Capture(ENTRIES, context=True, hidden=True)
RECEIVED = Capture(ENTRIES)
"""Sums alone tell of attention received, where a model leaves them; the context needs all of it."""


def built(build, attention):
    with torch.random.fork_rng():
        torch.manual_seed(5)
        model = hf.AutoModelForCausalLM.from_config(build(), attn_implementation=attention)
    for name, parameter in model.named_parameters():
        if name.endswith("sinks"):
            parameter.data.fill_(0.7)
    return model.float().eval()


@torch.inference_mode()
def eager_account(eager, shadow):
    """Return attention [layers, rows, slots] and hidden states of all tokens, fed in one pass.

    The attention is eager and the mask made from the shadow, so that every row sees what it saw
    when it was born; nothing of the adapter takes part.
    """
    tokens = [*shadow.prompt, *(one.token_id for one in shadow.nodes.values())]
    positions = [*range(len(shadow.prompt)), *(one.position for one in shadow.nodes.values())]
    weights = torch.ones(len(tokens), len(tokens)).tril()
    weights[len(shadow.prompt) :, len(shadow.prompt) :] = 0.0
    for slot, seen in shadow.born.items():
        for other, weight in seen.items():
            weights[slot, other] = weight
    output = eager(
        input_ids=torch.tensor([tokens]),
        position_ids=torch.tensor([positions]),
        attention_mask=weights.log()[None, None],
        output_attentions=True,
        output_hidden_states=True,
        use_cache=False,
    )
    attention = torch.stack([layer[0].mean(0) for layer in output.attentions])
    return attention.double().numpy(), output.hidden_states[-1][0].double().numpy()


def expected_focus(attention, rows_of_pass, earlier):
    shares = attention[-3:, rows_of_pass].mean(0)[:, earlier]
    found = []
    for row in shares:
        seen = row[row > 0]
        normalised = seen / seen.sum()
        found.append(1 + (normalised * np.log(normalised)).sum() / np.log(len(seen)))
    return found


@every_model
def test_what_is_captured_equals_eager_attention(build, attention):
    eager = built(build, "eager")
    adapter, shadow = transformers(built(build, attention), "model"), Shadow()
    with opened(adapter, rules=RowRules(capture=CAPTURE)) as session:
        for nodes in PASSES:
            extend(adapter, session, *nodes)
            shadow.extend(nodes)
            given, hidden = eager_account(eager, shadow)
            own = [one.slot for one in nodes]
            earlier = range(own[0])
            for row, slot in enumerate(own):
                found = session.received(range(own[-1] + 1), np.eye(len(own))[row].tolist())
                for entry, weights in enumerate(ENTRIES):
                    expected = np.tensordot(weights.of(5), given[:, slot], 1)
                    assert found[entry] == pytest.approx(expected, abs=1e-5)
            traits = session.traits()
            assert traits.attention == pytest.approx(given[-1][own][:, earlier].max(1), abs=1e-5)
            assert traits.focus == pytest.approx(expected_focus(given, own, earlier), abs=1e-4)
            apart = np.linalg.norm(hidden[own][:, None] - hidden[own][None], axis=-1)
            assert traits.distances == pytest.approx(apart, abs=1e-3, rel=1e-4)


@every_model
def test_what_is_received_alone_equals_eager_attention(build, attention):
    """Also after rows were moved, taken over again, and gone back to."""
    eager = built(build, "eager")
    adapter, shadow = transformers(built(build, attention), "model"), Shadow()
    with opened(adapter, rules=RowRules(capture=RECEIVED)) as session:
        for nodes in PASSES[:3]:
            extend(adapter, session, *nodes)
            shadow.extend(nodes)
        extend(adapter, session, *PASSES[3])
        shadow.extend(PASSES[3])
        given, _ = eager_account(eager, shadow)
        twin = session.fork()
        mark = session.mark()
        extend(adapter, session, node(5, 13, 12, 4))
        session.rewind(mark)
        for one in (session, twin):
            found = one.received(range(13), [1.0])
            for entry, weights in enumerate(ENTRIES):
                expected = np.tensordot(weights.of(5), given[:, 12], 1)
                assert found[entry] == pytest.approx(expected, abs=1e-5)


@every_model
def test_sums_are_used_where_attention_leaves_them(build, attention):
    adapter = transformers(built(build, attention), "model")
    with opened(adapter, rules=RowRules(capture=RECEIVED)) as session:
        extend(adapter, session, *PASSES[0])
        summed = isinstance(session._now.captured.received, SummedPass)
    assert summed == (attention == "sdpa")


def test_sums_are_not_used_of_a_model_whose_attention_sees_other_keys_than_the_cache(monkeypatch):
    """They would tell of keys that were changed on the way, here halved."""
    model = built(CONFIGURATIONS["qwen3"], "sdpa")
    real = torch.nn.functional.scaled_dot_product_attention
    halved = lambda query, key, *given, **named: real(query, key / 2, *given, **named)  # noqa: E731
    monkeypatch.setattr(torch.nn.functional, "scaled_dot_product_attention", halved)
    adapter = transformers(model, "model")
    with opened(adapter, rules=RowRules(capture=RECEIVED)) as session:
        extend(adapter, session, *PASSES[0])
        assert isinstance(session._now.captured.received, Shares)
        assert session.received(range(7), [0.5, 0.5]).sum(1) == pytest.approx(1.0, abs=1e-5)


@every_model
def test_capturing_changes_no_bit_of_a_row(build, attention):
    adapter = transformers(built(build, attention), "model")
    found = []
    for capture in (Capture(), CAPTURE, RECEIVED):
        with opened(adapter, rules=RowRules(capture=capture)) as session:
            logits = [session._now.rows.logits]
            for nodes in PASSES:
                extend(adapter, session, *nodes)
                logits.append(session._now.rows.logits)
            found.append(torch.cat(logits))
    assert torch.equal(found[0], found[1])
    assert torch.equal(found[0], found[2])


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_the_prompt_s_last_row_tells_also_after_many_chunks(monkeypatch, attention):
    model = random_model("llama", 60, attention, context=100)
    prompt = tuple(1 + (7 * index) % 50 for index in range(53))
    adapter, found = transformers(model, "model"), []
    for chunk in (10, 26, 53, 60):  # the last chunk has 3, 1 and 53 tokens
        monkeypatch.setattr(session_module, "PREFILL_CHUNK", chunk)
        with opened(adapter, prompt, RowRules(capture=Capture(ENTRIES[:2], True, True))) as session:
            traits = session.traits()
            given = session.received(range(53), [1.0])
            found.append(np.concatenate([given.ravel(), traits.attention, traits.focus]))
    assert given.sum(1) == pytest.approx([1.0, 1.0], abs=1e-5)
    for other in found[1:]:
        assert other == pytest.approx(found[0], abs=1e-5)


@pytest.mark.parametrize("at_once", [0, 100, 2**22], ids=["one layer", "some", "all"])
def test_how_many_layers_are_reduced_at_once_does_not_matter(monkeypatch, at_once):
    adapter = transformers(built(CONFIGURATIONS["qwen3"], "sdpa"), "model")
    found = []
    for limit in (at_once, 2**22):
        monkeypatch.setattr(attention_capture, "SCORES_AT_ONCE", limit)
        with opened(adapter, rules=RowRules(capture=CAPTURE)) as session:
            for nodes in PASSES[:2]:
                extend(adapter, session, *nodes)
            traits = session.traits()
            found.append((session.received(range(10), [0.2, 0.3, 0.5]), traits.focus))
    assert found[0][0] == pytest.approx(found[1][0], abs=1e-6)
    assert found[0][1] == pytest.approx(found[1][1], abs=1e-6)


def test_layers_that_count_for_nothing_are_not_computed(monkeypatch):
    """Of five layers the last two: the mask is noticed five times, scores are taken twice."""
    scored = []
    real = torch.baddbmm
    monkeypatch.setattr(
        torch, "baddbmm", lambda *given, **named: scored.append(real(*given, **named))
    )
    adapter = transformers(built(CONFIGURATIONS["qwen3"], "sdpa"), "model")
    capture = Capture((LayerWeights(last=2),), context=True)
    monkeypatch.setattr("tempo.infrastructure.capture.plan.LAST_LAYERS", 2)
    with opened(adapter, rules=RowRules(capture=capture)):
        assert len(scored) == 2


def test_where_sums_tell_no_attention_is_computed_twice(monkeypatch):
    adapter = transformers(built(CONFIGURATIONS["qwen3"], "sdpa"), "model")
    with opened(adapter, rules=RowRules(capture=RECEIVED)) as session:
        monkeypatch.setattr(torch, "baddbmm", None)
        extend(adapter, session, *PASSES[0])


def test_a_session_without_capture_hands_the_model_an_ordinary_mask():
    model = built(CONFIGURATIONS["qwen3"], "sdpa")
    adapter, masks = transformers(model, "model"), []
    model.model.layers[0].self_attn.register_forward_pre_hook(
        lambda _module, _given, named: masks.append(type(named["attention_mask"])),
        with_kwargs=True,
    )
    for capture in (Capture(), Capture(hidden=True), Capture(context=True)):
        with opened(adapter, rules=RowRules(capture=capture)):
            pass
    assert masks == [torch.Tensor, torch.Tensor, Watched]


def test_nothing_of_a_capture_stays_with_the_model():
    model = built(CONFIGURATIONS["qwen3"], "sdpa")
    before = {name: dict(vars(module)) for name, module in model.named_modules()}
    settings = dict(vars(model.config))
    adapter = transformers(model, "model")
    with opened(adapter, rules=RowRules(capture=CAPTURE)) as session:
        extend(adapter, session, *PASSES[0])
        assert dict(vars(model.config)) == settings
        for name, module in model.named_modules():
            assert not module._forward_pre_hooks
            assert vars(module).keys() == before[name].keys()


def test_hooks_are_gone_when_a_pass_fails():
    model = built(CONFIGURATIONS["qwen3"], "sdpa")
    adapter = transformers(model, "model")

    def fail(_module, _given):
        message = "on purpose"
        raise ArithmeticError(message)

    with opened(adapter, rules=RowRules(capture=CAPTURE)) as session:
        model.model.norm.register_forward_pre_hook(fail)
        with pytest.raises(ArithmeticError, match="on purpose"):
            extend(adapter, session, *PASSES[0])
    assert not model.get_output_embeddings()._forward_pre_hooks


BEFORE_THE_HEAD = ("model.norm", "register_forward_pre_hook")
BEHIND_IT = ("lm_head", "register_forward_hook")


@pytest.mark.parametrize("moment", [BEFORE_THE_HEAD, BEHIND_IT], ids=["before", "behind"])
@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_a_pass_of_another_thread_in_the_midst_of_one_takes_no_part(attention, moment):
    """Another session's pass through the same model runs while a capturing pass is in it."""
    model = built(CONFIGURATIONS["qwen3"], attention)
    adapter = transformers(model, "model")
    rules = RowRules(capture=CAPTURE)

    def told(session):
        extend(adapter, session, *PASSES[0])
        return session.received(range(7), [0.5, 0.5]), session.traits().distances

    with opened(adapter, rules=rules) as session:
        alone = told(session)
    others = []
    with opened(adapter, rules=rules) as session, ThreadPoolExecutor(1) as pool:

        def intrude(*_):
            hook.remove()
            for capture in (Capture(), CAPTURE):
                strange = pool.submit(opened, adapter, (9, 8, 7, 6), RowRules(capture=capture))
                others.append(strange.result())

        module, register = moment
        hook = getattr(model.get_submodule(module), register)(intrude)
        found = told(session)
        intruder = others[1].received(range(4), [1.0])
    assert len(others) == 2
    for one, other in zip(found, alone, strict=True):
        assert np.array_equal(one, other)
    with opened(adapter, (9, 8, 7, 6), rules) as session:
        assert np.array_equal(intruder, session.received(range(4), [1.0]))


def test_sessions_in_several_threads_capture_each_for_itself():
    adapter = transformers(built(CONFIGURATIONS["qwen3"], "sdpa"), "model")

    def told(shift):
        capture = Capture() if shift % 3 == 2 else CAPTURE
        found = []
        with opened(adapter, rules=RowRules(capture=capture)) as session:
            for depth, one in enumerate(chain([1 + shift, 4, 2, 8, 5, 7])):
                extend(adapter, session, one)
                found.append(rows(adapter, session, 1).ravel())
                if capture.received:
                    found.append(session.received(range(6 + depth), [1.0])[0])
                    found.append(session.traits().focus)
        return np.concatenate(found)

    shifts = [0, 1, 2, 3, 4, 5, 6, 7]
    alone = [told(shift) for shift in shifts]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(told, shifts))
    for one, other in zip(together, alone, strict=True):
        assert one == pytest.approx(other, abs=1e-5)


def without_softmax(module, query, key, value, attention_mask, *, scaling, **_):
    """Return attention as an author might write it who has no use for softmax."""
    groups = module.num_key_value_groups
    keys, values = (one.repeat_interleave(groups, dim=1) for one in (key, value))
    scores = (query @ keys.transpose(2, 3) * scaling + attention_mask).exp()
    shares = scores / scores.sum(-1, keepdim=True)
    return (shares @ values).transpose(1, 2).contiguous(), None


def every_other(original):
    """Return an attention whose odd layers cannot be observed."""

    def attention(module, *given, **named):
        chosen = without_softmax if module.layer_idx % 2 else original
        return chosen(module, *given, **named)

    return attention


@pytest.mark.parametrize("some", [False, True], ids=["in no layer", "in some layers"])
def test_a_model_whose_attention_cannot_be_observed_is_refused(monkeypatch, some):
    from transformers.models.llama import modeling_llama

    original = modeling_llama.eager_attention_forward
    strange = every_other(original) if some else without_softmax
    monkeypatch.setattr(modeling_llama, "eager_attention_forward", strange)
    backend = served(random_model("llama", 60, "eager"))
    for capture in (Capture((LayerWeights(),)), Capture(context=True)):
        with pytest.raises(UnsupportedModelError) as refused:
            backend.open(PROMPT, RowRules(capture=capture))
        assert str(refused.value) == (
            f"llama showed attention {int(some)} times in 2 layers: its mask must reach torch's "
            "scaled_dot_product_attention or a softmax, once a layer; use what needs no capture: "
            "retroactive pruning by posterior, coherence with coherence_definition embedding"
        )
    for capture in (Capture(), Capture(hidden=True)):
        backend.open(PROMPT, RowRules(capture=capture)).close()


def test_a_model_without_a_head_that_shows_its_input_is_refused(monkeypatch):
    model = random_model("llama", 60)
    backend = served(model)
    monkeypatch.setattr(type(model), "get_output_embeddings", lambda _self: None)
    with pytest.raises(UnsupportedModelError, match="no head that shows its input"):
        backend.open(PROMPT, RowRules(capture=Capture(hidden=True)))
    backend.open(PROMPT, RowRules(capture=Capture((LayerWeights(),)))).close()


def test_each_question_copies_once_and_what_it_answers_with(monkeypatch):
    copies = []

    def counted(module):
        real = module.to_host

        def to_host(packed):
            copies.append(packed.numel())
            return real(packed)

        monkeypatch.setattr(module, "to_host", to_host)

    counted(captured)
    counted(embeddings)
    adapter = transformers(built(CONFIGURATIONS["qwen3"], "sdpa"), "model")
    with NoScalarLeaves(), opened(adapter, rules=RowRules(capture=CAPTURE)) as session:
        for nodes in PASSES:
            extend(adapter, session, *nodes)
        session.attenuate([7, 10], [0.5, 0.0])
        extend(adapter, session, node(3, 13, 12, 4), node(4, 14, 12, 4))
        assert copies == []
        session.received([5, 9, 13], [0.5, 0.5])
        session.traits()
        session.similarity([4, 5, 6, 7], PROMPT)
    assert copies == [2 + 2 + 2 * 2, 4]


def test_likeness_is_that_of_the_input_embeddings():
    model = random_model("gemma", 60)
    table = model.get_input_embeddings().weight.double().detach().numpy()
    mean = table[[3, 8, 8, 5]].mean(0)
    expected = table[:9] @ mean / np.linalg.norm(table[:9], axis=1) / np.linalg.norm(mean)
    with opened(transformers(model, "model")) as session:
        assert session.similarity(range(9), [3, 8, 8, 5]) == pytest.approx(expected, abs=1e-5)


def test_a_bfloat16_model_tells_attention_in_float32():
    """Sums of shares that were rounded to bfloat16 would miss 1 by about a thousandth."""
    adapter = transformers(random_model("llama", 60).bfloat16(), "model")
    with opened(adapter, rules=RowRules(capture=Capture((LayerWeights(),)))) as session:
        extend(adapter, session, *PASSES[0])
        given = session.received(range(7), [1.0, 0.0])
    assert given.sum() == pytest.approx(1.0, abs=1e-5)
