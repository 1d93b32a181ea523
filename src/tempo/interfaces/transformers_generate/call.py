"""TEMPO as a decoding method of transformers: `model.generate(..., custom_generate=...)`."""

from __future__ import annotations

from inspect import Parameter, signature
from typing import TYPE_CHECKING, Any

import torch

from tempo.application.settings.reading import build_request, read_settings
from tempo.application.settings.settings import SPECS
from tempo.application.settings.words import ALIASES, PAIRS, SWITCHES, WISHES
from tempo.domain.errors import InvalidValueError
from tempo.domain.tokens import TokenId
from tempo.infrastructure.container import container_around, with_processors
from tempo.interfaces.python.result import Result
from tempo.interfaces.transformers_generate.batch import Batch
from tempo.interfaces.transformers_generate.choosing import Choosing
from tempo.interfaces.transformers_generate.decoding import Telling, decoded, require_one_text
from tempo.interfaces.transformers_generate.output import TempoOutput
from tempo.interfaces.transformers_generate.processing import Processing, criteria_of
from tempo.interfaces.transformers_generate.refusals import refuse_inputs, refuse_unhonoured

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor
    from transformers import (
        GenerationConfig,
        LogitsProcessor,
        PreTrainedModel,
        PreTrainedTokenizerBase,
        StoppingCriteria,
    )

    from tempo.application.settings.settings import Settings
    from tempo.interfaces.transformers_generate.decoding import Streamer

FROM_CONFIG = ("temperature", "top_k", "top_p", "min_p", "repetition_penalty")
"""Settings that transformers holds in its generation configuration."""

SAMPLING_ONLY = ("temperature", "top_k", "top_p", "min_p")
"""Those of them that transformers applies with `do_sample=True` alone."""

OWN = tuple(name for name in SPECS if name not in {*FROM_CONFIG, "max_steps", "min_steps"})

WORDS = tuple(dict.fromkeys((*OWN, *ALIASES, *PAIRS, *SWITCHES, *WISHES)))
"""Every keyword of TEMPO's own, the older ones among them."""


def _custom_generate(
    model: PreTrainedModel,
    input_ids: Tensor,
    generation_config: GenerationConfig,
    logits_processor: Sequence[LogitsProcessor] = (),
    stopping_criteria: Sequence[StoppingCriteria] = (),
    *,
    n_best: int | None = None,
    tempo_streamer: Streamer | None = None,
    tempo_tokenizer: PreTrainedTokenizerBase | None = None,
    **others: Any,  # noqa: ANN401 - what transformers prepares for its own loops
) -> Tensor | TempoOutput:
    refuse_unhonoured(generation_config)
    refuse_inputs(input_ids, others)
    require_one_text(tempo_streamer, len(input_ids), n_best)
    batch = Batch.of(input_ids, others.get("attention_mask"))
    settings = _settings(generation_config, others, batch.length)
    choosing = Choosing.of(generation_config, settings, n_best)
    ends = _end_tokens(generation_config)
    container = container_around(model, ends, tempo_tokenizer)
    processing = Processing(model, generation_config, logits_processor, batch)
    criteria = criteria_of(generation_config, stopping_criteria)
    telling = Telling(tempo_streamer)
    telling.prompt(input_ids)
    found = []
    for row, prompt in enumerate(batch.prompts):
        request = build_request(settings, tuple(map(TokenId, prompt)))
        _require_texts(request.stopping.stop, tempo_tokenizer)
        request = with_processors(request, processing.of(row))
        early = None if choosing.draws else telling
        outcome = decoded(container.generate(), request, criteria, early, model.device)
        found.append(choosing.texts(Result(outcome, settings, container, None)))
    telling.end(found[0].rows[0])
    sequences = batch.continued([one.rows for one in found], _pad_token(generation_config, ends))
    if not generation_config.return_dict_in_generate:
        return sequences
    scores = [choosing.score(one, container.rescore()) for one in found]
    return TempoOutput(
        sequences=sequences,
        sequences_scores=torch.tensor(scores).reshape(-1),
        n_best=None if n_best is None else [one.n_best for one in found],
        lattice=[one.lattice for one in found],
    )


def _settings(config: GenerationConfig, others: dict[str, Any], length: int) -> Settings:
    """Return the settings that a configuration and the keywords beside it mean."""
    names = [name for name in FROM_CONFIG if config.do_sample or name not in SAMPLING_ONLY]
    held = {name: getattr(config, name, None) for name in names}
    most = int(config.max_length) - length
    least = min(most, max(0, int(config.min_length or 0) - length))
    named = {name: others.get(name) for name in WORDS}
    given = (
        held
        | {"max_steps": most, "min_steps": least}
        | {name: value for name, value in named.items() if value is not None}
    )
    return read_settings({name: value for name, value in given.items() if value is not None})


def _require_texts(stops: Sequence[str], tokenizer: PreTrainedTokenizerBase | None) -> None:
    if stops and tokenizer is None:
        message = (
            f"stop is {list(stops)}, and which tokens spell it only a tokenizer tells; "
            "pass tempo_tokenizer=tokenizer"
        )
        raise InvalidValueError(message)


def _end_tokens(config: GenerationConfig) -> tuple[int, ...]:
    ends = config.eos_token_id
    if ends is None:
        return ()
    return (ends,) if isinstance(ends, int) else tuple(int(token) for token in ends)


def _pad_token(config: GenerationConfig, ends: Sequence[int]) -> int:
    if isinstance(config.pad_token_id, int):
        return config.pad_token_id
    return ends[0] if ends else 0


def _with_named_settings() -> Any:  # noqa: ANN401 - a function with a signature of its own
    """Name every setting in the signature: transformers refuses keywords that it cannot see."""

    def custom_generate(
        model: PreTrainedModel,
        input_ids: Tensor,
        **others: Any,  # noqa: ANN401
    ) -> Tensor | TempoOutput:
        return _custom_generate(model, input_ids, **others)

    parameters = list(signature(_custom_generate).parameters.values())
    settings = [Parameter(name, Parameter.KEYWORD_ONLY, default=None) for name in WORDS]
    vars(custom_generate)["__signature__"] = signature(_custom_generate).replace(
        parameters=[*parameters[:-1], *settings, parameters[-1]]
    )
    custom_generate.__doc__ = """Decode with TEMPO inside transformers' `generate`.

    `model.generate(**inputs, custom_generate=tempo.custom_generate, max_new_tokens=60,
    selection_threshold=0.05)` returns each prompt followed by its best path; with `n_best=5` by
    each of its five best texts. Lengths, end tokens, logits processors and stopping criteria are
    those of the generation configuration and of the call; TEMPO's settings are keywords. A
    processor is called for every row with the text of its best path, a criterion after every step
    with the best path so far. With `do_sample=True` the text is drawn from the lattice, by torch's
    global generator or `seed`. Rows of a batch are decoded one after another, each as if it were
    alone; padding belongs on the left. transformers gives a function no streamer and no tokenizer:
    they come as `tempo_streamer` and `tempo_tokenizer`, the second for `stop` and for the words of
    the lattice.

    Returns:
        [batch * n_best, token] prompts with their texts, or with `return_dict_in_generate=True` a
        ModelOutput that has `sequences_scores`, `n_best` and `lattice` beside these `sequences`.

    Raises:
        InvalidValueError: for settings that are wrong, and for what TEMPO cannot honour, by name.
    """
    return custom_generate


custom_generate = _with_named_settings()
"""TEMPO inside transformers' own `generate`."""
