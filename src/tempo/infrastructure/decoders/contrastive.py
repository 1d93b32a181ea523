"""Contrastive search (Su et al. 2022, arXiv 2202.06417)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from tempo.infrastructure.decoders.branches import Branches
from tempo.infrastructure.decoders.drafts import Draft

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from tempo.infrastructure.decoders.drafts import Asked
    from tempo.infrastructure.decoders.plain_model import PlainModel


@dataclass(frozen=True, slots=True)
class Contrastive:
    """One text, however many are asked for: probable tokens that do not repeat what was said.

    Of the most probable tokens that one is taken for which (1 - penalty) times its probability less
    the penalty times its likeness to the text so far is highest. The likeness is the largest cosine
    of the last layer's state behind the token with any state before, the prompt's among them; so
    every candidate goes through the model.

    Attributes:
        candidates: tokens considered, from 2 on.
        penalty: in [0, 1]; 0 is greedy decoding.
    """

    model: PlainModel
    candidates: int
    penalty: float

    @torch.inference_mode()
    def drafts(self, prompt: Sequence[int], asked: Asked) -> list[Draft]:
        """Return the one text."""
        branches = Branches(self.model, prompt, hidden=True)
        states = _directions(branches.hidden)[0]
        text: list[int] = []
        while len(text) < asked.max_steps:
            probabilities = self._allowed(branches.logits[0].softmax(-1), len(text), asked)
            top = probabilities.topk(self.candidates)
            branches.take([0] * self.candidates)
            branches.feed(top.indices.tolist())
            candidates = _directions(branches.hidden)[:, 0]
            likeness = (candidates @ states.T).amax(-1)
            chosen = int(((1 - self.penalty) * top.values - self.penalty * likeness).argmax())
            branches.take([chosen])
            states = torch.cat((states, candidates[chosen : chosen + 1]))
            text.append(int(top.indices[chosen]))
            if text[-1] in self.model.end_tokens:
                break
        return [Draft(tuple(text), is_finished=text[-1] in self.model.end_tokens)]

    def _allowed(self, probabilities: Tensor, length: int, asked: Asked) -> Tensor:
        if length + 1 > asked.min_steps or not self.model.end_tokens:
            return probabilities
        ends = torch.tensor(self.model.end_tokens, device=probabilities.device)
        return probabilities.index_fill(0, ends, -1.0)


def _directions(states: Tensor | None) -> Tensor:
    """Return states at length 1; there are none only if nobody asked for them."""
    if states is None:
        message = "the model gave no hidden states"
        raise RuntimeError(message)
    return torch.nn.functional.normalize(states.float(), dim=-1)
