"""Runs that are begun under a name, from a prompt or from another run."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from tempo.application.records.resuming import maker_of, resumed_request, resumed_settings
from tempo.application.serving.event_documents import Opening, Telling
from tempo.application.serving.forkable import Forkable
from tempo.application.serving.served_run import ServedRun, Work
from tempo.application.serving.told_lattice import told_lattice
from tempo.application.settings.reading import read_settings
from tempo.domain.commitment import CommittedChain
from tempo.domain.errors import RunStateError
from tempo.domain.model_identity import require_same_model
from tempo.domain.path_tails import PathTails
from tempo.domain.stopping import FinishReason
from tempo.domain.tokens import TokenId
from tempo.infrastructure.documents import resident_bytes
from tempo.interfaces.http.answers import Answering
from tempo.interfaces.http.asking import Asked, asked, require_bounds
from tempo.interfaces.http.failures import kind_of, log_failed_run, message_of
from tempo.interfaces.http.request_identity import request_at_hand
from tempo.interfaces.python.stream import Stream

if TYPE_CHECKING:
    from tempo.application.decoding.asking import Unfolding
    from tempo.application.decoding.request import GenerationRequest
    from tempo.application.records.record import Provenance, RunRecord
    from tempo.application.serving.event_log import Document
    from tempo.application.serving.run_store import KeptRun
    from tempo.application.serving.served_run import RunState
    from tempo.domain.events import Event
    from tempo.domain.lattice import Lattice
    from tempo.interfaces.http.generate_schemas import AnswerFields
    from tempo.interfaces.http.run_schemas import ForkRequest
    from tempo.interfaces.http.service import Service


def begin_run(service: Service, body: Any) -> ServedRun:  # noqa: ANN401 - a model made at run time
    """Begin what a request asks for.

    Raises:
        TempoError: for a request that is wrong or has no room.
    """
    body.require_effect()
    run = asked(service.engine, service.settings, body.asked_prompt, body.words)
    request = body.model_dump(mode="json", exclude_unset=True)
    return _begun(service, run, body, request, None)


def fork_run(service: Service, kept: KeptRun, where: ForkRequest) -> ServedRun:
    """Begin a run that goes on from a token of another, which is left as it is.

    It goes on from a state that is retained, if there is one, else the prompt is read once more;
    both give the same.

    Raises:
        RunStateError: if the other has decoded nothing yet.
        OtherModelError: if another model than the one that is served decoded it.
        TempoError: for a step or a token that is not there, or a run that has no room.
    """
    from tempo.interfaces.http.run_schemas import RunRequest  # noqa: PLC0415 - made at run time

    lattice, provenance = forked_lattice(service, kept)
    names = _fewer_steps(where.max_steps, provenance)
    parent = {"run_id": kept.name, "step": where.step, "token_id": where.token_id}
    run = forked_run(service, lattice, provenance, parent, names)
    told = {**kept.asked, **names, "detach": where.detach}
    return _begun(service, run, RunRequest(**told), told, parent)


def forked_run(
    service: Service, lattice: Lattice, provenance: Provenance, parent: Document, names: Document
) -> Asked:
    """Return the run that goes on from a step and a token of a lattice, under a few settings.

    Raises:
        TempoError: for a step or a token that is not there, or a chain that has no room.
    """
    settings = resumed_settings(provenance, names)
    require_bounds(settings, service.settings)
    request = resumed_request(lattice, parent["step"], TokenId(parent["token_id"]), settings)
    _require_open(service, request)
    return Asked(service.engine, settings, request, provenance.prompt)


def _fewer_steps(most: int | None, provenance: Provenance) -> dict[str, int]:
    """Return a new bound on steps as settings; a fork of few is not held to the run's least."""
    if most is None:
        return {}
    least = read_settings(provenance.settings or {}).min_steps
    return {"max_steps": most} | ({"min_steps": most} if least > most else {})


def _require_open(service: Service, request: GenerationRequest) -> None:
    """Refuse a chain that ends its text, or fills the context, before there is a run of it."""
    container = service.engine.container
    tails = PathTails(request.stopping.stop_bytes)
    chain = CommittedChain.of(request.committed, tails, container.tokenizer().end_tokens)
    chain.require_room(len(request.prompt_ids), container.backend().description.context)


def forked_lattice(service: Service, kept: KeptRun) -> tuple[Lattice, Provenance]:
    """Return what a run decoded, from its answer, or else from what it has told so far."""
    if (kept.answer or {}).get("lattice") is not None:
        record = kept_record(service, kept)
        return record.lattice, record.provenance
    lattice, provenance = told_lattice(service.registry.log(kept.name).after(-1))
    require_same_model(maker_of(provenance), service.engine.identity)
    return lattice, provenance


def kept_record(service: Service, kept: KeptRun) -> RunRecord:
    """Return the lattice of a run that has ended, with where it comes from.

    Raises:
        RunStateError: if there is none yet, or never will be.
        OtherModelError: if another model than the one that is served made it.
    """
    document = (kept.answer or {}).get("lattice")
    if document is None:
        message = (
            f"the run is {kept.state.value} and has no lattice, but its events; ask when it has "
            "ended, or fork one that was cut off"
        )
        raise RunStateError(message)
    record: RunRecord = service.engine.container.document_reader()(json.dumps(document).encode())
    require_same_model(maker_of(record.provenance), service.engine.identity)
    return record


def attention_work(record: RunRecord, step: int, count: int, service: Service) -> Work:
    """Return the work of reading what a step's tokens attend to.

    Raises:
        ChoiceError: for a step that is not there.
    """
    lattice = record.lattice
    rows = len(lattice.prompt_ids) + lattice.index_of(step) + lattice.step(step).width
    read = service.engine.container.step_attention()
    return Work(rows, lambda: AtOnce(read.run(lattice, step, count)), lambda found: found)


@dataclass(frozen=True, slots=True)
class AtOnce:
    """Work without steps: its result is there as soon as it has begun."""

    result: Any

    def unfolding(self) -> Unfolding[Event]:
        """Ask and tell nothing."""
        yield from ()

    def close(self) -> None:
        """Do nothing: nothing is held."""


def _begun(
    service: Service,
    run: Asked,
    body: Any,  # noqa: ANN401 - a model made at run time
    request: Document,
    parent: Document | None,
) -> ServedRun:
    name = uuid4().hex
    work = work_of(service, run, body, Named(name, parent, request_at_hand()))
    served = ServedRun(name, work, detached=body.detach)
    service.registry.begin(service.runner, served, request, parent)
    return served


@dataclass(frozen=True, slots=True)
class Named:
    """What names a run.

    Attributes:
        name: its id.
        parent: the run, step and token that it goes on from.
        request_id: the request that asked for it.
    """

    name: str
    parent: Document | None
    request_id: str


def work_of(
    service: Service,
    run: Asked,
    fields: AnswerFields,
    named: Named,
) -> Work:
    """Return what a run that was asked for is to do."""
    identity = service.engine.identity
    model = {
        "id": identity.name,
        "family": identity.family,
        "revision": identity.fingerprint,
        "tokenizer": identity.tokenizer_fingerprint,
        "dtype": identity.dtype,
        "device": identity.device,
    }
    opening = Opening(
        named.name,
        model,
        run.settings.as_mapping(),
        run.text,
        named.parent,
        request_id=named.request_id,
    )
    telling = Telling(opening, service.engine.container.tokenizer(), resident_bytes)
    left = None if named.parent is None else str(named.parent["run_id"])
    forkable = Forkable(named.name, run.request, service.states, left, service.observer.forked)
    return _work(run, fields, telling, forkable)


def _work(run: Asked, fields: AnswerFields, telling: Telling, forkable: Forkable) -> Work:
    def start() -> Stream:
        generation = forkable.start(run.generate)
        telling.continued_from, telling.reused_rows = forkable.origin, forkable.reused_rows
        return Stream(generation, run.wrap)

    def tell(event: Event) -> tuple[Document, ...]:
        forkable.between_steps()
        return telling.of(event)

    def last(state: RunState, outcome: Any) -> tuple[Document, ...]:  # noqa: ANN401 - an answer or an error
        if not isinstance(outcome, BaseException):
            return (telling.finished(FinishReason(outcome.finish_reason), outcome.clean_text),)
        if not state.is_failure:
            return (telling.finished(FinishReason.CANCELLED, ""),)
        log_failed_run(outcome, telling.opening.run_id, telling.opening.request_id)
        return (telling.failed(kind_of(outcome), message_of(outcome)),)

    answering = Answering(fields, keeps=True)
    return Work(
        run.rows, start, answering.of, part=answering.part, tell=tell, last=last, left=forkable.left
    )
