"""From the methods that a user named to decoders over one model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tempo.application.studies.comparison.methods import Rival
from tempo.domain.tokens import TokenId
from tempo.infrastructure.decoders.chain_of_thought import ChainOfThought
from tempo.infrastructure.decoders.contrastive import Contrastive
from tempo.infrastructure.decoders.diverse_beam import DiverseBeam
from tempo.infrastructure.decoders.drafts import Asked
from tempo.infrastructure.decoders.entropy_forking import EntropyForking
from tempo.infrastructure.decoders.generated import Beam, Greedy, Sampling
from tempo.infrastructure.decoders.lattice_paths import LatticePaths
from tempo.infrastructure.decoders.metering import Metered
from tempo.infrastructure.decoders.ngrams import NGrams
from tempo.infrastructure.decoders.superposed import Superposed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tempo.application.studies.comparison.methods import Method
    from tempo.infrastructure.decoders.drafts import Decoder
    from tempo.infrastructure.decoders.lattice_paths import Engine
    from tempo.infrastructure.decoders.plain_model import PlainModel


@dataclass(frozen=True, slots=True)
class Workshop:
    """What all decoders are made of.

    Attributes:
        model: the compared model.
        engine: TEMPO over the same modules.
        corpus: token sequences that n-grams are counted in.
        min_steps: no text ends by itself before so many tokens.
    """

    model: PlainModel
    engine: Engine
    corpus: Sequence[Sequence[int]]
    min_steps: int

    def method(self, method: Method) -> Metered:
        """Return a method as a comparison runs it."""
        if isinstance(method, Rival):
            decoder = BUILDERS[method.kind](self, *method.values)
        else:
            decoder = LatticePaths(self.engine, method.settings, method.rescored)
        return Metered(
            name=method.name,
            decoder=decoder,
            model=self.model,
            tokenizer=self.engine.tokenizer,
            min_steps=self.min_steps,
            likeliest_first=isinstance(decoder, Sampling),
        )

    def sampling(self, **warpers: float) -> Sampling:
        """Return draws from a distribution that transformers' options bend."""
        return Sampling(self.model, warpers)

    def draw(
        self, prompt: Sequence[TokenId], count: int, steps: int, seed: int
    ) -> tuple[tuple[TokenId, ...], ...]:
        """Return plain draws at temperature 1, which end where they end."""
        drafts = self.sampling().drafts(prompt, Asked(count, steps, 0, seed))
        return tuple(tuple(map(TokenId, draft.token_ids)) for draft in drafts)


BUILDERS: Mapping[str, Callable[..., Decoder]] = {
    "greedy": lambda shop: Greedy(shop.model),
    "sampling": lambda shop, temperature: shop.sampling(temperature=temperature),
    "nucleus": lambda shop, top_p, temperature: shop.sampling(top_p=top_p, temperature=temperature),
    "min-p": lambda shop, min_p, temperature: shop.sampling(min_p=min_p, temperature=temperature),
    "beam": lambda shop, beams: Beam(shop.model, int(beams)),
    "diverse-beam": lambda shop, groups, penalty: DiverseBeam(shop.model, int(groups), penalty),
    "contrastive": lambda shop, candidates, penalty: Contrastive(
        shop.model, int(candidates), penalty
    ),
    "cot": lambda shop, branches: ChainOfThought(shop.model, int(branches)),
    "entropy-forking": lambda shop, threshold, most: EntropyForking(
        shop.model, threshold, int(most)
    ),
    "superposed": lambda shop, alpha, temperature, drafts: Superposed(
        shop.model, NGrams(shop.corpus), int(drafts), alpha, temperature
    ),
}
"""By a method's name: from the workshop and the method's numbers to its decoder."""
