"""What interfaces reach adapters by: the container, and what is made around or out of one.

Swap any part by overriding its provider: `container.backend.override(...)`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from dependency_injector import providers

from tempo.application.studies.comparison.forecasts import PosteriorStudy
from tempo.application.studies.comparison.study import ComparisonStudy
from tempo.application.studies.speed.study import SpeedStudy
from tempo.application.studies.speed.weights import Variant, WeightsStudy
from tempo.domain.errors import InvalidValueError, UnsupportedModelError
from tempo.infrastructure.benchmarking.baselines import baselines
from tempo.infrastructure.benchmarking.long_models import apart, with_context
from tempo.infrastructure.benchmarking.memory import bytes_of, memory_of
from tempo.infrastructure.configuration import (
    DEVICES,
    DTYPES,
    EMBEDDED,
    FAMILIES,
)
from tempo.infrastructure.decoders.building import Workshop
from tempo.infrastructure.decoders.lattice_paths import Engine
from tempo.infrastructure.decoders.plain_model import PlainModel
from tempo.infrastructure.documents import require_place, save_text
from tempo.infrastructure.embedded import embedded_model_path, story_openings
from tempo.infrastructure.fused_llama.backend import FusedBackend
from tempo.infrastructure.huggingface.activations.taps import EditedRows
from tempo.infrastructure.huggingface.backend import HuggingFaceBackend
from tempo.infrastructure.huggingface.bare_tokenizer import BareTokenizer
from tempo.infrastructure.huggingface.grader import loaded_grader
from tempo.infrastructure.huggingface.loading import Loaded
from tempo.infrastructure.huggingface.tokenizer import HuggingFaceTokenizer
from tempo.infrastructure.ranks.group import require_whole
from tempo.infrastructure.ranks.leading import backend_name
from tempo.infrastructure.ranks.other_processes import follow_if_not_first
from tempo.infrastructure.reading.processors import GivenProcessors
from tempo.infrastructure.scripted.brackets import bracket_model
from tempo.infrastructure.storage.comparison_outcomes import OutcomeFile, OutcomesInMemory
from tempo.infrastructure.sweeping.container_work import ContainerWork
from tempo.infrastructure.sweeping.model_work import ModelWork
from tempo.infrastructure.sweeping.threads import computing_on
from tempo.infrastructure.verifying.called import Called
from tempo.infrastructure.wiring import Container, identity_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from transformers import LogitsProcessor, PreTrainedModel, PreTrainedTokenizerBase

    from tempo.application.decoding.request import GenerationRequest
    from tempo.application.studies.comparison.plan import ComparisonPlan
    from tempo.application.studies.comparison.study import OutcomeStore
    from tempo.application.studies.fidelity.plan import StudyPrompt
    from tempo.application.studies.parts import Part
    from tempo.domain.early_exit import ExitRule, RowExit
    from tempo.domain.ports.model_backend import ModelBackend
    from tempo.domain.ports.verifier import Verifier
    from tempo.infrastructure.batching.shared_passes import SharedPasses
    from tempo.infrastructure.huggingface.activations.source import ModelActivations

__all__ = [
    "DEVICES",
    "DTYPES",
    "EMBEDDED",
    "FAMILIES",
    "Container",
    "ContainerWork",
    "EditedRows",
    "ModelWork",
    "activations_of",
    "backend_name",
    "bracket_model",
    "called_verifier",
    "comparison",
    "computing_on",
    "container_around",
    "container_of",
    "embedded_model_path",
    "follow_if_not_first",
    "identity_of",
    "loaded_grader",
    "outcome_store",
    "require_place",
    "save_text",
    "share_passes",
    "speed_study",
    "story_openings",
    "weights_study",
    "with_early_exit",
    "with_processors",
]


def container_around(
    model: PreTrainedModel,
    end_tokens: Sequence[int],
    tokenizer: PreTrainedTokenizerBase | None = None,
) -> Container:
    """Return a container around a loaded model whose texts end in these tokens alone.

    Without a tokenizer, tokens are called by their numbers, and no text can be encoded.

    Raises:
        InvalidValueError: for what is no loaded tokenizer.
    """
    container = _container_holding(model, tokenizer)
    if tokenizer is None:
        container.tokenizer.override(providers.Singleton(BareTokenizer, end_tokens=end_tokens))
        return container
    _require_loaded("tokenizer", tokenizer, "added_tokens_decoder")
    ending = HuggingFaceTokenizer.ending_in(tokenizer, end_tokens)
    container.tokenizer.override(providers.Object(ending))
    return container


def with_processors(
    request: GenerationRequest, processors: Sequence[LogitsProcessor]
) -> GenerationRequest:
    """Return a request whose rows go through these processors in place of its own."""
    given = GivenProcessors(capture=request.rules.capture, processors=tuple(processors))
    return replace(request, rules=given)


def container_of(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, backend: str = "transformers"
) -> Container:
    """Return a container around a model that transformers has loaded already.

    Raises:
        InvalidValueError: for what is no loaded model or tokenizer.
    """
    _require_loaded("model", model, "config")
    _require_loaded("tokenizer", tokenizer, "added_tokens_decoder")
    return _container_holding(model, tokenizer, backend)


def _require_loaded(part: str, given: object, sign: str) -> None:
    """Refuse what lacks the attribute that tells a part; wrappers of a model have it too."""
    if not hasattr(given, sign):
        message = (
            f"{part} is a {type(given).__name__}; "
            "give what transformers has loaded, or a folder or a hub id to tempo.load"
        )
        raise InvalidValueError(message)


def _container_holding(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase | None,
    backend: str = "transformers",
) -> Container:
    container = Container()
    container.config.backend.from_value(backend)
    name = getattr(model.config, "name_or_path", "") or type(model).__name__
    container.loaded.override(providers.Object(Loaded(model, tokenizer, name)))
    return container


def speed_study(container: Container, longest: int, seed: int) -> SpeedStudy:
    """Return a study of a container's model beside the same model without TEMPO.

    Where a run needs more positions than the model has, one of its shape takes its place, with
    weights drawn at random.
    """
    model, backend = container.model(), container.config.backend()
    if longest > container.description().context:
        model = with_context(model, longest, seed)
        tokenizer = container.loaded().tokenizer
        container = _container_holding(model, tokenizer, backend)
    plain = apart(model)
    fused: object = container.backend()
    states = fused.states if isinstance(fused, FusedBackend) else model.dtype
    ends = container.end_tokens()
    return SpeedStudy(
        container.backend(),
        container.tokenizer(),
        baselines(plain, ends),
        container.generate_many(),
        lambda: memory_of(model, states),
    )


def weights_study(containers: Mapping[str, Container], count: int) -> WeightsStudy:
    """Return a study of one model in several types, by the type's name, on some story openings."""
    variants = {
        name: Variant(one.backend(), bytes_of(one.model())) for name, one in containers.items()
    }
    tokenizer = next(iter(containers.values())).tokenizer()
    return WeightsStudy(variants, tokenizer, story_openings()[:count])


def comparison(
    container: Container,
    plan: ComparisonPlan,
    corpus: Sequence[StudyPrompt],
    store: OutcomeStore,
) -> tuple[ComparisonStudy, PosteriorStudy]:
    """Return a comparison over a container's model, and the study of its posteriors.

    All methods, TEMPO too, decode by transformers' own modules: only so do their passes and times
    compare. The container's backend is to be `transformers`, since others may lay the weights in an
    order of their own. N-grams are counted in the corpus.
    """
    backend = cast("ModelBackend", container.plain_backend())
    tokenizer = container.tokenizer()
    workshop = Workshop(
        model=PlainModel(container.model(), sorted(tokenizer.end_tokens)),
        engine=Engine(backend, tokenizer, container.clustering()),
        corpus=[prompt.token_ids for prompt in corpus],
        min_steps=plan.min_steps,
    )
    study = ComparisonStudy(
        [workshop.method(method) for method in plan.methods], store, backend.description.context
    )
    return study, PosteriorStudy(backend, tokenizer, workshop.draw)


def outcome_store(folder: str | None, settings: Mapping[str, object], part: Part) -> OutcomeStore:
    """Return what keeps a comparison's outcomes: a part's file in a folder, or memory without one.

    Raises:
        OutputError: if the folder cannot be written or holds a comparison under other settings.
    """
    return OutcomesInMemory() if folder is None else OutcomeFile(folder, settings, part)


def with_early_exit(
    container: Container,
    rule: ExitRule,
    heard: Callable[[Sequence[RowExit]], None] | None = None,
) -> Container:
    """Return a container around the same model, whose rows leave it by a rule.

    `heard` is told of each pass how its rows left, in their order.

    Raises:
        UnsupportedModelError: if the model's passes are not run by the kernels for processors.
        InvalidValueError: for an exit layer that the model does not have.
    """
    loaded = container.loaded()
    require_whole(loaded.model, "early exit")
    made = _container_holding(loaded.model, loaded.tokenizer, container.config.backend())
    made.backend.override(providers.Object(container.exiting(rule, heard)))
    made.tokenizer.override(providers.Object(container.tokenizer()))
    return made


def activations_of(container: Container) -> ModelActivations:
    """Return what shows the layers of a container's model.

    Raises:
        UnsupportedModelError: where something else decodes than a model of transformers.
    """
    require_whole(container.model(), "looking at layers")
    backend: object = container.backend()
    if not isinstance(backend, (FusedBackend, HuggingFaceBackend)):
        message = (
            f"layers cannot be observed or edited behind {type(backend).__name__}; "
            "use an engine that tempo.load or tempo.Engine made"
        )
        raise UnsupportedModelError(message)
    found: ModelActivations = container.activations()
    return found


def share_passes(container: Container) -> SharedPasses:
    """Let all that a container makes go through passes that threads share; return them."""
    shared: SharedPasses = container.shared_passes()
    container.backend.override(providers.Object(shared))
    return shared


def called_verifier(given: object) -> Verifier:
    """Return a user's function as what values the texts of a search.

    Raises:
        InvalidValueError: for what cannot be called.
    """
    return Called.of(given)
