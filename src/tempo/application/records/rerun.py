"""Repeat a recorded run on the model that made it, and compare."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from tempo.application.decoding.generate import Generate
from tempo.application.records.agreement import Agreement, agreement
from tempo.application.settings.reading import build_request, read_settings
from tempo.domain.errors import InvalidValueError
from tempo.domain.events import StepAppended
from tempo.domain.frontier import SMALLEST
from tempo.domain.model_identity import require_same_model
from tempo.domain.stopping import FinishReason

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tempo.application.decoding.outcome import Outcome
    from tempo.application.decoding.request import GenerationRequest
    from tempo.application.records.agreement import Entry
    from tempo.application.records.record import RunRecord
    from tempo.domain.lattice import Lattice, LatticeStep
    from tempo.domain.model_identity import ModelIdentity
    from tempo.domain.ports.clustering import Clustering
    from tempo.domain.ports.model_backend import ModelBackend
    from tempo.domain.ports.tokenizer import Tokenizer
    from tempo.domain.pruning.decision import PruningDecision
    from tempo.domain.tokens import TokenId

TOLERANCE = 1e-4
"""How far a log-probability may differ between two runs of one model, in nats; and how close a
decision must be that rounding may turn."""

CUT_SHORT = (FinishReason.CANCELLED, FinishReason.ERROR, FinishReason.MAX_MEMORY)
"""Ends that did not come from the decoding; a repeated run would go on."""


@dataclass(frozen=True, slots=True)
class RerunReport:
    """How a repeated run compares.

    Attributes:
        agreements: what was compared, and where it differs.
        steps: how many steps were compared.
        tie: why no later step was compared: a decision that rounding turned; None without one.
    """

    agreements: tuple[Agreement, ...]
    steps: int
    tie: str | None

    @property
    def equal(self) -> bool:
        """Whether nothing differs that rounding does not explain."""
        return all(one.equal for one in self.agreements)


class Rerun:
    """Decode a record's prompt again under its settings."""

    def __init__(
        self, backend: ModelBackend, tokenizer: Tokenizer, clustering: Clustering | None = None
    ) -> None:
        """Work over the model that made the record."""
        self._generate = Generate(backend, tokenizer, clustering)

    def run(self, record: RunRecord, model: ModelIdentity) -> RerunReport:
        """Return how tokens, figures and decisions compare, figures within 1e-4 counting as equal.

        Where a decision closer than 1e-4 fell otherwise, the runs differ from there on with good
        reason: the steps before it are compared.

        Raises:
            OtherModelError: for another model than the one that made the record.
            InvalidValueError: if a person steered the run, or model or settings are unknown.
        """
        require_repeatable(record)
        if record.provenance.model is not None:
            require_same_model(record.provenance.model, model)
        cut_short = record.provenance.finish_reason in CUT_SHORT
        most = record.lattice.decoded + (not cut_short)  # one more would show that it ends too late
        return _report(record, self._repeated(_request(record), most))

    def _repeated(self, request: GenerationRequest, most: int) -> Outcome:
        """Decode `most` steps, or fewer where the run ends before."""
        generation = self._generate.start(request)
        decoded = 0
        for event in generation.events():
            decoded += isinstance(event, StepAppended)
            if decoded >= most:
                break
        generation.close()
        return generation.outcome()


def require_repeatable(record: RunRecord) -> None:
    """Refuse a record that no model could repeat, before one is loaded.

    Raises:
        InvalidValueError: saying why.
    """
    known = record.provenance
    if known.steered:
        message = "this run was steered by hand, which no model can repeat; replay it without one"
        raise InvalidValueError(message)
    if known.model is None or known.settings is None:
        lacking = "model" if known.model is None else "settings"
        message = f"the lattice does not name its {lacking}, so that its run cannot be repeated"
        raise InvalidValueError(message)


def _request(record: RunRecord) -> GenerationRequest:
    settings = read_settings(dict(record.provenance.settings or {}))
    request = build_request(settings, record.lattice.prompt_ids)
    committed = record.lattice.steps[: record.provenance.committed]
    return replace(request, committed=committed) if committed else request


def _report(record: RunRecord, outcome: Outcome) -> RerunReport:
    stored, found = record.lattice.steps, outcome.lattice.steps
    parting = _parting(stored, found)
    count = min(len(stored), len(found)) if parting is None else parting
    same = list(zip(stored[:count], found[:count], strict=True))
    tie = None if parting is None else _turned(stored[parting], found[parting])
    decided = same if parting is None or tie else [*same, (stored[parting], found[parting])]
    end = math.inf if parting is None else stored[parting].step
    logs = (
        [one for one in lattice.decisions if one.decided_at < end]
        for lattice in (record.lattice, outcome.lattice)
    )
    agreements = [
        agreement("kept tokens", [_kept(*pair) for pair in decided]),
        agreement("transitions", _cells(same), TOLERANCE),
        agreement("scores", _scores(same), TOLERANCE * max(1, count)),
        agreement("decisions", _decided(*logs), TOLERANCE * max(1, count)),
    ]
    if parting is None:
        agreements.append(agreement("steps", [("steps", len(stored), len(found))]))
        tie = _turned_path(record, outcome) if len(stored) == len(found) else None
        if tie is None:
            agreements.append(agreement("text", [("text", record.text, outcome.text)]))
    return RerunReport(tuple(agreements), count, tie)


def _parting(stored: Sequence[LatticeStep], found: Sequence[LatticeStep]) -> int | None:
    """Return the first step at which two runs kept different tokens, or in another order."""
    for index, (one, other) in enumerate(zip(stored, found, strict=False)):
        _, first, second = _kept(one, other)
        if first != second:
            return index
    return None


def _kept(stored: LatticeStep, found: LatticeStep) -> Entry:
    first, second = (
        [(member.token_id, member.state.value) for member in step.token_set.members]
        for step in (stored, found)
    )
    return f"steps[{stored.step}].candidates", first, second


def _cells(pairs: Sequence[tuple[LatticeStep, LatticeStep]]) -> Iterator[Entry]:
    for one, other in pairs:
        for name in ("transitions", "plain_transitions"):
            tables = getattr(one, name).tolist(), getattr(other, name).tolist()
            for row, (first, second) in enumerate(zip(*tables, strict=True)):
                for column, cells in enumerate(zip(first, second, strict=True)):
                    yield f"steps[{one.step}].{name}[{row}][{column}]", *cells


def _scores(pairs: Sequence[tuple[LatticeStep, LatticeStep]]) -> Iterator[Entry]:
    for one, other in pairs:
        members = zip(one.token_set.members, other.token_set.members, strict=True)
        for stored, found in members:
            index = one.candidates.index(stored)
            yield f"steps[{one.step}].candidates[{index}].score", stored.score, found.score


def _decided(
    stored: Sequence[PruningDecision], found: Sequence[PruningDecision]
) -> Iterator[Entry]:
    if len(stored) != len(found):
        yield "decisions", len(stored), len(found)
    for index, (one, other) in enumerate(zip(stored, found, strict=False)):
        for name, value in asdict(one).items():
            yield f"decisions[{index}].{name}", value, getattr(other, name)


def _turned(stored: LatticeStep, found: LatticeStep) -> str | None:
    """Return what rounding decided at a step, None where it cannot have been rounding."""
    margin = max(_margins(stored, found), default=math.inf)
    if margin > TOLERANCE:
        return None
    return (
        f"step {stored.step} decided between tokens whose probabilities, or the threshold, "
        f"are {margin:.1e} apart"
    )


def _margins(stored: LatticeStep, found: LatticeStep) -> Iterator[float]:
    """Yield, for each token that one run placed otherwise, how close the decision was."""
    first, second = ([one.token_id for one in step.token_set.members] for step in (stored, found))
    for token in set(first) ^ set(second):
        yield min(_to_the_cut(step, token) for step in (stored, found))
    if set(first) == set(second):
        probability = {one.token_id: one.probability for one in stored.token_set.members}
        for one, other in zip(first, second, strict=True):
            if one != other:
                yield abs(probability[one] - probability[other])


def _to_the_cut(step: LatticeStep, token: TokenId) -> float:
    """Return how far a token's probability is from the threshold, or from the nearest rival."""
    probabilities = {one.token_id: one.probability for one in step.candidates}
    if token not in probabilities:
        return math.inf
    mine = probabilities.pop(token)
    kept = {one.token_id for one in step.token_set.members}
    across = [value for other, value in probabilities.items() if (other in kept) != (token in kept)]
    return min(abs(mine - value) for value in (step.threshold, *across))


def _turned_path(record: RunRecord, outcome: Outcome) -> str | None:
    """Return which close call made another path the best, None without one."""
    if record.best == outcome.best or not record.best:
        return None
    one, other = (_share(outcome.lattice, path) for path in (record.best, outcome.best))
    margin = abs(one - other)
    if margin > TOLERANCE * len(outcome.lattice):
        return None
    return f"the best two paths are {margin:.1e} nats apart, so that either may be the text"


def _share(lattice: Lattice, path: Sequence[int]) -> float:
    """Return the log of a path's share, each step's kept mass taken as whole."""
    last = lattice.steps[len(path) - 1]
    kept = sum(math.log(max(step.kept_mass, SMALLEST)) for step in lattice.steps[: len(path)])
    return last.token_set.members[path[-1]].score - kept
