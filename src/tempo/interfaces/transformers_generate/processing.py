"""transformers' logits processors and stopping criteria, each for one prompt as if it were alone.

`generate` prepares both for the whole batch: lengths count the padding, and some processors hold a
row for each prompt. TEMPO's rows are hypotheses of one prompt, so what a configuration asks for is
made anew for the prompt without its padding; what a caller brought is taken as it is.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import torch
from transformers import LogitsProcessorList, PrefixConstrainedLogitsProcessor
from transformers.generation.stopping_criteria import EosTokenCriteria, MaxLengthCriteria

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from torch import Tensor
    from transformers import GenerationConfig, LogitsProcessor, PreTrainedModel, StoppingCriteria

    from tempo.interfaces.transformers_generate.batch import Batch


class Processing:
    """The processors of a call, prompt by prompt."""

    def __init__(
        self,
        model: PreTrainedModel,
        config: GenerationConfig,
        prepared: Iterable[LogitsProcessor],
        batch: Batch,
    ) -> None:
        """Take what `generate` prepared for a batch under a configuration."""
        self._model = model
        self._config = config
        self._prepared = list(prepared)
        self._batch = batch
        self._for_all = self._made(config, batch.input_ids, batch.attention_mask)

    def of(self, row: int) -> list[LogitsProcessor]:
        """Return the processors of one prompt, in the order of those prepared."""
        batch, config = self._batch, copy.copy(self._config)
        prompt = torch.tensor([batch.prompts[row]], device=batch.input_ids.device)
        padding = batch.length - prompt.shape[1]
        config.max_length = _shorter(config.max_length, padding)
        config.min_length = _shorter(config.min_length, padding)
        for_one = self._made(config, prompt, None)
        made = {type(one): (one, own) for one, own in zip(self._for_all, for_one, strict=True)}
        return [_for_prompt(processor, made, row) for processor in self._prepared]

    def _made(
        self, config: GenerationConfig, ids: Tensor, mask: Tensor | None
    ) -> LogitsProcessorList:
        """Return the processors that a configuration asks for, as `generate` makes them."""
        make: Any = self._model._get_logits_processor  # noqa: SLF001 - as its own loops do
        found: LogitsProcessorList = make(
            generation_config=config,
            input_ids_seq_length=ids.shape[1],
            encoder_input_ids=ids,
            logits_processor=LogitsProcessorList(),
            device=ids.device,
            model_kwargs={} if mask is None else {"attention_mask": mask},
        )
        return found


def _shorter(length: int | None, padding: int) -> int | None:
    """Return a length in all that does not count the padding."""
    return None if length is None else max(0, length - padding)


def _for_prompt(
    processor: LogitsProcessor,
    made: dict[type, tuple[LogitsProcessor, LogitsProcessor]],
    row: int,
) -> LogitsProcessor:
    if type(processor) is PrefixConstrainedLogitsProcessor:
        allowed = processor._prefix_allowed_tokens_fn  # noqa: SLF001 - it is told nowhere else
        return PrefixConstrainedLogitsProcessor(lambda _, text: allowed(row, text), 1)
    if type(processor) not in made:
        return processor
    for_all, for_one = made[type(processor)]
    return for_one if _alike(processor, for_all) else processor


def _alike(one: object, other: object) -> bool:
    """Whether two processors of one kind were made alike."""
    mine, yours = vars(one), vars(other)
    return mine.keys() == yours.keys() and all(_equal(mine[name], yours[name]) for name in mine)


def _equal(one: Any, other: Any) -> bool:  # noqa: ANN401 - whatever a processor holds
    if isinstance(one, torch.Tensor) and isinstance(other, torch.Tensor):
        return torch.equal(one, other)
    if isinstance(one, torch.Generator):
        return True  # it is seeded anew before each use
    return bool(one == other)


def criteria_of(
    config: GenerationConfig, prepared: Iterable[StoppingCriteria]
) -> list[StoppingCriteria]:
    """Return the criteria to ask after each step: all but length and end tokens.

    Those two the run honours itself, in every hypothesis.
    """
    return [criterion for criterion in prepared if not _is_the_runs_own(criterion, config)]


def _is_the_runs_own(criterion: StoppingCriteria, config: GenerationConfig) -> bool:
    if type(criterion) is MaxLengthCriteria:
        return bool(criterion.max_length == config.max_length)
    if type(criterion) is EosTokenCriteria:
        ends = getattr(config, "_eos_token_tensor", None)
        return ends is not None and torch.equal(criterion.eos_token_id.cpu(), ends.cpu())
    return False


def is_met(criteria: Sequence[StoppingCriteria], text: Tensor) -> bool:
    """Whether a criterion is met by a text [1, token], its prompt among it."""
    no_scores: Any = None  # as in transformers' own loops, unless output_scores asks for them
    return any(bool(torch.as_tensor(one(text, no_scores)).any()) for one in criteria)
