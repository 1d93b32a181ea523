"""A verifier that comes as a Python function."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tempo.domain.errors import ContradictionError, IneffectiveSettingError
from tempo.infrastructure.container import called_verifier

if TYPE_CHECKING:
    from tempo.application.decoding.request import GenerationRequest
    from tempo.application.settings.settings import Settings


def verified(request: GenerationRequest, settings: Settings, verifier: object) -> GenerationRequest:
    """Return a request whose search is valued by a function; as it is without one.

    Raises:
        IneffectiveSettingError: for a function without a search.
        ContradictionError: for one beside words or patterns.
        InvalidValueError: for what cannot be called.
    """
    if verifier is None:
        return request
    if request.search is None:
        message = "verifier would have no effect: it needs use_mcts"
        raise IneffectiveSettingError(message)
    for name in ("mcts_words", "mcts_pattern"):
        if settings.departs(name):
            message = f"verifier and {name} exclude each other; leave one of them out"
            raise ContradictionError(message)
    return replace(request, search=replace(request.search, verifier=called_verifier(verifier)))
