"""A lattice from what a run told: enough to go on from any of its tokens."""

from __future__ import annotations

import base64
import math
from typing import TYPE_CHECKING

import numpy as np

from tempo.application.records.record import Provenance
from tempo.domain.errors import RunStateError
from tempo.domain.lattice import Lattice, LatticeStep
from tempo.domain.model_identity import ModelIdentity
from tempo.domain.tokens import (
    Candidate,
    CandidateState,
    LogicalStep,
    Slot,
    TokenId,
    TokenSet,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tempo.application.serving.event_log import Document


def told_lattice(events: Iterable[Document]) -> tuple[Lattice, Provenance]:
    """Return the lattice that a run's events tell of, and where it comes from.

    Events hold no transitions of the plain model, and none is taken from them: a chain through the
    lattice is known, and its scores are computed anew by whoever goes on from it. Probabilities
    have the six decimals that were told.

    Raises:
        RunStateError: if no step was told yet.
    """
    started: Document | None = None
    steps: dict[int, Document] = {}
    for event in events:
        if event["type"] == "run.started":
            started = event
        elif event["type"] == "step.appended":
            steps[event["step"]] = event
        elif event["type"] == "candidates.pruned" and event["steps"]:
            first = event["steps"][0]["step"]
            removed = set(event["removed"])
            steps = {
                number: step
                for number, step in steps.items()
                if number < first and number not in removed
            }
            steps |= {step["step"]: step for step in event["steps"]}
    if started is None or not steps:
        message = "the run has told no step yet; ask again when it has"
        raise RunStateError(message)
    prompt = tuple(TokenId(token["id"]) for token in started["prompt"]["tokens"])
    return Lattice(prompt, _steps(steps.values())), _provenance(started)


def _steps(told: Iterable[Document]) -> tuple[LatticeStep, ...]:
    found: list[LatticeStep] = []
    for document in told:
        rows = len(found[-1].token_set.live_indices) if found else 1
        found.append(_step(document, rows))
    return tuple(found)


def _step(document: Document, rows: int) -> LatticeStep:
    candidates = [_candidate(one) for one in document["candidates"]]
    members = tuple(one for one in candidates if one.state.is_member)
    unknown = np.zeros((rows, len(members)))
    return LatticeStep(
        step=LogicalStep(document["step"]),
        token_set=TokenSet(LogicalStep(document["step"]), members),
        others=tuple(one for one in candidates if not one.state.is_member),
        transitions=unknown,
        plain_transitions=unknown,
        entropy=document["entropy"],
        threshold=document["threshold"],
        kept_mass=document["covered"],
        finished_mass=0.0,
    )


def _candidate(document: Document) -> Candidate:
    coded, slot, score = document["bytes"], document["phys"], document["score"]
    return Candidate(
        token_id=TokenId(document["id"]),
        content=document["text"].encode() if coded is None else base64.b64decode(coded),
        probability=document["p"],
        rank=document["rank"],
        state=CandidateState(document["state"]),
        score=-math.inf if score is None else score,
        parent=document["parent"],
        slot=None if slot is None else Slot(slot),
        reason=document["reason"],
    )


def _provenance(started: Document) -> Provenance:
    model = started["model"]
    identity = ModelIdentity(
        name=model["id"],
        family=model["family"],
        fingerprint=model["revision"],
        tokenizer_fingerprint=model["tokenizer"],
        dtype=model["dtype"],
        device=model["device"],
    )
    return Provenance(
        prompt=started["prompt"]["text"], settings=started["settings"], model=identity
    )
