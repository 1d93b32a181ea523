"""Superposed Decoding (Shen et al. 2024, arXiv 2405.18400), written from the paper."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from tempo.infrastructure.decoders.branches import Branches
from tempo.infrastructure.decoders.drafts import Draft

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from tempo.infrastructure.decoders.drafts import Asked
    from tempo.infrastructure.decoders.ngrams import NGrams
    from tempo.infrastructure.decoders.plain_model import PlainModel

UNSEEN = 0.005
"""A token that no n-gram knows counts so much; the paper leaves its delta open."""


@dataclass(frozen=True, slots=True)
class Superposed:
    """Several drafts over one pass a step: what is fed is a mixture of their last tokens.

    The embeddings of the drafts' last tokens, weighed by the drafts' probabilities, go through the
    model as one row (equations 3 and 4). Its most probable tokens, as many as there are drafts, are
    tried behind every draft; a token's share there is p_model^(1-alpha) p_ngram^alpha, or
    delta p_model^(1-alpha) where the n-grams do not know it (5 to 7), and the best drafts by the
    product of their shares stay (2).

    Attributes:
        ngrams: of the prompts' corpus, from 2 to 6 tokens.
        count: drafts, at least; as many as texts are asked for if those are more.
        alpha: how much the n-grams count, in [0, 1); 0 leaves them out.
        temperature: of the model's distribution; the paper takes 0.06.
    """

    model: PlainModel
    ngrams: NGrams
    count: int
    alpha: float
    temperature: float

    @torch.inference_mode()
    def drafts(self, prompt: Sequence[int], asked: Asked) -> list[Draft]:
        """Return the drafts of the highest product."""
        count = max(self.count, asked.count)
        branches = Branches(self.model, prompt)
        embedding = self.model.model.get_input_embeddings()
        logs = self._log_probabilities(branches.logits[0], 0, asked)
        top = logs.topk(min(count, int(logs.isfinite().sum())))
        under_way = [
            Draft((int(token),), float(score))
            for token, score in zip(top.indices.tolist(), top.values.tolist(), strict=True)
        ]
        ended: list[Draft] = []
        for length in range(1, asked.max_steps + 1):
            ended += [self._ended(one) for one in under_way if self._ends(one, asked)]
            under_way = [one for one in under_way if not self._ends(one, asked)]
            if not under_way:
                break
            last = torch.tensor([one.token_ids[-1] for one in under_way], device=logs.device)
            weights = torch.tensor([one.score for one in under_way], device=logs.device).softmax(0)
            mixed = weights.to(self.model.model.dtype) @ embedding(last)
            branches.feed_embedding(mixed[None])
            logs = self._log_probabilities(branches.logits[0], length, asked)
            under_way = self._grown(prompt, under_way, logs, count)
        return sorted(ended, key=lambda draft: -draft.score)[: asked.count]

    def _grown(
        self, prompt: Sequence[int], under_way: Sequence[Draft], logs: Tensor, count: int
    ) -> list[Draft]:
        """Return the best of every draft followed by every likely token."""
        top = logs.topk(min(count, int(logs.isfinite().sum())))
        likely = list(zip(top.indices.tolist(), top.values.tolist(), strict=True))
        grown = []
        for draft in under_way:
            known = self.ngrams.probabilities((*prompt, *draft.token_ids)) if self.alpha else {}
            for token, log in likely:
                share = self._share(float(log), known.get(int(token), 0.0))
                grown.append(Draft((*draft.token_ids, int(token)), draft.score + share))
        return sorted(grown, key=lambda one: -one.score)[:count]

    def _share(self, log: float, known: float) -> float:
        """Return the logarithm of a token's share behind a draft."""
        if not self.alpha:
            return log
        filtered = self.alpha * math.log(known) if known else math.log(UNSEEN)
        return (1.0 - self.alpha) * log + filtered

    def _log_probabilities(self, logits: Tensor, length: int, asked: Asked) -> Tensor:
        """Return [vocab] of the next token, -inf for end tokens before their time."""
        logs = (logits / self.temperature).log_softmax(-1)
        if self.model.end_tokens and length + 1 <= asked.min_steps:
            ends = torch.tensor(self.model.end_tokens, device=logs.device)
            logs = logs.index_fill(0, ends, -torch.inf)
        return logs

    def _ends(self, draft: Draft, asked: Asked) -> bool:
        return len(draft.token_ids) == asked.max_steps or self._finished(draft)

    def _finished(self, draft: Draft) -> bool:
        return draft.token_ids[-1] in self.model.end_tokens

    def _ended(self, draft: Draft) -> Draft:
        return Draft(draft.token_ids, draft.score, is_finished=self._finished(draft))
