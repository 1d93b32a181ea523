"""A result as `/generate` answers it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from tempo.domain.repetition import repeats_itself
from tempo.domain.stopping import FinishReason
from tempo.domain.tokens import CandidateState
from tempo.interfaces.http.generate_schemas import (
    CandidateAnswer,
    GenerateAnswer,
    ModelAnswer,
    StepAnswer,
    TextAnswer,
    TimingAnswer,
)

if TYPE_CHECKING:
    from tempo.domain.lattice import LatticeStep
    from tempo.domain.tokens import Candidate
    from tempo.interfaces.http.generate_schemas import AnswerFields
    from tempo.interfaces.python.result import Result


@dataclass(frozen=True, slots=True)
class Answering:
    """What of a result is answered.

    Attributes:
        fields: what was asked.
        keeps: whether the lattice is there in any case, so that the run can be gone on from.
    """

    fields: AnswerFields
    keeps: bool = False

    def of(self, result: Result) -> GenerateAnswer:
        """Return the answer; the time in the queue is filled in by whoever knows it."""
        return self._answer(result, self.fields.n_best if result.lattice.steps else 0)

    def part(self, result: Result) -> GenerateAnswer:
        """Return what is known of a run that failed: no scores of texts, which the model gives."""
        answer = self._answer(result, 0)
        return answer.model_copy(update={"finish_reason": FinishReason.ERROR.value})

    def _answer(self, result: Result, wanted: int) -> GenerateAnswer:
        fields, identity = self.fields, result.lattice.provenance.model
        plain = result.as_mapping() if fields.lattice or self.keeps else {}
        return GenerateAnswer(
            prompt=fields.prompt,
            system_content=fields.system_content,
            clean_text=result.text,
            generated_text=result.bracketed,
            raw_generated_text=result.raw,
            had_repetition_loop=repeats_itself(result.text),
            finished=result.finished,
            finish_reason=result.finish_reason.value,
            steps=[_step(step) for step in result.lattice.steps],
            n_best=_texts(result, wanted),
            timing=_timing(result),
            settings=result.settings.as_mapping(),
            pruning=asdict(result.pruning),
            search=None if result.search is None else result.search.as_mapping(),
            model_info=ModelAnswer(
                model_name=identity.name if identity else "",
                model_type=identity.family if identity else "",
                device=identity.device if identity else "",
                dtype=identity.dtype if identity else "",
            ),
            lattice=plain.get("lattice"),
            prompt_ids=list(result.prompt_ids) if fields.show_token_ids else None,
            best_path_ids=list(result.best_path_ids) if fields.show_token_ids else None,
            cost=_cost(result) if fields.debug_mode else None,
        )


def _texts(result: Result, wanted: int) -> list[TextAnswer]:
    texts = result.n_best(wanted) if wanted else ()
    return [
        TextAnswer(
            text=one.text,
            token_ids=list(one.token_ids),
            log_probability=one.log_probability,
            mean_log_probability=one.mean_log_probability,
            text_log_probability=one.text_log_probability,
            share=one.share,
            finished=one.finished,
            value=one.value,
        )
        for one in texts
    ]


def _step(step: LatticeStep) -> StepAnswer:
    considered = [candidate_answer(one) for one in step.candidates]
    return StepAnswer(
        position=step.step,
        entropy=step.entropy,
        threshold=step.threshold,
        kept_mass=step.kept_mass,
        considered=considered,
        kept=[candidate_answer(one) for one in step.token_set.members],
        pruned=[one for one in considered if one.state == CandidateState.PRUNED],
    )


def candidate_answer(candidate: Candidate) -> CandidateAnswer:
    """Return one token as it is answered."""
    return CandidateAnswer(
        token_id=candidate.token_id,
        text=candidate.text,
        probability=candidate.probability,
        rank=candidate.rank,
        state=candidate.state.value,
        posterior=candidate.posterior,
        attention=candidate.attention,
        reason=candidate.reason,
    )


def _timing(result: Result) -> TimingAnswer:
    phases = result.cost.milliseconds
    total = result.cost.total_milliseconds / 1000.0
    return TimingAnswer(
        queue_time=0.0,
        generation_time=total,
        pruning_time=phases.get("pruning", 0.0) / 1000.0,
        elapsed_time=total,
    )


def _cost(result: Result) -> dict[str, Any]:
    return asdict(result.cost)
