"""A lattice document's bytes back to the record that it holds."""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import ValidationError

from tempo.application.records.record import Provenance, RunRecord
from tempo.domain.errors import DocumentError
from tempo.domain.lattice import Lattice, LatticeStep
from tempo.domain.model_identity import ModelIdentity
from tempo.domain.paths import Path
from tempo.domain.pruning.decision import Effect, PruningDecision
from tempo.domain.stopping import FinishReason
from tempo.domain.tokens import Candidate, CandidateState, LogicalStep, TokenId, TokenSet
from tempo.infrastructure.storage.document_checks import broken, require_sound
from tempo.infrastructure.storage.document_models import FORMAT, NOT_THERE, VERSION, LatticeDocument

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic_core import ErrorDetails

    from tempo.domain.proposal import FloatArray
    from tempo.infrastructure.storage.document_models import (
        CandidatePart,
        DecisionPart,
        StepPart,
        Table,
    )

LONGEST_QUOTE = 60

MOST_VALUES = 8_000_000
"""Each number, text or list of a document takes memory many times its length in the file."""


def from_json(content: bytes) -> RunRecord:
    """Return the record that a document's bytes hold.

    Raises:
        DocumentError: if they hold no lattice document of a version known here, naming the place.
    """
    values = sum(content.count(mark) for mark in (b",", b"[", b"{"))
    if values > MOST_VALUES:
        message = (
            f"the lattice document holds about {values:,} values; "
            f"at most {MOST_VALUES:,} can be opened"
        )
        raise DocumentError(message)
    try:
        document = LatticeDocument.model_validate_json(content)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False)
        raise _refusal(found) from None
    require_sound(document)
    return _record(document)


def _refusal(found: Sequence[ErrorDetails]) -> DocumentError:
    """Return one sentence for all that is wrong: another format or version explains the rest."""
    first = found[0]
    if first["type"] == "json_invalid":
        reason = first["msg"].removeprefix("Invalid JSON: ")
        return DocumentError(
            f"this is no JSON, or only a part of it: {reason}; expected a {FORMAT!r} document"
        )
    by_place = {_place(one): one for one in reversed(found)}
    if () in by_place:
        return DocumentError(f"this is no JSON object; expected a {FORMAT!r} document")
    if ("format",) in by_place:
        return _another_format(by_place["format",])
    if ("version",) in by_place:
        return _another_version(by_place["version",])
    return broken(_spelled(_place(first)), _complaint(first))


def _place(error: ErrorDetails) -> tuple[int | str, ...]:
    """Return where an error is; of something that is not there, where it should be."""
    return (*error["loc"], error["msg"]) if error["type"] == NOT_THERE else error["loc"]


def _another_format(error: ErrorDetails) -> DocumentError:
    there = error["type"] != NOT_THERE
    told = f"has format {_quoted(error['input'])}" if there else "has no format"
    return DocumentError(
        f"this JSON {told}; expected {FORMAT!r}: save one with --save-lattice or lattice.save()"
    )


def _another_version(error: ErrorDetails) -> DocumentError:
    told = f"version {_quoted(error['input'])}" if error["type"] != NOT_THERE else "no version"
    return DocumentError(
        f"this {FORMAT!r} document has {told}; this TEMPO reads version {VERSION}: "
        "open it with the TEMPO that wrote it, or a newer one"
    )


def _spelled(location: tuple[int | str, ...]) -> str:
    """Return a place as people write it: `steps[3].candidates[1].probability`."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return "".join(parts).removeprefix(".")


def _complaint(error: ErrorDetails) -> str:
    """Return what is wrong at a place, with the value where it is short."""
    if error["type"] == NOT_THERE:
        return "is not there; it must be"
    needed = error["msg"].replace("Input should", "it must").replace("List should", "it must")
    needed = needed.replace("String should", "it must").partition(" after validation")[0]
    return f"is {_quoted(error['input'])}; {needed[:1].lower()}{needed[1:]}"


def _quoted(value: object) -> str:
    if isinstance(value, (list, dict)):
        return f"{'a list' if isinstance(value, list) else 'an object'} of {len(value):,}"
    if isinstance(value, str) and len(value) > LONGEST_QUOTE:
        return f"a text of {len(value):,} characters"
    if isinstance(value, str):
        return repr(value)
    told = json.dumps(value)
    return told if len(told) <= LONGEST_QUOTE else f"a number of {len(told):,} digits"


def _record(document: LatticeDocument) -> RunRecord:
    steps = tuple(_step(part, number) for number, part in enumerate(document.steps))
    provenance = _provenance(document)
    return RunRecord(
        lattice=Lattice(
            tuple(map(TokenId, document.prompt_ids)),
            steps,
            tuple(map(_decision, document.decisions)),
            histories=provenance.histories,
        ),
        provenance=provenance,
        best=tuple(document.best_path),
        text=document.text,
        finished=document.finished,
        finished_mass=document.finished_mass,
        best_paths=tuple(
            Path(tuple(path.members), path.score, path.finished) for path in document.best_paths
        ),
    )


def _provenance(document: LatticeDocument) -> Provenance:
    reason, model = document.finish_reason, document.model
    settings: Mapping[str, Any] | None = document.settings
    return Provenance(
        prompt=document.prompt,
        settings=settings,
        stop=tuple(document.stop),
        model=None if model is None else ModelIdentity(**model.model_dump()),
        finish_reason=None if reason is None else FinishReason(reason),
        steered=document.steered,
        committed=document.committed,
        settled=document.settled,
    )


def _step(part: StepPart, number: int) -> LatticeStep:
    place = f"steps[{number}].candidates"
    candidates = [_candidate(one, f"{place}[{i}]") for i, one in enumerate(part.candidates)]
    step = LogicalStep(part.step)
    return LatticeStep(
        step=step,
        token_set=TokenSet(step, tuple(one for one in candidates if one.state.is_member)),
        others=tuple(one for one in candidates if not one.state.is_member),
        transitions=_table(part.transitions),
        plain_transitions=_table(part.plain_transitions),
        entropy=part.entropy,
        threshold=part.threshold,
        kept_mass=part.kept_mass,
        finished_mass=part.finished_mass,
        cut=part.cut,
        cut_mass=part.cut_mass,
        near_ties=part.near_ties,
    )


def _candidate(part: CandidatePart, place: str) -> Candidate:
    return Candidate(
        token_id=TokenId(part.token_id),
        content=_content(part, place),
        probability=part.probability,
        rank=part.rank,
        state=CandidateState(part.state),
        weight=part.weight or 0.0,
        score=-np.inf if part.score is None else part.score,
        parent=part.parent,
        posterior=part.posterior,
        reason=part.reason,
        attention=1.0 if part.attention is None else part.attention,
    )


def _decision(part: DecisionPart) -> PruningDecision:
    return PruningDecision(
        step=LogicalStep(part.step),
        token_id=TokenId(part.token_id),
        rule=part.rule,
        score=part.score,
        threshold=part.threshold,
        decided_at=LogicalStep(part.decided_at),
        effect=Effect(part.effect),
        mass=min(1.0, part.mass),
        weight=min(1.0, part.weight),
    )


def _content(part: CandidatePart, place: str) -> bytes:
    """Return a token's bytes, which must spell its text."""
    if part.bytes is None:
        return part.text.encode()
    try:
        content = base64.b64decode(part.bytes, validate=True)
    except (binascii.Error, ValueError) as error:
        raise broken(f"{place}.bytes", f"is no base64: {error}") from None
    if content.decode("utf-8", errors="replace") != part.text:
        raise broken(f"{place}.bytes", "spells another text than the candidate's")
    return content


def _table(rows: Table) -> FloatArray:
    return np.array([[-np.inf if cell is None else cell for cell in row] for row in rows])
