"""A decoder as a method of a comparison: what it took is told, what it wrote is scored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tempo.application.studies.comparison.outcomes import Continuation, MethodOutcome
from tempo.domain.text import decoded
from tempo.domain.tokens import TokenId
from tempo.infrastructure.decoders.counting import counted
from tempo.infrastructure.decoders.drafts import Asked
from tempo.infrastructure.decoders.scoring import token_scores

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.domain.ports.tokenizer import Tokenizer
    from tempo.infrastructure.decoders.drafts import Decoder, Draft
    from tempo.infrastructure.decoders.plain_model import PlainModel


@dataclass(frozen=True, slots=True)
class Metered:
    """A decoder whose passes are counted and whose texts are scored by the plain forward.

    Scoring is not counted.

    Attributes:
        name: what tables call it.
        decoder: writes the texts.
        model: what it decodes with.
        tokenizer: spells the texts.
        min_steps: no text ends by itself before so many tokens.
        likeliest_first: whether texts stand by log-probability per token, for a decoder that has
            no order of its own.
    """

    name: str
    decoder: Decoder
    model: PlainModel
    tokenizer: Tokenizer
    min_steps: int = 0
    likeliest_first: bool = False

    def decode(
        self, prompt: Sequence[TokenId], count: int, max_steps: int, seed: int
    ) -> MethodOutcome:
        """Return at most `count` texts of at most `max_steps` tokens, the same for the same seed.

        Raises:
            NonFiniteLogitsError: if the model gave NaN or infinity to TEMPO.
        """
        asked = Asked(count, max_steps, min(self.min_steps, max_steps), seed)
        with counted(self.model.model) as passes:
            drafts = self.decoder.drafts(prompt, asked)
        scores = token_scores(self.model.model, prompt, [one.token_ids for one in drafts])
        found = [
            self._continuation(draft, sum(gains))
            for draft, gains in zip(drafts, scores, strict=True)
        ]
        if self.likeliest_first:
            found.sort(key=lambda one: -one.log_probability / len(one.token_ids))
        return MethodOutcome(tuple(found), passes.total)

    def _continuation(self, draft: Draft, log_probability: float) -> Continuation:
        token_ids = tuple(map(TokenId, draft.token_ids))
        return Continuation(
            token_ids=token_ids,
            text=decoded(b"".join(map(self.tokenizer.content, token_ids))),
            log_probability=log_probability,
            posterior=draft.posterior,
            is_finished=draft.is_finished,
        )
