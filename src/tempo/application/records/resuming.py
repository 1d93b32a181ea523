"""Going on from a kept lattice: what is asked, and whether it can be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tempo.application.settings.carrying import carried_over
from tempo.application.settings.reading import build_request, read_settings
from tempo.domain.commitment import committed_chain
from tempo.domain.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tempo.application.decoding.request import GenerationRequest
    from tempo.application.records.record import Provenance
    from tempo.application.settings.settings import Settings
    from tempo.domain.lattice import Lattice
    from tempo.domain.model_identity import ModelIdentity
    from tempo.domain.tokens import TokenId


def maker_of(provenance: Provenance) -> ModelIdentity:
    """Return what made a lattice.

    Raises:
        InvalidValueError: if the lattice does not say.
    """
    if provenance.model is None:
        message = "the lattice does not name its model, so that no other could go on with it"
        raise InvalidValueError(message)
    return provenance.model


def resumed_settings(
    provenance: Provenance, names: Mapping[str, object], base: Settings | None = None
) -> Settings:
    """Return the settings to go on under: the lattice's own, or `base`, and `names` over them.

    Of the lattice's own, those that `names` make ineffective are left out.
    """
    if base is None:
        return carried_over(read_settings(provenance.settings or {}), names)
    return read_settings(names, base)


def resumed_request(
    lattice: Lattice, step: int, token_id: TokenId, settings: Settings
) -> GenerationRequest:
    """Return the run that goes on from a candidate; `max_steps` counts the committed steps too.

    Raises:
        ChoiceError: for a step or a token that is not there, or one that ends its text.
        InvalidValueError: if `max_steps` leaves nothing to decode.
    """
    chain = committed_chain(lattice, step, token_id)
    return build_request(settings, lattice.prompt_ids, committed=chain)


def require_resumable(
    lattice: Lattice,
    provenance: Provenance,
    step: int,
    token_id: TokenId,
    names: Mapping[str, object],
) -> None:
    """Refuse what no model could go on from, before one is loaded.

    Raises:
        InvalidValueError, ChoiceError: saying why.
    """
    maker_of(provenance)
    resumed_request(lattice, step, token_id, resumed_settings(provenance, names))
