"""Which of a lattice's texts a call returns, and how they are scored."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from tempo.domain.errors import InvalidValueError
from tempo.domain.stopping import stop_position

if TYPE_CHECKING:
    from transformers import GenerationConfig

    from tempo.application.decoding.rescoring import Rescore
    from tempo.application.n_best import NBestText
    from tempo.application.settings.settings import Settings
    from tempo.domain.tokens import TokenId
    from tempo.interfaces.python.lattice import Lattice
    from tempo.interfaces.python.result import Result

SEEDS = 2**62

UNASKED = 1.0
"""The length penalty of transformers where a call names none; a search ranks texts by value."""


@dataclass(frozen=True, slots=True, eq=False)
class Texts:
    """What one prompt gave.

    Attributes:
        rows: the tokens of each text to return, best first; empty ones where there are no more.
        n_best: the texts with their scores, where they were asked for.
        lattice: what they were taken from.
    """

    rows: tuple[tuple[TokenId, ...], ...]
    n_best: tuple[NBestText, ...]
    lattice: Lattice


@dataclass(frozen=True, slots=True)
class Choosing:
    """The best path, the n best texts, or one drawn.

    Attributes:
        count: how many of the best texts; None for the one path that the run ends with.
        draws: whether that path is drawn from the lattice's posterior instead.
        seed: what it is drawn by; None for torch's global generator.
        length_penalty: texts rank by log-probability over length to this power.
    """

    count: int | None
    draws: bool
    seed: int | None
    length_penalty: float

    @classmethod
    def of(cls, config: GenerationConfig, settings: Settings, count: int | None) -> Choosing:
        """Read what a call asks for.

        Raises:
            InvalidValueError: for a count that is none, or a seed where nothing is drawn.
        """
        if count is not None and (isinstance(count, bool) or not isinstance(count, int)):
            message = f"n_best is {count!r}; it must be a whole number of 1 or more"
            raise InvalidValueError(message)
        if count is not None and count < 1:
            message = f"n_best is {count}; it must be 1 or more"
            raise InvalidValueError(message)
        draws = bool(config.do_sample) and count is None
        if settings.names("seed") and not draws and not settings.use_mcts:
            why = "n_best takes the best texts" if count is not None else "do_sample is off"
            message = f"seed is {settings.seed}, and nothing is drawn: {why}; leave out one of them"
            raise InvalidValueError(message)
        seed = settings.seed if settings.names("seed") else None
        penalty = 0.0 if config.length_penalty is None else float(config.length_penalty)
        return cls(count, draws, seed, penalty)

    def texts(self, result: Result) -> Texts:
        """Return the texts of one prompt."""
        if self.count is not None:
            searched = result.search is not None and self.length_penalty == UNASKED
            penalty = 0.0 if searched else self.length_penalty
            found = result.n_best(self.count, length_penalty=penalty)
            rows = tuple(text.token_ids for text in found)
            return Texts(rows + ((),) * (self.count - len(rows)), found, result.lattice)
        row = self._drawn(result) if self.draws else result.best_path_ids
        return Texts((row,), (), result.lattice)

    def _drawn(self, result: Result) -> tuple[TokenId, ...]:
        """Return a path drawn from the posterior, ended where it spells a stop string."""
        drawn = int(torch.randint(SEEDS, ())) if self.seed is None else self.seed
        (path,) = result.lattice.sample_paths(1, drawn)
        content, stops = b"", result.lattice.provenance.stop_bytes
        tokens: list[TokenId] = []
        for candidate in result.lattice.along(path):
            tokens.append(candidate.token_id)
            content += candidate.content
            if stop_position(content, stops) is not None:
                break
        return tuple(tokens)

    def score(self, texts: Texts, rescore: Rescore) -> list[float]:
        """Return a score for each row, as beam search's: log-probability over length^penalty."""
        if self.count is not None:
            known = [text.penalised(self.length_penalty) for text in texts.n_best]
            return known + [-math.inf] * (len(texts.rows) - len(known))
        (row,) = texts.rows
        (score,) = rescore.run(texts.lattice.prompt_ids, [row])
        return [score / len(row) ** self.length_penalty]
