"""Texts of one prompt that are written side by side, one row of a batch each."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import torch

from tempo.infrastructure.decoders.drafts import Draft

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from tempo.infrastructure.decoders.drafts import Asked
    from tempo.infrastructure.decoders.plain_model import PlainModel


class Branches:
    """The state of the model behind each of some texts; the prompt goes through it once.

    Attributes:
        logits: [branch, vocab] float32, behind the last token of each.
        hidden: [branch, fed, width] the last layer's states of what was fed last, if asked for.
    """

    @torch.inference_mode()
    def __init__(self, model: PlainModel, prompt: Sequence[int], *, hidden: bool = False) -> None:
        """Feed the prompt: one branch."""
        self._model = model
        self._cache = model.new_cache()
        self._with_hidden = hidden
        self._rows = 1
        self.logits: Tensor
        self.hidden: Tensor | None = None
        self._run(input_ids=torch.tensor([list(prompt)], device=model.device))

    def take(self, branches: Sequence[int]) -> None:
        """Go on with these branches, in this order; one may be taken several times."""
        if list(branches) == list(range(self._rows)):
            return
        index = torch.tensor(list(branches), device=self._model.device)
        self._cache.batch_select_indices(index)
        self.logits = self.logits[index]
        self._rows = len(branches)

    def feed(self, tokens: Sequence[int]) -> None:
        """Feed each branch a token."""
        self._run(input_ids=torch.tensor([[token] for token in tokens], device=self._model.device))

    def feed_embedding(self, embedding: Tensor) -> None:
        """Feed each branch an input embedding, [branch, width]."""
        self._run(inputs_embeds=embedding[:, None])

    @torch.inference_mode()
    def _run(self, **inputs: Tensor) -> None:
        output = self._model.model(
            **inputs,
            past_key_values=self._cache,
            use_cache=True,
            logits_to_keep=1,
            output_hidden_states=self._with_hidden,
        )
        self.logits = output.logits[:, -1].float()
        if self._with_hidden:
            self.hidden = output.hidden_states[-1]


class Writing:
    """Texts under way behind one prompt, and those that have ended."""

    def __init__(self, model: PlainModel, prompt: Sequence[int], asked: Asked) -> None:
        """Begin with one empty text."""
        self._ends = model.end_tokens
        self._asked = asked
        self._branches = Branches(model, prompt)
        self.texts: list[tuple[int, ...]] = [()]
        self.scores: list[float] = [0.0]
        self.ended: list[Draft] = []

    @property
    def is_open(self) -> bool:
        """Whether any text is still under way."""
        return bool(self.texts)

    def probabilities(self) -> Tensor:
        """Return [text, vocab] the model's next-token probabilities, nothing barred."""
        return self._branches.logits.softmax(-1)

    def log_probabilities(self) -> Tensor:
        """Return [text, vocab] their logarithms, -inf for end tokens before their time."""
        logs = self._branches.logits.log_softmax(-1)
        if self._ends and len(self.texts[0]) + 1 <= self._asked.min_steps:
            logs = logs.index_fill(1, torch.tensor(self._ends, device=logs.device), -torch.inf)
        return logs

    def advance(
        self, parents: Sequence[int], tokens: Sequence[int], gains: Sequence[float]
    ) -> None:
        """Let each new text follow an earlier one by a token; a gain is added to its score.

        Texts that end, by an end token or by their length, leave; the others go through the model.
        """
        under_way: list[int] = []
        texts, scores = [], []
        for parent, token, gain in zip(parents, tokens, gains, strict=True):
            text, score = (*self.texts[parent], token), self.scores[parent] + gain
            finished = token in self._ends
            if finished or len(text) == self._asked.max_steps:
                self.ended.append(Draft(text, score, is_finished=finished))
                continue
            under_way.append(parent)
            texts.append(text)
            scores.append(score)
        self.texts, self.scores = texts, scores
        if texts:
            self._branches.take(under_way)
            self._branches.feed([text[-1] for text in texts])


def items(tensor: Tensor) -> list[float]:
    """Return a vector's numbers."""
    return cast("list[float]", tensor.tolist())
