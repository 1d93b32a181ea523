"""What TEMPO cannot honour of what `generate` was asked for: refused by name, never dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from tempo.domain.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor
    from transformers import GenerationConfig

SEVERAL = "one run holds all hypotheses; for several texts use n_best=..."
ROWS = (
    "logits, attentions and hidden states stay on the device; "
    "sequences_scores and lattice tell the probabilities"
)
OTHER_LOOP = "it belongs to another decoding loop"

REFUSED: dict[str, tuple[object, str]] = {
    "constraints": (None, OTHER_LOOP),
    "force_words_ids": (None, OTHER_LOOP),
    "penalty_alpha": (0.0, OTHER_LOOP),
    "dola_layers": (None, OTHER_LOOP),
    "prompt_lookup_num_tokens": (None, OTHER_LOOP),
    "assistant_early_exit": (None, OTHER_LOOP),
    "use_mtp": (False, OTHER_LOOP),
    "num_beams": (1, SEVERAL),
    "num_return_sequences": (1, SEVERAL),
    "num_beam_groups": (1, SEVERAL),
    "diversity_penalty": (0.0, SEVERAL),
    "guidance_scale": (
        1.0,
        "its second model run keeps one state for all rows, and TEMPO's rows come and go",
    ),
    "remove_invalid_values": (
        False,
        "TEMPO ends a run at the first NaN and says so, rather than go on behind it",
    ),
    "output_scores": (False, ROWS),
    "output_logits": (False, ROWS),
    "output_attentions": (False, ROWS),
    "output_hidden_states": (False, ROWS),
}
"""Each name with the value that asks for nothing, and why another cannot be had."""


def refuse_unhonoured(config: GenerationConfig) -> None:
    """Refuse what a generation configuration asks for in vain.

    What only says how to go about it (`use_cache`, `cache_implementation`, `compile_config` and
    their kin) changes no text and is left alone: TEMPO has its own cache.

    Raises:
        InvalidValueError: naming the option and its value.
    """
    for name, (nothing, why) in REFUSED.items():
        value = getattr(config, name, None)
        if value not in (None, nothing):
            message = f"{name} is {value!r}, and TEMPO cannot honour it: {why}; leave it out"
            raise InvalidValueError(message)
    watermark = type(getattr(config, "watermarking_config", None)).__name__
    if watermark.startswith("SynthID"):
        message = (
            "watermarking_config is a SynthID one, which keeps a state for one text; "
            "TEMPO holds several: use WatermarkingConfig, or leave it out"
        )
        raise InvalidValueError(message)


def refuse_inputs(input_ids: Tensor, others: Mapping[str, Any]) -> None:
    """Refuse inputs beside the tokens of the prompt and the mask of their padding.

    Raises:
        InvalidValueError: for embeddings, a cache that holds something, positions that are not
            those of the tokens, or padding that does not stand on the left.
    """
    if others.get("inputs_embeds") is not None or not input_ids.shape[1]:
        message = (
            "inputs_embeds cannot be decoded, or there is no prompt: TEMPO reads a prompt's "
            "tokens; pass input_ids with at least one token a row"
        )
        raise InvalidValueError(message)
    cache = others.get("past_key_values")
    if cache is not None and cache.get_seq_length():
        message = (
            f"past_key_values holds {cache.get_seq_length()} tokens, and TEMPO keeps a cache of "
            "its own; leave it out and pass the whole prompt as input_ids"
        )
        raise InvalidValueError(message)
    _refuse_layout(others.get("attention_mask"), others.get("position_ids"))


def _refuse_layout(mask: Tensor | None, positions: Tensor | None) -> None:
    if mask is not None:
        kept = mask.bool()
        if bool((kept[:, :-1] & ~kept[:, 1:]).any()) or not bool(kept[:, -1].all()):
            message = (
                "attention_mask leaves out tokens that are not padding on the left; "
                "tokenize with padding_side='left'"
            )
            raise InvalidValueError(message)
    if positions is None:
        return
    usual = torch.arange(positions.shape[-1], device=positions.device).expand_as(positions)
    if mask is not None:
        usual = mask.long().cumsum(-1) - 1
        positions = torch.where(mask.bool(), positions, usual)
    if not torch.equal(positions.to(usual.dtype), usual):
        message = "position_ids are not 0, 1, 2, ... over each prompt; leave them out"
        raise InvalidValueError(message)
