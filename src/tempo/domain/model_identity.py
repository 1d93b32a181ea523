"""Which model made a lattice, and whether another one is the same."""

from __future__ import annotations

from dataclasses import dataclass

from tempo.domain.errors import OtherModelError

SHOWN_DIGITS = 12


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """A model and its tokenizer, as a lattice remembers them.

    Attributes:
        name: what the user asked for; it says nothing about being the same.
        family: the architecture's name.
        fingerprint: of the architecture and the weights.
        tokenizer_fingerprint: of the vocabulary.
        dtype: of the weights; it changes the last digits of every score.
        device: where they were.
    """

    name: str
    family: str
    fingerprint: str
    tokenizer_fingerprint: str
    dtype: str
    device: str


def require_same_model(made_by: ModelIdentity, given: ModelIdentity) -> None:
    """Refuse a model that did not make a lattice.

    Tokens mean nothing under another vocabulary, and scores nothing under other weights.

    Raises:
        OtherModelError: saying which of model and tokenizer differs.
    """
    parts = (
        ("model", made_by.fingerprint, given.fingerprint),
        ("tokenizer", made_by.tokenizer_fingerprint, given.tokenizer_fingerprint),
    )
    differing = [part for part in parts if part[1] != part[2]]
    if not differing:
        return
    told = " and ".join(
        f"the {part} differs ({before[:SHOWN_DIGITS]} then, {now[:SHOWN_DIGITS]} now)"
        for part, before, now in differing
    )
    message = (
        f"the lattice was made by {_told(made_by)} and this is {_told(given)}: {told}; "
        "give the model that made it, in the same dtype"
    )
    raise OtherModelError(message)


def _told(identity: ModelIdentity) -> str:
    return f"{identity.name} ({identity.family}, {identity.dtype})"
