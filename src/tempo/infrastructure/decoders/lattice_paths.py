"""TEMPO as one decoder among others: the best paths of its lattice, or the texts of its search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tempo.application.decoding.generate import Generate
from tempo.application.n_best import NBest
from tempo.application.settings.reading import build_request, read_settings
from tempo.domain.paths import path_share
from tempo.domain.tokens import TokenId
from tempo.infrastructure.decoders.drafts import Draft

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tempo.domain.lattice import Lattice
    from tempo.domain.ports.clustering import Clustering
    from tempo.domain.ports.model_backend import ModelBackend
    from tempo.domain.ports.tokenizer import Tokenizer
    from tempo.infrastructure.decoders.drafts import Asked


@dataclass(frozen=True, slots=True)
class Engine:
    """What runs TEMPO: a backend over the compared model's own modules, a tokenizer, clustering."""

    backend: ModelBackend
    tokenizer: Tokenizer
    clustering: Clustering


@dataclass(frozen=True, slots=True)
class LatticePaths:
    """TEMPO under some settings.

    Attributes:
        settings: by name, as a user writes them; steps are the comparison's.
        rescored: whether more paths are found than asked for, scored by the model and the best
            of them returned, as `result.n_best` does; that is part of the cost. Otherwise the
            lattice's own scores decide. Under superposition `path` they are exact for the best
            chain of each member, and these come first; for paths that leave it they are estimates.
    """

    engine: Engine
    settings: Mapping[str, object]
    rescored: bool = True

    def drafts(self, prompt: Sequence[int], asked: Asked) -> list[Draft]:
        """Return the best paths; of a tree search the complete texts that it tried, by value."""
        steps: dict[str, object] = {"max_steps": asked.max_steps}
        if asked.min_steps:
            steps["min_steps"] = asked.min_steps
        request = build_request(
            read_settings({**self.settings, **steps}), tuple(map(TokenId, prompt))
        )
        engine = self.engine
        outcome = Generate(engine.backend, engine.tokenizer, engine.clustering).run(request)
        if outcome.search is not None:
            whole = [tried for tried in outcome.search.texts if tried.complete]
            return [
                Draft(tuple(tried.token_ids), is_finished=tried.finished)
                for tried in whole[: asked.count]
            ]
        lattice = outcome.lattice
        if self.rescored:
            texts = NBest(engine.backend).run(lattice, asked.count, request.stopping.stop_bytes)
            return [_draft(lattice, one.members, finished=one.finished) for one in texts]
        return [
            _draft(lattice, path.members, finished=path.finished)
            for path in lattice.best_paths(asked.count)
        ]


def _draft(lattice: Lattice, members: tuple[int, ...], *, finished: bool) -> Draft:
    tokens = (
        step.token_set.members[member].token_id
        for step, member in zip(lattice.steps, members, strict=False)
    )
    return Draft(tuple(tokens), posterior=path_share(lattice.steps, members), is_finished=finished)
