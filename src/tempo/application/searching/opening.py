"""Which kind of run a request asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tempo.application.decoding.run import DecodingRun
from tempo.application.searching.run import SearchRun

if TYPE_CHECKING:
    from tempo.application.decoding.request import GenerationRequest
    from tempo.application.decoding.retained import Forking
    from tempo.application.decoding.unrolling import Unrolling
    from tempo.domain.ports.clustering import Clustering
    from tempo.domain.ports.model_backend import ModelBackend
    from tempo.domain.ports.tokenizer import Tokenizer


def opened(
    backend: ModelBackend,
    tokenizer: Tokenizer,
    request: GenerationRequest,
    clustering: Clustering | None = None,
    forking: Forking | None = None,
) -> Unrolling:
    """Open a run; the prompt goes through the model here, unless there is a beginning.

    Raises:
        PromptError: for an empty prompt or one that does not fit the model's context.
    """
    if request.search is not None:
        return SearchRun(backend, tokenizer, request, forking)
    return DecodingRun(backend, tokenizer, request, clustering, forking)
