"""Which models are accepted, within which context, and what the others are told."""

import pytest
import transformers as hf

from tempo.application.self_check import SelfCheck
from tempo.domain.errors import PromptError, SessionError, UnsupportedModelError
from tempo.domain.row_rules import RowRules
from tempo.infrastructure.huggingface.random_weights import random_model
from tempo.infrastructure.huggingface.support import describe
from tests.contracts.adapters import served, transformers
from tests.contracts.passes import chain, differ, extend, node, opened, rows
from tests.families.refused import (
    ROTARY,
    SMALL,
    TINY_GPT,
    bloom,
    causal,
    chunked,
    falcon,
    gpt2,
    hybrid,
    linear,
    mamba,
    t5,
    t5_gemma,
)


def attending(implementation):
    model = causal(hf.LlamaConfig(**SMALL))
    model.config._attn_implementation = implementation
    return model


LAYERS = (
    "its layers ({}) keep a state or chunks instead of a full key-value cache, "
    "from which single tokens cannot be masked; use a model with full attention"
)
POSITIONS = (
    "its positions are not rotary (learned absolute, ALiBi or none), "
    "so tokens cannot share a position; use a model with RoPE"
)
ENCODER = "it has an encoder; use a causal (decoder-only) language model"
ATTENTION = (
    "its attention implementation is '{}', which takes no additive mask; "
    "load it with attn_implementation='sdpa' or 'eager'"
)
REFUSED = {
    "learned positions": (gpt2, "gpt2", POSITIONS),
    "ALiBi, as BLOOM has it": (bloom, "bloom", POSITIONS),
    "ALiBi, switched on": (lambda: falcon(alibi=True), "falcon", POSITIONS),
    "a state-space model": (mamba, "mamba", LAYERS.format("linear_attention")),
    "convolution layers among others": (hybrid, "lfm2", LAYERS.format("conv")),
    "linear attention": (linear, "qwen3_next", LAYERS.format("linear_attention")),
    "attention in chunks": (chunked, "llama4_text", LAYERS.format("chunked_attention")),
    "an encoder": (t5, "t5", ENCODER),
    "an encoder before a rotary decoder": (t5_gemma, None, ENCODER),
    "training mode": (
        lambda: causal(hf.LlamaConfig(**SMALL)).train(),
        "llama",
        "it is in training mode, where dropout makes every row random; call model.eval()",
    ),
    "flex attention": (
        lambda: attending("flex_attention"),
        "llama",
        ATTENTION.format("flex_attention"),
    ),
    "flash attention": (
        lambda: attending("flash_attention_2"),
        "llama",
        ATTENTION.format("flash_attention_2"),
    ),
}


@pytest.mark.parametrize(("build", "family", "reason"), REFUSED.values(), ids=REFUSED)
def test_a_model_that_cannot_honour_the_layout_is_refused_with_the_reason(build, family, reason):
    with pytest.raises(UnsupportedModelError) as refused:
        describe(build(), "the model")
    message = str(refused.value)
    assert message.startswith("the model (")
    assert message.endswith(f"cannot be decoded here: {reason}")
    assert family is None or message.startswith(f"the model ({family}) ")


def test_a_description_tells_the_facts():
    description = describe(random_model("qwen2", 40, context=300), "mine")
    assert description.name == "mine"
    assert description.family == "qwen2"
    assert (description.context, description.vocabulary) == (300, 40)
    assert (description.dtype, description.device) == ("float32", "cpu")
    assert description.limits == ()
    assert description.parameters == sum(
        parameter.numel() for parameter in random_model("qwen2", 40).parameters()
    )


def test_falcon_with_rotary_positions_is_accepted():
    assert describe(falcon(alibi=False), "falcon").family == "falcon"


ROTARY_BY_ITSELF = {
    "gptj": lambda: causal(hf.GPTJConfig(**TINY_GPT, **ROTARY)),
    "codegen": lambda: causal(hf.CodeGenConfig(**TINY_GPT | {"n_head": 4}, **ROTARY)),
}


@pytest.mark.parametrize("family", ROTARY_BY_ITSELF)
def test_a_family_that_rotates_without_a_module_for_it_is_accepted_and_isolated(family):
    """GPT-J and CodeGen keep sines and cosines in each attention, and know no rope_parameters."""
    adapter = transformers(ROTARY_BY_ITSELF[family](), family)
    assert adapter.backend.description.family == family
    assert SelfCheck(adapter.backend).require([3, 1, 4, 1, 5]).has_power
    with opened(adapter) as session:
        extend(adapter, session, node(7, 5, None, 0), node(9, 6, None, 0))
        found = rows(adapter, session, 2)
    for token, row in zip((7, 9), found, strict=True):
        assert differ(row, adapter.log_probabilities((3, 5, 8, 2, 7, token))) < 1e-3


SLIDING = {
    "mistral": lambda: causal(hf.MistralConfig(**SMALL, head_dim=16, sliding_window=16)),
    "gemma2": lambda: causal(hf.Gemma2Config(**SMALL, head_dim=16, sliding_window=16)),
    "gemma3_text": lambda: causal(hf.Gemma3TextConfig(**SMALL, head_dim=16, sliding_window=16)),
}
every_sliding = pytest.mark.parametrize("build", SLIDING.values(), ids=SLIDING)


@every_sliding
def test_a_sliding_window_is_the_context_and_the_limit_is_said(build):
    description = describe(build(), "sliding")
    assert description.context == 16
    (limit,) = description.limits
    assert limit == (
        "its sliding-window layers see 16 positions of 64; "
        "the context ends there, since older tokens would drop out unseen"
    )


@every_sliding
def test_a_prompt_past_the_sliding_window_is_refused(build):
    backend = served(build())
    with pytest.raises(PromptError, match=r"16 tokens .* context 16"):
        backend.open([1] * 16, RowRules())


@every_sliding
def test_a_step_past_the_sliding_window_is_refused(build):
    adapter = transformers(build(), "sliding")
    with opened(adapter) as session:
        extend(adapter, session, *chain([4] * 11))
        with pytest.raises(SessionError, match="context of 16"):
            extend(adapter, session, node(4, 16, 15, 11))


@every_sliding
def test_rows_inside_the_sliding_window_pass_the_isolation_check(build):
    report = SelfCheck(served(build())).require([3, 1, 4, 1, 5])
    assert report.has_power


@every_sliding
def test_the_last_row_inside_the_sliding_window_is_the_models_own(build):
    """Many rows lie in the cache, more than the window is long, and the row still sees position 0.

    The first token is one that matters: another one there gives another row.
    """
    adapter = transformers(build(), "sliding")
    path = [1 + depth % 9 for depth in range(11)]
    with opened(adapter) as session:
        parent = None
        for depth, token in enumerate(path):
            slot = 5 + 3 * depth
            strays = [node(7 + stray, slot + stray, parent, depth) for stray in (1, 2)]
            extend(adapter, session, node(token, slot, parent, depth), *strays)
            parent = slot
        found = rows(adapter, session, 3)[0]
    prompt = (3, 5, 8, 2, 7)
    assert differ(found, adapter.log_probabilities((*prompt, *path))) < 1e-3
    assert differ(found, adapter.log_probabilities((9, *prompt[1:], *path))) > 1e-2


def test_a_window_as_long_as_the_context_limits_nothing():
    description = describe(
        causal(hf.MistralConfig(**SMALL, head_dim=16, sliding_window=64)), "wide"
    )
    assert (description.context, description.limits) == (64, ())


def test_a_window_that_no_layer_uses_limits_nothing():
    config = hf.Qwen2Config(**SMALL, sliding_window=16, use_sliding_window=False)
    assert describe(causal(config), "qwen2").context == 64
