"""Any causal language model of transformers as a grader: it reads texts, whoever wrote them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from tempo.application.studies.comparison.grading import Grade
from tempo.domain.errors import ModelError, PromptError, UnsupportedModelError
from tempo.infrastructure.huggingface.loading import load
from tempo.infrastructure.sessions.memory import telling_memory

if TYPE_CHECKING:
    from collections.abc import Sequence

    from transformers import PreTrainedModel, PreTrainedTokenizerBase

TEXTS_AT_ONCE = 8
LESS = "use a smaller grader, or device cpu"


class TransformersGrader:
    """A plain forward over prompt and text, at temperature 1; positions need not be rotary."""

    def __init__(
        self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, name: str
    ) -> None:
        """Grade by a loaded model and its tokenizer; `name` is what tables call it."""
        self._model = model
        self._tokenizer = tokenizer
        self._name = name
        self._context: int | None = getattr(model.config, "max_position_embeddings", None)

    @property
    def name(self) -> str:
        return self._name

    def grade(self, prompt: str, texts: Sequence[str]) -> list[Grade]:
        alone = self._encoded(prompt)
        found = [
            self._behind(alone, self._encoded(prompt + text) if text else alone) for text in texts
        ]
        for whole, _ in found:
            self._require_fitting(prompt, whole)
        grades: list[Grade] = []
        for first in range(0, len(found), TEXTS_AT_ONCE):
            grades += self._graded(found[first : first + TEXTS_AT_ONCE])
        return grades

    def _encoded(self, text: str) -> list[int]:
        """Return a text's tokens, as its tokenizer begins one; it goes on, so no end token."""
        found: list[int] = list(self._tokenizer(text, verbose=False)["input_ids"])
        return found[:-1] if found[-1:] == [self._tokenizer.eos_token_id] else found

    def _behind(self, alone: Sequence[int], whole: list[int]) -> tuple[list[int], int]:
        """Return a whole and where its text starts; something must stand before the first token."""
        start = _in_common(alone, whole)
        if start or not whole:
            return whole, start
        special = (self._tokenizer.bos_token_id, self._tokenizer.eos_token_id)
        begin = next((token for token in special if token is not None), None)
        if begin is None:
            message = (
                f"the tokenizer of the grader {self._name} has no token that begins a text; "
                "give a longer prompt, or another grader"
            )
            raise PromptError(message)
        return [begin, *whole], 1

    def _require_fitting(self, prompt: str, whole: Sequence[int]) -> None:
        if self._context is not None and len(whole) > self._context:
            message = (
                f"the prompt {prompt[:40]!r} and a text take {len(whole)} tokens of the grader "
                f"{self._name}, whose context has {self._context}; give shorter ones, or another "
                "grader"
            )
            raise PromptError(message)

    def _graded(self, found: Sequence[tuple[list[int], int]]) -> list[Grade]:
        """Score, in one pass, each whole's tokens from its start on."""
        longest = max(1, *(len(whole) for whole, _ in found))
        ids = torch.tensor([whole + [0] * (longest - len(whole)) for whole, _ in found])
        mask = torch.tensor([[1] * len(whole) + [0] * (longest - len(whole)) for whole, _ in found])
        device = self._model.device
        with torch.inference_mode(), telling_memory(f"the grader {self._name}", device, LESS):
            logits = self._model(
                input_ids=ids.to(device), attention_mask=mask.to(device), use_cache=False
            ).logits
            scores = [
                _score(logits[row, start - 1 : len(whole) - 1], whole[start:])
                for row, (whole, start) in enumerate(found)
            ]
        if not all(map(_is_log_probability, scores)):
            message = (
                f"the grader {self._name} gives a text no finite log-probability; "
                "load it in float32, or use another"
            )
            raise ModelError(message)
        return [
            Grade(score, len(whole) - start)
            for score, (whole, start) in zip(scores, found, strict=True)
        ]


def loaded_grader(name: str, device: str = "auto", dtype: str = "auto") -> TransformersGrader:
    """Load a grader by folder, hub id or `embedded`.

    Raises:
        ModelNotFoundError, UnsupportedModelError, InvalidValueError: as for any other model.
    """
    found = load(name, device, dtype)
    if found.tokenizer is None:
        message = f"the grader {name} has no tokenizer; give a model that has one"
        raise UnsupportedModelError(message)
    return TransformersGrader(found.model, found.tokenizer, found.name)


def _score(logits: torch.Tensor, tokens: Sequence[int]) -> float:
    """Return the log-probability of tokens [n] by the rows [n, vocab] before them, in float32."""
    if not tokens:
        return 0.0
    rows = logits.float().log_softmax(dim=-1)
    chosen = torch.tensor(tokens, device=rows.device)
    return float(rows.gather(1, chosen[:, None]).double().sum())


def _is_log_probability(score: float) -> bool:
    return -float("inf") < score <= 0.0


def _in_common(one: Sequence[int], other: Sequence[int]) -> int:
    """Return how many leading tokens two lists share."""
    pairs = enumerate(zip(one, other, strict=False))
    return next(
        (place for place, (left, right) in pairs if left != right), min(len(one), len(other))
    )
