"""Decode with TEMPO: several hypotheses in one sequence state, one cache and one lattice."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from transformers import GenerationMixin

import tempo

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import GenerationConfig, PreTrainedModel, PreTrainedTokenizerBase
    from transformers.generation.streamers import BaseStreamer


def generate(
    inputs: Tensor | None = None,
    generation_config: GenerationConfig | None = None,
    *,
    model: Any,  # noqa: ANN401 - any model that generates
    streamer: BaseStreamer | None = None,
    tokenizer: PreTrainedTokenizerBase | None = None,
    assistant_model: PreTrainedModel | None = None,
    **named: Any,  # noqa: ANN401 - every argument and setting that there is
) -> Any:  # noqa: ANN401 - what `generate` returns
    """Do what `model.generate` does, with TEMPO in place of transformers' own loops.

    Takes every argument of `generate` and every setting of TEMPO. `streamer` and `tokenizer` keep
    their names here, and `stop_strings` are TEMPO's `stop`; all else is `tempo.custom_generate`.
    """
    if assistant_model is not None:
        message = "assistant_model belongs to another decoding loop, and TEMPO cannot honour it"
        raise tempo.errors.InvalidValueError(message + "; leave it out")
    if generation_config is not None:
        named["generation_config"] = generation_config
    config = generation_config or model.generation_config
    stops = named.pop("stop_strings", None) or config.stop_strings
    if config.stop_strings:
        named["generation_config"] = copy.deepcopy(config)
        named["generation_config"].stop_strings = None
    if stops is not None:
        named["stop"] = [stops] if isinstance(stops, str) else list(stops)
    if streamer is not None:
        named["tempo_streamer"] = streamer
    if tokenizer is not None:
        named["tempo_tokenizer"] = tokenizer
    # Of the class: where the model was loaded with this folder, its own `generate` is this one.
    return GenerationMixin.generate(model, inputs, custom_generate=tempo.custom_generate, **named)
