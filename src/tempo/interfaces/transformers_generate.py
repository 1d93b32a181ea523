"""TEMPO as a decoding method of transformers: `model.generate(..., custom_generate=...)`."""

from __future__ import annotations

from inspect import Parameter, signature
from typing import TYPE_CHECKING, Any

import torch

from tempo.application.settings.reading import ALIASES, build_request, read_settings
from tempo.application.settings.settings import SPECS
from tempo.domain.errors import InvalidValueError
from tempo.domain.tokens import TokenId
from tempo.infrastructure.container import container_around

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor
    from transformers import GenerationConfig, PreTrainedModel

    from tempo.application.decoding.generate import Generate

FROM_CONFIG = ("temperature", "top_k", "top_p", "min_p", "repetition_penalty")
"""Settings that transformers holds in its generation configuration."""

SAMPLING_ONLY = ("temperature", "top_k", "top_p", "min_p")
"""Those of them that transformers applies with `do_sample=True` alone."""

IGNORED: dict[str, float | None] = {
    "bad_words_ids": None,
    "begin_suppress_tokens": None,
    "constraints": None,
    "encoder_repetition_penalty": 1.0,
    "epsilon_cutoff": 0.0,
    "eta_cutoff": 0.0,
    "exponential_decay_length_penalty": None,
    "forced_bos_token_id": None,
    "forced_eos_token_id": None,
    "guidance_scale": 1.0,
    "max_time": None,
    "no_repeat_ngram_size": 0,
    "penalty_alpha": 0.0,
    "sequence_bias": None,
    "stop_strings": None,
    "suppress_tokens": None,
    "typical_p": 1.0,
    "watermarking_config": None,
}
"""What a generation configuration may ask for in vain, with the value that asks for nothing."""

OWN = tuple(name for name in SPECS if name not in {*FROM_CONFIG, "max_steps", "min_steps", "seed"})


def _custom_generate(
    model: PreTrainedModel,
    input_ids: Tensor,
    generation_config: GenerationConfig,
    **others: Any,  # noqa: ANN401 - what transformers prepares for its own loops
) -> Tensor:
    named = {name: others[name] for name in (*OWN, *ALIASES) if others.get(name) is not None}
    ends = _end_tokens(generation_config)
    use_case: Generate = container_around(model, ends).generate()
    prompts = _prompts(input_ids, others.get("attention_mask"))
    texts = [_decoded(use_case, prompt, generation_config, named) for prompt in prompts]
    pad = _pad_token(generation_config, ends)
    longest = max(map(len, texts))
    padded = [[*text, *[pad] * (longest - len(text))] for text in texts]
    continued = torch.tensor(padded, dtype=input_ids.dtype, device=input_ids.device)
    return torch.cat([input_ids, continued], dim=1)


def _decoded(
    use_case: Generate, prompt: Sequence[int], config: GenerationConfig, named: dict[str, Any]
) -> list[int]:
    """Return the best path's tokens after one prompt."""
    given = {**_from_config(config), **_lengths(config, len(prompt)), **named}
    request = build_request(read_settings(given), tuple(map(TokenId, prompt)))
    return list(use_case.run(request).best_path_ids)


def _from_config(config: GenerationConfig) -> dict[str, Any]:
    """Return the settings that a generation configuration names, where it applies them."""
    if max(config.num_beams or 1, config.num_return_sequences or 1) > 1:
        message = (
            "num_beams and num_return_sequences must be 1: one run holds all hypotheses; "
            "for several texts use tempo.Engine(model, tokenizer).generate(...).n_best(n)"
        )
        raise InvalidValueError(message)
    _refuse_ignored(config)
    names = [name for name in FROM_CONFIG if config.do_sample or name not in SAMPLING_ONLY]
    values = {name: getattr(config, name, None) for name in names}
    return {name: value for name, value in values.items() if value is not None}


def _refuse_ignored(config: GenerationConfig) -> None:
    """Refuse what transformers' own loops would apply and this one does not."""
    for name, neutral in IGNORED.items():
        value = getattr(config, name, None)
        if value not in (None, [], {}, neutral):
            message = f"{name} is {value!r}, and TEMPO does not apply it; leave it out"
            raise InvalidValueError(message)


def _lengths(config: GenerationConfig, prompt_length: int) -> dict[str, int]:
    """Return how many steps a configuration allows and asks for."""
    most = config.max_new_tokens or (config.max_length - prompt_length)
    least = config.min_new_tokens or max(0, (config.min_length or 0) - prompt_length)
    return {"max_steps": most, "min_steps": min(least, most)}


def _end_tokens(config: GenerationConfig) -> tuple[int, ...]:
    ends = config.eos_token_id
    if ends is None:
        return ()
    return (ends,) if isinstance(ends, int) else tuple(int(token) for token in ends)


def _pad_token(config: GenerationConfig, ends: Sequence[int]) -> int:
    if isinstance(config.pad_token_id, int):
        return config.pad_token_id
    return ends[0] if ends else 0


def _prompts(input_ids: Tensor, attention_mask: Tensor | None) -> list[list[int]]:
    """Return each row's tokens without its padding."""
    if attention_mask is None:
        attention_mask = torch.ones_like(input_ids)
    return [row[kept.bool()].tolist() for row, kept in zip(input_ids, attention_mask, strict=True)]


def _with_named_settings(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Name every setting in the signature: transformers refuses keywords that it cannot see."""

    def custom_generate(
        model: PreTrainedModel,
        input_ids: Tensor,
        **others: Any,  # noqa: ANN401
    ) -> Tensor:
        return function(model, input_ids, **others)

    parameters = list(signature(_custom_generate).parameters.values())
    settings = [Parameter(name, Parameter.KEYWORD_ONLY, default=None) for name in (*OWN, *ALIASES)]
    vars(custom_generate)["__signature__"] = signature(_custom_generate).replace(
        parameters=[*parameters[:-1], *settings, parameters[-1]]
    )
    custom_generate.__doc__ = """Decode with TEMPO inside transformers' `generate`.

    `model.generate(**inputs, custom_generate=tempo.custom_generate, max_new_tokens=60,
    selection_threshold=0.05)` returns each prompt followed by its best path. Lengths, end tokens
    and the repetition penalty come from the generation configuration, temperature, top-k, top-p
    and min-p too where `do_sample=True` (transformers drops them otherwise); all other settings
    are keywords. Rows of a batch are decoded one after another; padding belongs on the left.

    Raises:
        InvalidValueError: for settings that are wrong, or several beams or return sequences.
    """
    return custom_generate


custom_generate = _with_named_settings(_custom_generate)
