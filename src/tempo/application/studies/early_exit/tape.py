"""A run of the full model written down, so that others can make the very same passes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tempo.application.decoding.generate import Generate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.application.decoding.request import GenerationRequest
    from tempo.domain.node import Node
    from tempo.domain.ports.model_backend import DecodingSession, ModelBackend, ModelDescription
    from tempo.domain.ports.tokenizer import Tokenizer
    from tempo.domain.proposal import Proposal, Reading
    from tempo.domain.row_rules import RowRules
    from tempo.domain.tokens import TokenId


@dataclass(frozen=True, slots=True)
class TapedPass:
    """What was fed, and what was read then; nothing is fed before the prompt's own rows are read.

    Attributes:
        nodes: the tokens.
        reading: the question.
    """

    nodes: tuple[Node, ...]
    reading: Reading


@dataclass(frozen=True, slots=True)
class Tape:
    """The passes of a run, and the path that it chose.

    Attributes:
        prompt: its tokens.
        passes: in order, the prompt's first.
        path: the tokens of the best path.
    """

    prompt: tuple[TokenId, ...]
    passes: tuple[TapedPass, ...]
    path: tuple[TokenId, ...]


class _Taping:
    """Does what another backend does, and writes it down."""

    def __init__(self, backend: ModelBackend) -> None:
        self._backend = backend
        self._fed: tuple[Node, ...] = ()
        self.passes: list[TapedPass] = []

    @property
    def description(self) -> ModelDescription:
        return self._backend.description

    def open(self, prompt: Sequence[TokenId], rules: RowRules) -> DecodingSession:
        return self._backend.open(prompt, rules)

    def extend(self, batch: Sequence[tuple[DecodingSession, Sequence[Node]]]) -> None:
        ((_, nodes),) = batch
        self._fed = tuple(nodes)
        self._backend.extend(batch)

    def propose(self, batch: Sequence[tuple[DecodingSession, Reading]]) -> list[Proposal]:
        ((_, reading),) = batch
        self.passes.append(TapedPass(self._fed, reading))
        self._fed = ()
        return self._backend.propose(batch)


def taped(backend: ModelBackend, tokenizer: Tokenizer, request: GenerationRequest) -> Tape:
    """Decode a request and return what was done. It must not release rows nor prune.

    Raises:
        PromptError: for an empty prompt or one that does not fit the model's context.
        NonFiniteLogitsError: if the model gave NaN or infinity.
    """
    taping = _Taping(backend)
    outcome = Generate(taping, tokenizer).run(request)
    return Tape(request.prompt_ids, tuple(taping.passes), outcome.best_path_ids)
