"""What `/generate` is asked, and what it answers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from tempo.application.prompting import Prompt
from tempo.domain.errors import IneffectiveSettingError
from tempo.interfaces.http.setting_fields import Text, Truth, Whole, setting_fields

MOST_TEXTS = 64
"""So many of the best texts may be asked for."""

ONLY: dict[str, tuple[object, str]] = {
    "disable_kv_cache": (False, "the cache is what TEMPO decodes in"),
    "disable_kv_cache_consistency": (False, "what is pruned always leaves the cache"),
    "no_preserve_isolated_tokens": (False, "complete_pruning_mode says what becomes of a step"),
}
"""Fields of older clients that can have no effect here: the value they may have, and why."""


class PromptFields(BaseModel):
    """What is to be continued."""

    model_config = ConfigDict(extra="forbid", title="Prompt")

    prompt: Annotated[
        Text,
        Field(min_length=1, pattern=r"\S", description="What to continue; not blank."),
    ]
    system_content: Annotated[
        Text | None, Field(description="System prompt; uses the model's chat template.")
    ] = None
    chat: Annotated[Truth, Field(description="Use the model's chat template.")] = False
    enable_thinking: Annotated[
        Truth, Field(description="Ask a chat model for its thinking mode.")
    ] = False

    @property
    def asked_prompt(self) -> Prompt:
        """The prompt.

        Raises:
            PromptError: for a blank one.
        """
        return Prompt(self.prompt, self.system_content, self.chat, self.enable_thinking)


class AnswerFields(PromptFields):
    """What the answer is to hold."""

    n_best: Annotated[
        Whole, Field(ge=0, le=MOST_TEXTS, description="How many best texts, with exact scores.")
    ] = 5
    lattice: Annotated[Truth, Field(description="Add the whole lattice as a document.")] = False
    show_token_ids: Annotated[
        Truth, Field(description="Add the ids of the prompt's and of the best path's tokens.")
    ] = False
    debug_mode: Annotated[Truth, Field(description="Add what the run cost.")] = False
    disable_kv_cache: Annotated[Truth, Field(description="Must be false.")] = False
    disable_kv_cache_consistency: Annotated[Truth, Field(description="Must be false.")] = False
    no_preserve_isolated_tokens: Annotated[Truth, Field(description="Must be false.")] = False

    def require_effect(self) -> None:
        """Refuse what older clients may say and nothing here does.

        Raises:
            IneffectiveSettingError: naming the field.
        """
        for name, (only, why) in ONLY.items():
            value = getattr(self, name)
            if value != only:
                shown = str(value).lower() if isinstance(value, bool) else value
                message = f"{name} {shown} would have no effect: {why}; leave it out"
                raise IneffectiveSettingError(message)

    @property
    def words(self) -> dict[str, object]:
        """The settings that were named, under the names that were used."""
        named = self.model_fields_set.difference(AnswerFields.model_fields, EXTRA)
        return {name: getattr(self, name) for name in named}


EXTRA = frozenset({"detach"})
"""Fields of a run that are no settings."""

GenerateRequest = create_model("GenerateRequest", __base__=AnswerFields, **setting_fields())  # type: ignore[call-overload]
"""A prompt, what to answer, and every setting by each of its names."""

FIRST_EXAMPLE = {
    "prompt": "Once upon a time there was a little fox who",
    "threshold": 0.1,
    "max_tokens": 20,
}


class CandidateAnswer(BaseModel):
    """One token that was considered at a step."""

    token_id: int
    text: str
    probability: float
    rank: int
    state: str
    posterior: float | None = None
    attention: float = 1.0
    reason: str | None = None


class StepAnswer(BaseModel):
    """One step: what was considered, what stayed, what was taken away."""

    position: int
    entropy: float
    threshold: float
    kept_mass: float
    considered: list[CandidateAnswer]
    kept: list[CandidateAnswer]
    pruned: list[CandidateAnswer]


class TimingAnswer(BaseModel):
    """Seconds."""

    queue_time: float
    generation_time: float
    pruning_time: float
    elapsed_time: float


class TextAnswer(BaseModel):
    """One of the best texts."""

    text: str
    token_ids: list[int]
    log_probability: float
    mean_log_probability: float
    text_log_probability: float
    share: float
    finished: bool
    value: Annotated[float | None, Field(description="A tree search's value of it.")] = None


class ModelAnswer(BaseModel):
    """What decoded."""

    model_config = ConfigDict(protected_namespaces=())

    model_name: str
    model_type: str
    device: str
    dtype: str


class GenerateAnswer(BaseModel):
    """One generation."""

    model_config = ConfigDict(protected_namespaces=())

    prompt: str
    system_content: str | None
    clean_text: Annotated[str, Field(description="The best path, without the prompt.")]
    generated_text: Annotated[
        str, Field(description="Every step of several tokens as [park/garden]; no colours.")
    ]
    raw_generated_text: Annotated[
        str, Field(description="All physical tokens in order, siblings one after another.")
    ]
    had_repetition_loop: bool
    finished: bool
    finish_reason: str
    steps: list[StepAnswer]
    n_best: list[TextAnswer]
    timing: TimingAnswer
    settings: dict[str, Any]
    pruning: dict[str, Any]
    search: Annotated[
        dict[str, Any] | None, Field(description="What a tree search took, and its errors.")
    ] = None
    model_info: ModelAnswer
    lattice: dict[str, Any] | None = None
    prompt_ids: list[int] | None = None
    best_path_ids: list[int] | None = None
    cost: dict[str, Any] | None = None


class ErrorDetail(BaseModel):
    """What went wrong."""

    kind: str
    message: str
    request_id: str


class ErrorAnswer(BaseModel):
    """The one shape of all errors."""

    error: ErrorDetail


class StatusAnswer(BaseModel):
    """Whether the service lives, or is ready."""

    status: Literal["ok", "loading", "overloaded", "failed"]
